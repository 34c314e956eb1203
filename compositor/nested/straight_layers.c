/* SPDX-License-Identifier: MIT */
#include "nested/straight_layers.h"
#include "nested/parent_view.h"
#include "screen/output.h"
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

static bool make(struct straight_layers *layers, struct wlr_output *output, int count)
{
	while (layers->count < count) {
		struct straight_layer *layer = &layers->all[layers->count];
		*layer = (struct straight_layer){.layer = wlr_output_layer_create(output)};
		if (layer->layer == NULL) {
			return false;
		}
		pixman_region32_init(&layer->damage);
		layers->count++;
	}
	return true;
}

static void drop_last(struct straight_layers *layers)
{
	struct straight_layer *layer = &layers->all[--layers->count];
	wlr_output_layer_destroy(layer->layer);
	pixman_region32_fini(&layer->damage);
}

/* The boxes stay: wlroots notes those of a hidden layer too, and tells only changes. */
static void clear_layer(struct straight_layers *layers, int i)
{
	struct wlr_output_layer *layer = layers->all[i].layer;
	layers->states[i] = (struct wlr_output_layer_state){
		.layer = layer,
		.src_box = layer->src_box,
		.dst_box = layer->dst_box,
	};
}

static void set_layer(struct straight_layers *layers, int i, const struct straight_piece *piece,
	const pixman_region32_t *damage)
{
	struct straight_layer *layer = &layers->all[i];
	bool same = layer->shown && piece->scene_buffer != NULL &&
		layer->scene_buffer == piece->scene_buffer &&
		wlr_box_equal(&layer->dst, &piece->dst) && wlr_fbox_equal(&layer->src, &piece->src);
	layer->scene_buffer = piece->scene_buffer;
	layer->dst = piece->dst;
	layer->src = piece->src;
	straight_piece_damage(piece, damage, &layer->damage);
	layers->states[i] = (struct wlr_output_layer_state){
		.layer = layer->layer,
		.buffer = piece->source,
		.src_box = piece->plain ? (struct wlr_fbox){0} : piece->src,
		.dst_box = piece->dst,
		.damage = same ? &layer->damage : NULL,
	};
}

static void put(struct straight_layers *layers, struct wlr_output_state *state)
{
	wlr_output_state_set_layers(state, layers->states, (size_t)layers->count);
	layers->pending = true;
}

const char *straight_layers_set(
	struct output *output, const struct straight_plan *plan, struct wlr_output_state *state)
{
	struct straight_layers *layers = &output->straight.layers;
	int wanted = plan->count - 1;
	if (wanted > 0 && !parent_view_has_subcompositor(output->straight.view)) {
		return "the parent has no subsurfaces";
	}
	if (!make(layers, output->wlr_output, wanted)) {
		return "no memory";
	}
	for (int i = 0; i < layers->count; i++) {
		if (i < wanted) {
			set_layer(layers, i, &plan->pieces[i + 1],
				&output->scene_output->pending_commit_damage);
		} else {
			clear_layer(layers, i);
		}
	}
	if (layers->count > 0) {
		put(layers, state);
	}
	return NULL;
}

void straight_layers_clear(struct straight_layers *layers, struct wlr_output_state *state)
{
	for (int i = 0; i < layers->count; i++) {
		clear_layer(layers, i);
	}
	if (layers->count > 0) {
		put(layers, state);
	}
}

bool straight_layers_accepted(const struct straight_layers *layers, int count)
{
	bool accepted = true;
	for (int i = 0; i < count; i++) {
		accepted = accepted && layers->states[i].accepted;
	}
	return accepted;
}

void straight_layers_abandon(struct straight_layers *layers)
{
	while (layers->count > 0 && !layers->all[layers->count - 1].shown) {
		drop_last(layers);
	}
	layers->pending = false;
}

void straight_layers_committed(struct straight_layers *layers, bool ok)
{
	if (!layers->pending) {
		return;
	}
	layers->pending = false;
	while (layers->count > 0 && (!ok || layers->states[layers->count - 1].buffer == NULL)) {
		drop_last(layers);
	}
	for (int i = 0; i < layers->count; i++) {
		layers->all[i].shown = true;
	}
}

void straight_layers_finish(struct straight_layers *layers)
{
	while (layers->count > 0) {
		drop_last(layers);
	}
	layers->pending = false;
}
