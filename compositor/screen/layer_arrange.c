/* SPDX-License-Identifier: MIT */
#include "screen/desktop.h"
#include "screen/layer.h"
#include "screen/output.h"
#include "screen/placement.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

static struct layer_inputs inputs_of(
	const struct layer *layer, const struct wlr_box *full, const struct wlr_box *usable)
{
	const struct wlr_layer_surface_v1_state *state = &layer->wlr_layer->current;
	struct layer_inputs inputs;
	memset(&inputs, 0, sizeof(inputs)); /* they are compared as bytes */
	inputs.full = *full;
	inputs.usable = *usable;
	inputs.width_px = state->desired_width;
	inputs.height_px = state->desired_height;
	inputs.anchor = state->anchor;
	inputs.exclusive_zone_px = state->exclusive_zone;
	inputs.margin_px[0] = state->margin.top;
	inputs.margin_px[1] = state->margin.right;
	inputs.margin_px[2] = state->margin.bottom;
	inputs.margin_px[3] = state->margin.left;
	inputs.mapped = layer->wlr_layer->surface->mapped;
	return inputs;
}

/* A configure is sent only where something changed: clients may answer each with a commit. */
static void layer_place(struct layer *layer, const struct wlr_box *full, struct wlr_box *usable)
{
	struct layer_inputs inputs = inputs_of(layer, full, usable);
	if (!layer->arranged || memcmp(&inputs, &layer->inputs, sizeof(inputs)) != 0) {
		wlr_scene_layer_surface_v1_configure(layer->scene, full, usable);
		layer->arranged = true;
		layer->inputs = inputs;
		layer->usable_after = *usable;
	}
	*usable = layer->usable_after;
}

/* Those that reserve something come first, in each layer from the top one down. */
static struct wlr_box place_all(
	struct desktop *desktop, const struct wlr_output *output, const struct wlr_box *full)
{
	struct wlr_box usable = *full;
	for (int pass = 0; pass < 2 * LAYERS_LEN; pass++) {
		uint32_t wanted = (uint32_t)(LAYERS_LEN - 1 - pass % LAYERS_LEN);
		struct layer *layer;
		wl_list_for_each_reverse(layer, &desktop->layers, link) {
			const struct wlr_layer_surface_v1 *wlr_layer = layer->wlr_layer;
			bool reserves = wlr_layer->current.exclusive_zone > 0;
			if (wlr_layer->output == output && wlr_layer->initialized &&
				wlr_layer->current.layer == wanted &&
				reserves == (pass < LAYERS_LEN)) {
				layer_place(layer, full, &usable);
			}
		}
	}
	return usable;
}

static bool is_covered(const struct desktop *desktop, const struct output *output)
{
	const struct toplevel *focused = desktop->seat->focused;
	struct wlr_box overlap, box;
	if (focused == NULL || !focused->xdg->scheduled.fullscreen) {
		return false;
	}
	box = toplevel_box(focused);
	return wlr_box_intersection(&overlap, &box, &output->box);
}

static void show_all(const struct desktop *desktop, const struct output *output)
{
	bool covered = is_covered(desktop, output);
	struct layer *layer;
	wl_list_for_each(layer, &desktop->layers, link) {
		const struct wlr_layer_surface_v1 *wlr_layer = layer->wlr_layer;
		if (wlr_layer->output == output->wlr_output) {
			bool below = wlr_layer->current.layer == ZWLR_LAYER_SHELL_V1_LAYER_TOP &&
				layer != desktop->seat->layer;
			wlr_scene_node_set_enabled(&layer->scene->tree->node,
				!wlr_box_empty(&output->box) && !(covered && below));
		}
	}
}

static void output_arrange(struct desktop *desktop, struct output *output)
{
	struct wlr_box before = output->usable;
	output->usable = output->box;
	if (!wlr_box_empty(&output->box)) {
		output->usable = place_all(desktop, output->wlr_output, &output->box);
	}
	show_all(desktop, output);
	if (!wlr_box_equal(&before, &output->usable)) {
		placement_refill(desktop);
	}
}

void layer_arrange(struct desktop *desktop, struct wlr_output *output)
{
	struct output *each;
	wl_list_for_each(each, &desktop->outputs, link) {
		if (output == NULL || each->wlr_output == output) {
			output_arrange(desktop, each);
		}
	}
}
