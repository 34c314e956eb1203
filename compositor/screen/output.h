/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OUTPUT_H
#define GESSO_OUTPUT_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * One screen, or one window of the parent where gesso is nested. Fed by the
 * backend; draws the desktop's scene, once for each frame that has damage.
 *
 * Where nested, what is handed to the parent is always a buffer of gesso's own,
 * never a client's.
 */

struct desktop;
struct wlr_output;

struct output {
	struct wl_list link; /* desktop.outputs */
	struct desktop *desktop;
	struct wlr_output *wlr_output;
	struct wlr_scene_output *scene_output;
	struct wlr_scene_rect *ground;
	struct wl_event_source *retry; /* draws again a while after a frame failed */
	bool failing;                  /* the last frame failed: said once */
	struct wl_listener frame, request_state, destroy;
	/* What the parent asked for until the first commit was done; 0 if nothing. */
	bool starting;
	int requested_width_px, requested_height_px;
};

/* Turns the screen on and shows the desktop there. A failure is logged. */
void output_create(struct desktop *desktop, struct wlr_output *wlr_output);
/* Stops showing the desktop there; the backend keeps the screen. */
void output_destroy(struct output *output);

/* Fits the ground to where the output lies in the layout now. */
void output_lay_ground(struct output *output);

#endif
