/* SPDX-License-Identifier: MIT */
#include "screen/straight.h"
#include "buffers/native_buffer.h"
#include "buffers/shm_pool.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include "screen/parent_ask.h"
#include <limits.h>
#include <stdlib.h>
#include <wlr/backend/wayland.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

#define MAX_ENTRUSTED 64
#define MAX_ENTRUSTED_BY_CLIENT 16

/* The topmost window's buffer, as it lies on the output. */
struct candidate {
	struct wlr_scene_buffer *scene_buffer;
	int lx, ly;
};

static void note_candidate(struct wlr_scene_buffer *scene_buffer, int lx, int ly, void *data)
{
	*(struct candidate *)data = (struct candidate){scene_buffer, lx, ly};
}

static bool is_whole(const struct wlr_scene_buffer *scene_buffer)
{
	const struct wlr_fbox *source = &scene_buffer->src_box;
	return wlr_fbox_empty(source) ||
		(source->x == 0 && source->y == 0 && source->width == scene_buffer->buffer->width &&
			source->height == scene_buffer->buffer->height);
}

/* Pixel for pixel, with nothing to be seen below. */
static const char *why_not_covering(const struct output *output, const struct candidate *candidate)
{
	const struct wlr_scene_buffer *scene_buffer = candidate->scene_buffer;
	const struct wlr_output *wlr_output = output->wlr_output;
	struct wlr_box box = desktop_output_box(output->desktop, output->wlr_output);
	if (scene_buffer == NULL || scene_buffer->buffer == NULL) {
		return "there is no window";
	}
	if (candidate->lx != box.x || candidate->ly != box.y ||
		scene_buffer->dst_width != box.width || scene_buffer->dst_height != box.height) {
		return "the topmost surface does not cover it";
	}
	if (!is_whole(scene_buffer) || scene_buffer->transform != wlr_output->transform ||
		scene_buffer->buffer->width != wlr_output->width ||
		scene_buffer->buffer->height != wlr_output->height) {
		return "the window is scaled, cropped or turned";
	}
	pixman_box32_t all = {0, 0, box.width, box.height};
	if (scene_buffer->opacity != 1 ||
		(!scene_buffer->buffer_is_opaque &&
			pixman_region32_contains_rectangle(&scene_buffer->opaque_region, &all) !=
				PIXMAN_REGION_IN)) {
		return "the window is not opaque";
	}
	return NULL;
}

/* Its own lock on composing is the one that output.c took. */
static const char *why_composed_by_order(const struct output *output)
{
	const struct wlr_output *wlr_output = output->wlr_output;
	if (!output->desktop->scene->direct_scanout) {
		return "WLR_SCENE_DISABLE_DIRECT_SCANOUT is set";
	}
	if (wlr_output->attach_render_locks > 1) {
		return "it is captured";
	}
	const struct wlr_output_cursor *cursor;
	wl_list_for_each(cursor, &wlr_output->cursors, link) {
		if (cursor->enabled && cursor->visible && cursor != wlr_output->hardware_cursor) {
			return "a cursor is drawn on it";
		}
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

/*
 * A buffer that the parent knows of, until it is destroyed: each costs the parent a
 * mapping and may cost it a descriptor, which it charges to gesso.
 */
struct entrusted {
	struct wl_list link; /* desktop.entrusted */
	struct wlr_addon addon;
	const struct wl_client *client; /* only ever compared */
};

static void entrusted_handle_addon_destroy(struct wlr_addon *addon)
{
	struct entrusted *entrusted = wl_container_of(addon, entrusted, addon);
	wlr_addon_finish(&entrusted->addon);
	wl_list_remove(&entrusted->link);
	free(entrusted);
}

static const struct wlr_addon_interface entrusted_addon_impl = {
	.name = "gesso_entrusted",
	.destroy = entrusted_handle_addon_destroy,
};

/* False if its client, or all together, have as many there as they may. */
static bool entrusted_get(
	struct desktop *desktop, struct wlr_scene_buffer *scene_buffer, struct wlr_buffer *source)
{
	if (wlr_addon_find(&source->addons, desktop, &entrusted_addon_impl) != NULL) {
		return true;
	}
	const struct wlr_scene_surface *scene_surface =
		wlr_scene_surface_try_from_buffer(scene_buffer);
	const struct wl_client *client = scene_surface != NULL
		? wl_resource_get_client(scene_surface->surface->resource)
		: NULL;
	int all = 0, of_client = 0;
	struct entrusted *entrusted;
	wl_list_for_each(entrusted, &desktop->entrusted, link) {
		all++;
		of_client += entrusted->client == client;
	}
	entrusted = all < MAX_ENTRUSTED && of_client < MAX_ENTRUSTED_BY_CLIENT
		? calloc(1, sizeof(*entrusted))
		: NULL;
	if (entrusted == NULL) {
		return false;
	}
	entrusted->client = client;
	wl_list_insert(&desktop->entrusted, &entrusted->link);
	wlr_addon_init(&entrusted->addon, &source->addons, desktop, &entrusted_addon_impl);
	return true;
}

/* What the client has, and the renderer samples; NULL if the client has it back. */
static struct wlr_buffer *source_of(const struct candidate *candidate)
{
	const struct wlr_client_buffer *shown =
		wlr_client_buffer_get(candidate->scene_buffer->buffer);
	return shown != NULL && shown->source != NULL && shown->source->n_locks > 0 ? shown->source
										    : NULL;
}

static void damage_whole(struct output *output)
{
	struct wlr_scene_output *scene_output = output->scene_output;
	wlr_damage_ring_add_whole(&scene_output->damage_ring);
	pixman_region32_union_rect(&scene_output->pending_commit_damage,
		&scene_output->pending_commit_damage, 0, 0, (unsigned)output->wlr_output->width,
		(unsigned)output->wlr_output->height);
}

static void note_change(struct output *output, const char *why_composed)
{
	if (output->composed_because == why_composed) {
		return;
	}
	if (output->composed_because == NULL || why_composed == NULL) {
		damage_whole(output);
	}
	if (why_composed == NULL) {
		wlr_log(WLR_INFO, "straight: %s: the window's buffer goes to the parent",
			output->wlr_output->name);
	} else {
		wlr_log(output->composed_because == NULL ? WLR_INFO : WLR_DEBUG,
			"straight: %s is composed: %s", output->wlr_output->name, why_composed);
	}
	output->composed_because = why_composed;
}

/* wlroots' test looks at the same face of the buffer as its commit. */
static const char *set_buffer(
	struct output *output, struct wlr_output_state *state, struct wlr_buffer *source)
{
	native_buffer_hide_memfd(source, true);
	wlr_output_state_set_buffer(state, source);
	/* a parent may hold it against us to be asked of a format that it has not named */
	const char *why = wlr_output_test_state(output->wlr_output, state)
		? why_not_taken(output, source)
		: "the parent takes no such format";
	if (why == NULL) {
		output->straight_source = source;
		return NULL;
	}
	wlr_output_state_finish(state);
	wlr_output_state_init(state);
	native_buffer_hide_memfd(source, false);
	return why;
}

static const char *choose_buffer(
	struct output *output, const struct candidate *candidate, struct wlr_output_state *state)
{
	const char *why = why_composed_by_order(output);
	if (why == NULL) {
		why = why_not_covering(output, candidate);
	}
	if (why != NULL) {
		return why;
	}
	struct wlr_buffer *source = source_of(candidate);
	if (source == NULL) {
		return "its pixels were uploaded";
	}
	return entrusted_get(output->desktop, candidate->scene_buffer, source)
		? set_buffer(output, state, source)
		: "too many buffers are with the parent";
}

bool straight_build_state(struct output *output, struct wlr_output_state *state)
{
	struct candidate candidate = {0};
	if (output->desktop->parent_ask == NULL || !wlr_output_is_wl(output->wlr_output)) {
		return false;
	}
	wlr_scene_output_for_each_buffer(output->scene_output, note_candidate, &candidate);
	note_change(output, choose_buffer(output, &candidate, state));
	if (output->composed_because != NULL) {
		return false;
	}
	wlr_output_state_set_damage(state, &output->scene_output->pending_commit_damage);
	struct wlr_scene_output_sample_event event = {
		.output = output->scene_output,
		.direct_scanout = true,
	};
	wl_signal_emit_mutable(&candidate.scene_buffer->events.output_sample, &event);
	return true;
}

void straight_committed(struct output *output)
{
	if (output->straight_source != NULL) {
		native_buffer_hide_memfd(output->straight_source, false);
		output->straight_source = NULL;
	}
}
