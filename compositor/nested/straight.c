/* SPDX-License-Identifier: MIT */
#include "nested/straight.h"
#include "buffers/native_buffer.h"
#include "buffers/shm_pool.h"
#include "nested/cursor_layer.h"
#include "nested/entrusted.h"
#include "nested/parent_ask.h"
#include "nested/parent_view.h"
#include "nested/stand_in.h"
#include "nested/straight_ground.h"
#include "renderer/render_context.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include <limits.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

/* Its own lock on composing is the one that output_setup.c took. */
static const char *why_composed_by_order(const struct output *output)
{
	const struct wlr_output *wlr_output = output->wlr_output;
	if (!output->desktop->scene->direct_scanout) {
		return "WLR_SCENE_DISABLE_DIRECT_SCANOUT is set";
	}
	if (output->composes_until_ms != 0) {
		return "a buffer that the parent takes was not shown";
	}
	if (wlr_output->attach_render_locks > 1) {
		return "it is captured";
	}
	return NULL;
}

static const char *why_not_by_shm(struct wlr_buffer *source)
{
	struct wlr_shm_attributes shm;
	struct gesso_reason why;
	if (!wlr_buffer_get_shm(source, &shm)) {
		return "its memory cannot be shared";
	}
	if ((int64_t)shm.offset + (int64_t)shm.stride * shm.height > INT_MAX) {
		return "its pool is too large for a parent";
	}
	return shm_pool_secure_for_others(&shm, &why)
		? NULL
		: "its pool is no memfd, or cannot be sealed for a parent";
}

static const char *why_not_taken(struct output *output, struct wlr_buffer *source)
{
	struct wlr_dmabuf_attributes dmabuf;
	const char *why = NULL;
	if (!wlr_buffer_get_dmabuf(source, &dmabuf)) {
		return why_not_by_shm(source);
	}
	switch (parent_ask_about(output->desktop->parent_ask, source, &why)) {
	case PARENT_TAKES:
		return NULL;
	case PARENT_REFUSES:
		return why;
	case PARENT_HAS_NOT_ANSWERED:
		break;
	}
	return "the parent has not answered yet";
}

/* What the client has, and the renderer samples; NULL if the client has it back. */
static struct wlr_buffer *source_of(const struct output *output, const struct straight_piece *piece)
{
	const struct wlr_client_buffer *shown = wlr_client_buffer_get(piece->scene_buffer->buffer);
	bool has_source = shown != NULL && shown->source != NULL;
	return has_source &&
			gesso_render_context_reads_in_place(output->desktop->context, shown->source)
		? shown->source
		: NULL;
}

static const struct wl_client *client_of(struct wlr_scene_buffer *scene_buffer)
{
	const struct wlr_scene_surface *scene_surface =
		wlr_scene_surface_try_from_buffer(scene_buffer);
	return scene_surface != NULL ? wl_resource_get_client(scene_surface->surface->resource)
				     : NULL;
}

static const char *find_sources(struct output *output, struct straight_plan *plan)
{
	for (int i = 0; i < plan->count; i++) {
		struct straight_piece *piece = &plan->pieces[i];
		const struct wl_client *client = NULL;
		if (piece->scene_buffer != NULL) {
			piece->source = source_of(output, piece);
			client = client_of(piece->scene_buffer);
		}
		if (i == 0 && plan->on_ground) {
			continue;
		}
		if (piece->source == NULL) {
			return "its pixels were uploaded";
		}
		if (!entrusted_note(output->desktop, client, piece->source)) {
			return "too many buffers are with the parent";
		}
	}
	return NULL;
}

/* wlroots' test looks at the same face of a buffer as its commit. */
static void hide_memfds(struct straight *straight, const struct straight_plan *plan)
{
	for (int i = plan->on_ground; i < plan->count; i++) {
		native_buffer_hide_memfd(plan->pieces[i].source, true);
		straight->handed_on[straight->handed_on_count++] = plan->pieces[i].source;
	}
}

static void show_memfds(struct straight *straight)
{
	for (int i = 0; i < straight->handed_on_count; i++) {
		native_buffer_hide_memfd(straight->handed_on[i], false);
	}
	straight->handed_on_count = 0;
}

static bool is_plain(const struct straight_plan *plan)
{
	return plan->pieces[0].plain ||
		plan->output->wlr_output->transform != WL_OUTPUT_TRANSFORM_NORMAL;
}

static const char *set_base(
	struct output *output, const struct straight_plan *plan, struct wlr_output_state *state)
{
	const struct straight_piece *base = &plan->pieces[0];
	const struct wlr_output *wlr_output = output->wlr_output;
	if (is_plain(plan)) {
		wlr_output_state_set_buffer(state, base->source);
		return NULL;
	}
	if (!parent_view_has_viewporter(output->straight.view)) {
		return "the parent has no viewporter";
	}
	struct wlr_buffer *stand_in =
		stand_in_get(base->source, wlr_output->width, wlr_output->height);
	if (stand_in == NULL) {
		return "no memory";
	}
	wlr_output_state_set_buffer(state, stand_in);
	parent_view_set(output->straight.view, stand_in, &base->src);
	return NULL;
}

/* Only once all the others are taken: it costs a drawing. */
static const char *set_ground(struct output *output, struct wlr_output_state *state)
{
	struct wlr_buffer *ground = straight_ground_get(output);
	if (ground == NULL) {
		return "the ground below cannot be drawn";
	}
	wlr_output_state_set_buffer(state, ground);
	return NULL;
}

/* After another buffer than the one before, the parent is to look at all of it. */
static void set_damage(
	struct output *output, const struct straight_plan *plan, struct wlr_output_state *state)
{
	const pixman_region32_t *pending = &output->scene_output->pending_commit_damage;
	pixman_region32_t damage;
	if (output->straight.composed_because != NULL ||
		output->straight.shown_on_ground != plan->on_ground ||
		(plan->on_ground && output->straight.ground_is_new)) {
		return;
	}
	if (plan->on_ground) {
		pixman_region32_init(&damage);
		wlr_output_state_set_damage(state, &damage);
		return;
	}
	if (is_plain(plan)) {
		wlr_output_state_set_damage(state, pending);
		return;
	}
	pixman_region32_init(&damage);
	straight_piece_damage(&plan->pieces[0], pending, &damage);
	wlr_output_state_set_damage(state, &damage);
	pixman_region32_fini(&damage);
}

/* A parent may hold it against us to be asked of a format that it has not named. */
static const char *why_refused(
	struct output *output, const struct straight_plan *plan, struct wlr_output_state *state)
{
	if (!wlr_output_test_state(output->wlr_output, state)) {
		return "the parent takes no such format";
	}
	if (!straight_layers_accepted(&output->straight.layers, plan->count - 1)) {
		return parent_view_has_viewporter(output->straight.view)
			? "the parent takes no such layer"
			: "the parent has no viewporter for a layer";
	}
	const char *why = NULL;
	for (int i = plan->on_ground; i < plan->count && why == NULL; i++) {
		why = why_not_taken(output, plan->pieces[i].source);
	}
	return why;
}

static void straight_abandon(struct output *output)
{
	show_memfds(&output->straight);
	parent_view_set(output->straight.view, NULL, NULL);
	straight_layers_abandon(&output->straight.layers);
}

static const char *choose(
	struct output *output, struct straight_plan *plan, struct wlr_output_state *state)
{
	const char *why = why_composed_by_order(output);
	if (why == NULL) {
		cursor_layer_add(&output->straight.cursor, output, plan);
		straight_plan_end(plan);
		why = plan->why_not;
	}
	if (why == NULL && plan->count > 1 && straight_watch_rests(&output->straight.watch)) {
		why = "the parent asked for no frames while it had layers";
	}
	if (why == NULL) {
		why = find_sources(output, plan);
	}
	if (why != NULL) {
		return why;
	}
	hide_memfds(&output->straight, plan);
	if (!plan->on_ground) {
		why = set_base(output, plan, state);
	}
	if (why == NULL) {
		why = straight_layers_set(output, plan, state);
	}
	if (why == NULL) {
		why = why_refused(output, plan, state);
	}
	if (why == NULL && plan->on_ground) {
		why = set_ground(output, state);
	}
	if (why == NULL) {
		set_damage(output, plan, state);
	} else {
		wlr_output_state_finish(state);
		wlr_output_state_init(state);
		straight_abandon(output);
	}
	return why;
}

static void say(struct output *output, const struct straight_plan *plan, const char *why)
{
	struct straight *straight = &output->straight;
	const char *name = output->wlr_output->name, *how = "";
	if (plan->on_ground) {
		how = ", above the ground";
	} else if (!is_plain(plan)) {
		how = ", which crops or scales it";
	}
	if (why != NULL && why != straight->composed_because) {
		wlr_log(straight->composed_because == NULL ? WLR_INFO : WLR_DEBUG,
			"straight: %s is composed: %s", name, why);
	} else if (why == NULL &&
		(straight->composed_because != NULL || straight->shown_pieces != plan->count ||
			straight->shown_how != how)) {
		wlr_log(WLR_INFO,
			"straight: %s: the window's buffer goes to the parent%s, layers: %d", name,
			how, plan->count - 1);
	}
	straight->shown_how = how;
}

static void note_change(struct output *output, const struct straight_plan *plan, const char *why)
{
	struct straight *straight = &output->straight;
	say(output, plan, why);
	if (straight->composed_because == NULL && why != NULL) {
		gesso_render_context_damage_output(output->wlr_output);
	}
	straight->composed_because = why;
	straight->shown_pieces = plan->count;
	straight->shown_on_ground = plan->on_ground;
}

bool straight_is_possible(const struct output *output)
{
	return output->straight.view != NULL && output->desktop->parent_ask != NULL;
}

bool straight_build_state(
	struct output *output, struct straight_plan *plan, struct wlr_output_state *state)
{
	if (!straight_is_possible(output)) {
		return false;
	}
	note_change(output, plan, choose(output, plan, state));
	if (output->straight.composed_because != NULL) {
		return false;
	}
	struct wlr_scene_output_sample_event event = {
		.output = output->scene_output,
		.direct_scanout = true,
	};
	for (int i = 0; i < plan->count; i++) {
		if (plan->pieces[i].scene_buffer != NULL) {
			wl_signal_emit_mutable(
				&plan->pieces[i].scene_buffer->events.output_sample, &event);
		}
	}
	return true;
}

void straight_committed(struct output *output, bool ok)
{
	struct straight *straight = &output->straight;
	if (!straight_is_possible(output)) {
		return;
	}
	bool was_straight = straight->handed_on_count > 0;
	show_memfds(straight);
	parent_view_set(straight->view, NULL, NULL);
	straight_layers_committed(&straight->layers, ok);
	if (!was_straight || !straight->shown_on_ground) {
		straight_ground_drop(output);
	}
	if (ok && was_straight) {
		straight->ground_is_new = false;
		/* the damage that was committed was told in the buffer's own pixels */
		pixman_region32_clear(&output->scene_output->pending_commit_damage);
	}
}

void straight_leave(struct output *output, struct wlr_output_state *state)
{
	straight_layers_clear(&output->straight.layers, state);
}

void straight_init(struct output *output)
{
	output->straight.composed_because = "nothing was shown yet";
	if (straight_watch_init(&output->straight.watch, output)) {
		output->straight.view = parent_view_create(output->wlr_output);
	}
}

void straight_asked(struct output *output)
{
	straight_watch_asked(&output->straight.watch);
}

void straight_hide(struct output *output)
{
	straight_layers_finish(&output->straight.layers);
}

void straight_finish(struct output *output)
{
	straight_layers_finish(&output->straight.layers);
	straight_ground_drop(output);
	straight_watch_finish(&output->straight.watch);
	cursor_layer_drop(&output->straight.cursor);
	parent_view_destroy(output->straight.view);
	output->straight.view = NULL;
}
