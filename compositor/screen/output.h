/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OUTPUT_H
#define GESSO_OUTPUT_H

#include "nested/straight.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

/*
 * One screen, or one window of the parent where gesso is nested. Fed by the
 * backend; draws the desktop's scene, once for each frame that has damage.
 *
 * Where nested, what is handed to the parent is a buffer of gesso's own, unless
 * straight.c finds that a window's may be handed on.
 */

struct desktop;
struct wlr_output;

struct output {
	/* What is looked at for each frame lies together. */
	struct wl_list link; /* desktop.outputs */
	struct desktop *desktop;
	struct wlr_output *wlr_output;
	struct wlr_scene_output *scene_output; /* NULL while it is off, as is the ground */
	bool nested;                           /* in a Wayland session: straight may be asked */
	bool failing;                          /* the last frame failed: said once */
	uint32_t unpresented;                  /* commits in X11 whose present events are to come */
	/* A window's own buffer was tested well and then not shown; 0 if that was not lately. */
	int64_t composes_until_ms;
	struct wl_listener frame, commit;

	struct wl_listener present; /* attached in X11 only */
	struct wl_listener request_state, destroy;
	struct wlr_scene_rect *ground;
	struct wlr_box box;            /* in the layout, as windows were last fitted to it */
	struct wlr_box usable;         /* what bars leave of it (layer.h) */
	struct wl_event_source *retry; /* draws again a while after a frame failed */
	bool pending;                  /* announced to the parent, and not yet shown */
	bool answered;                 /* the parent said something of the size */
	/* What the parent asked for while it was off or being turned on; 0 if nothing. */
	bool starting;
	int requested_width_px, requested_height_px;

	struct straight straight;
};

/*
 * Turns the screen on and shows the desktop there. A failure is logged. A window of a
 * Wayland parent is only announced: it is shown by output_start_pending.
 */
void output_create(struct desktop *desktop, struct wlr_output *wlr_output);

/*
 * Shows what was announced to a Wayland parent, in the sizes that it wants. Waits for
 * its answer, ten seconds at most; what has none by then is not shown. To be called
 * once the backend has started and not from within it: the parent may close a window
 * meanwhile, and wlroots still uses an output after it has told of it.
 *
 * wlroots' own first commit has a buffer in it, before anyone could look at the size
 * that the parent wants, and one that is too large for a parent that fills its screen
 * is a protocol error there. So a window is announced without a buffer.
 */
void output_start_pending(struct desktop *desktop);

/* Stops showing the desktop there; the backend keeps the screen. */
void output_destroy(struct output *output);

/* Fits the ground to where the output lies in the layout now, and notes that place. */
void output_fit(struct output *output);

#endif
