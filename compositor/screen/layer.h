/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LAYER_H
#define GESSO_LAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

/*
 * Backgrounds, bars, docks, launchers and on-screen keyboards
 * (wlr-layer-shell-unstable-v1): surfaces that are anchored to an output's edges, in
 * four layers, of which two lie below all windows and two above. What a bar reserves of
 * its output (its exclusive zone) is left free by windows that are maximized.
 *
 * A fullscreen window that has the focus covers layer `top` of its output. A layer
 * surface in `top` or `overlay` that wants the keyboard exclusively has it as long as it
 * is mapped (seat.h). Such surfaces can cover everything: hosts hide the global from
 * sandboxed clients.
 */

struct desktop;
struct wl_global;
struct wlr_layer_surface_v1;
struct wlr_output;
struct wlr_scene_layer_surface_v1;
struct wlr_surface;

#define LAYERS_LEN 4

/* What decides on where a layer surface lies: as long as it is the same, so is that. */
struct layer_inputs {
	struct wlr_box full, usable;
	uint32_t width_px, height_px, anchor;
	int32_t exclusive_zone_px, margin_px[4];
	bool mapped;
};

struct layer {
	struct wl_list link; /* desktop.layers */
	struct desktop *desktop;
	struct wlr_layer_surface_v1 *wlr_layer;
	struct wlr_scene_layer_surface_v1 *scene;
	bool was_mapped; /* at the last commit */
	bool arranged;   /* the next two hold */
	struct layer_inputs inputs;
	struct wlr_box usable_after;

	/* private */
	struct wl_listener client_commit, commit, unmap, destroy, new_popup;
};

/* Makes the global; its trees in the scene are there. False on no memory. */
bool layer_init(struct desktop *desktop);
void layer_finish(struct desktop *desktop);
const struct wl_global *layer_global(const struct desktop *desktop);

/* The output, its surroundings or the focus changed. NULL: all outputs. */
void layer_arrange(struct desktop *desktop, struct wlr_output *output);
/* The output goes: so do the surfaces on it. */
void layer_close(struct desktop *desktop, struct wlr_output *output);

/* Whose surface it is, be it a popup's or a subsurface's. NULL if no layer surface's. */
struct layer *layer_try_from_surface(struct wlr_surface *surface);

/* Whether it keeps the keyboard from all others, or would have it when it is clicked. */
bool layer_is_exclusive(const struct layer *layer);
bool layer_takes_keyboard(const struct layer *layer);

#endif
