/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_LAYERS_H
#define GESSO_STRAIGHT_LAYERS_H

#include "nested/straight_plan.h"
#include <wlr/types/wlr_output_layer.h>

/*
 * The layers of a nested output: subsurfaces of its window in the parent, the lowest made
 * first. A plan's pieces are put into them from the lowest up. They change with the commit
 * of the window itself, never before it; what is then hidden is destroyed, since weston
 * keeps the last buffer of a surface that is only hidden.
 */

struct output;
struct wlr_output_state;

/* What a layer was last committed with, to tell what of it has changed. */
struct straight_layer {
	struct wlr_output_layer *layer;
	const struct wlr_scene_buffer *scene_buffer; /* only ever compared */
	struct wlr_fbox src;
	struct wlr_box dst;
	bool shown;
	pixman_region32_t damage; /* for one commit */
};

struct straight_layers {
	struct straight_layer all[STRAIGHT_MAX_LAYERS]; /* the lowest first */
	struct wlr_output_layer_state states[STRAIGHT_MAX_LAYERS];
	int count;    /* how many there are */
	bool pending; /* `states` are in a state that is to be committed */
};

/*
 * Puts the plan's pieces but the first into `state`, good until the commit, if there are
 * any or were any. Returns why it cannot, or NULL.
 */
const char *straight_layers_set(
	struct output *output, const struct straight_plan *plan, struct wlr_output_state *state);

/* Puts into `state` that none is shown any more, if any is. */
void straight_layers_clear(struct straight_layers *layers, struct wlr_output_state *state);

/* Whether wlroots found that the parent can show the lowest `count`, after its test. */
bool straight_layers_accepted(const struct straight_layers *layers, int count);

/* Call if a state that they were put into is not committed. */
void straight_layers_abandon(struct straight_layers *layers);

/* Call after the commit of a state, or without one if there was none. */
void straight_layers_committed(struct straight_layers *layers, bool ok);

/* The parent shows none at once, and gives their buffers back. */
void straight_layers_finish(struct straight_layers *layers);

#endif
