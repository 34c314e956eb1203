/* SPDX-License-Identifier: MIT */
#include "renderer/recovery.h"
#include "memory/each_frame.h"
#include "renderer/render_context.h"
#include <stdlib.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#define MAX_FRUITLESS 3

struct gesso_recovery {
	struct gesso_render_context *context;
	struct wlr_backend *backend;
	struct wlr_compositor *compositor;
	struct wl_event_loop *loop;
	void (*failed)(void *data);
	void *data;

	struct wl_list surfaces; /* kept_surface.link */
	struct wl_event_source *idle;
	int fruitless; /* losses with no frame drawn before them */
	struct wl_listener lost, new_surface, compositor_destroy;
};

struct kept_surface {
	struct wl_list link;
	struct wlr_surface *surface;
	struct wlr_buffer *held;   /* its buffer, while the renderer that had it goes */
	struct wlr_buffer *latest; /* that was committed, as long as its client has it; or NULL */
	struct wl_listener client_commit, latest_destroy, destroy;
};

/*
 * A texture that samples in place is what locks its buffer: without this lock the
 * client would be told that the buffer is free. One that was copied is free already.
 */
static void hold_buffers(struct gesso_recovery *recovery, const struct gesso_render_context *old)
{
	struct kept_surface *kept;
	wl_list_for_each(kept, &recovery->surfaces, link) {
		struct wlr_client_buffer *shown = kept->surface->buffer;
		if (shown != NULL && shown->source != NULL &&
			gesso_render_context_reads_in_place(old, shown->source)) {
			kept->held = wlr_buffer_lock(shown->source);
		}
	}
}

/* Of a buffer that its client has back: it is read once, now, also by who reads in place. */
static struct wlr_texture *copy(struct wlr_buffer *source, struct wlr_renderer *renderer)
{
	void *data;
	uint32_t format;
	size_t stride_bytes;
	if (!wlr_buffer_begin_data_ptr_access(
		    source, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &format, &stride_bytes)) {
		return NULL;
	}
	struct wlr_texture *texture = wlr_texture_from_pixels(renderer, format,
		(uint32_t)stride_bytes, (uint32_t)source->width, (uint32_t)source->height, data);
	wlr_buffer_end_data_ptr_access(source);
	return texture;
}

/*
 * Of the buffer that was uploaded last: the surface's own names the first one of its texture.
 * NULL if the client has destroyed it since.
 */
static struct wlr_texture *copy_latest(
	const struct kept_surface *kept, struct wlr_renderer *renderer)
{
	const struct wlr_buffer *shown = &kept->surface->buffer->base;
	bool fits = kept->latest != NULL && kept->latest->width == shown->width &&
		kept->latest->height == shown->height;
	return fits ? copy(kept->latest, renderer) : NULL;
}

/* wlroots took the texture from the surface's buffer as its renderer went. */
static bool revive(struct kept_surface *kept, struct wlr_renderer *renderer)
{
	struct wlr_client_buffer *shown = kept->surface->buffer;
	struct wlr_texture *texture = kept->held != NULL
		? wlr_texture_from_buffer(renderer, kept->held)
		: copy_latest(kept, renderer);
	if (texture == NULL) {
		return false;
	}
	shown->texture = texture;
	wl_list_remove(&shown->renderer_destroy.link);
	wl_signal_add(&renderer->events.destroy, &shown->renderer_destroy);
	return true;
}

static void revive_textures(struct gesso_recovery *recovery)
{
	int revived = 0, gone = 0;
	struct kept_surface *kept;
	wl_list_for_each(kept, &recovery->surfaces, link) {
		if (kept->surface->buffer == NULL) {
			continue;
		}
		if (revive(kept, recovery->context->renderer)) {
			revived++;
		} else {
			gone++;
		}
		wlr_buffer_unlock(kept->held);
		kept->held = NULL;
	}
	wlr_log(WLR_INFO,
		"recovery: %s: %d surfaces have their picture again, %d wait for a commit",
		recovery->context->name, revived, gone);
}

static void listen_to_renderer(struct gesso_recovery *recovery)
{
	wl_signal_add(&recovery->context->renderer->events.lost, &recovery->lost);
}

static void recovery_handle_idle(void *data)
{
	struct gesso_recovery *recovery = data;
	struct gesso_render_context *context = recovery->context;
	struct gesso_reason why = {0};
	recovery->idle = NULL;
	recovery->fruitless = context->drawn ? 0 : recovery->fruitless + 1;

	struct gesso_render_context *old = render_context_renew(
		context, recovery->backend, recovery->fruitless >= MAX_FRUITLESS, &why);
	if (old == NULL) {
		wlr_log(WLR_ERROR, "recovery: no renderer can be had: %s", why.words);
		recovery->failed(recovery->data);
		return;
	}
	wlr_compositor_set_renderer(recovery->compositor, context->renderer);
	wl_list_remove(&recovery->lost.link);
	listen_to_renderer(recovery);
	hold_buffers(recovery, old);
	gesso_render_context_destroy(old);
	revive_textures(recovery);
	render_context_damage_outputs(context);
	wl_signal_emit_mutable(&context->events.renewed, NULL);
}

/* The renderer is in the middle of a frame. */
static void recovery_handle_lost(struct wl_listener *listener, void *data)
{
	struct gesso_recovery *recovery = wl_container_of(listener, recovery, lost);
	if (recovery->idle == NULL) {
		wlr_log(WLR_ERROR,
			"recovery: the GPU was reset and renderer %s is lost: making it anew",
			recovery->context->name);
		recovery->idle =
			wl_event_loop_add_idle(recovery->loop, recovery_handle_idle, recovery);
	}
}

static void kept_surface_set_latest(struct kept_surface *kept, struct wlr_buffer *latest)
{
	wl_list_remove(&kept->latest_destroy.link);
	wl_list_init(&kept->latest_destroy.link);
	kept->latest = latest;
	if (latest != NULL) {
		wl_signal_add(&latest->events.destroy, &kept->latest_destroy);
	}
}

static void latest_handle_destroy(struct wl_listener *listener, void *data)
{
	struct kept_surface *kept = wl_container_of(listener, kept, latest_destroy);
	kept_surface_set_latest(kept, NULL);
}

EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct kept_surface *kept = wl_container_of(listener, kept, client_commit);
	const struct wlr_surface_state *pending = &kept->surface->pending;
	if (pending->committed & WLR_SURFACE_STATE_BUFFER) {
		kept_surface_set_latest(kept, pending->buffer);
	}
}

static void kept_surface_destroy(struct kept_surface *kept)
{
	kept_surface_set_latest(kept, NULL);
	wl_list_remove(&kept->client_commit.link);
	wl_list_remove(&kept->destroy.link);
	wl_list_remove(&kept->link);
	free(kept);
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct kept_surface *kept = wl_container_of(listener, kept, destroy);
	kept_surface_destroy(kept);
}

static void recovery_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct gesso_recovery *recovery = wl_container_of(listener, recovery, new_surface);
	struct wlr_surface *surface = data;
	struct kept_surface *kept = calloc(1, sizeof(*kept));
	if (kept == NULL) {
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	kept->surface = surface;
	wl_list_init(&kept->latest_destroy.link);
	kept->latest_destroy.notify = latest_handle_destroy;
	wl_list_init(&kept->client_commit.link);
	/* what pixman shows it samples in place, so the buffer is there; nothing is copied */
	if (recovery->context->gles2) {
		kept->client_commit.notify = surface_handle_client_commit;
		wl_signal_add(&surface->events.client_commit, &kept->client_commit);
	}
	kept->destroy.notify = surface_handle_destroy;
	wl_signal_add(&surface->events.destroy, &kept->destroy);
	wl_list_insert(&recovery->surfaces, &kept->link);
}

static void recovery_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_recovery *recovery = wl_container_of(listener, recovery, compositor_destroy);
	struct kept_surface *kept, *next;
	wl_list_for_each_safe(kept, next, &recovery->surfaces, link) {
		kept_surface_destroy(kept);
	}
	if (recovery->idle != NULL) {
		wl_event_source_remove(recovery->idle);
	}
	wl_list_remove(&recovery->lost.link);
	wl_list_remove(&recovery->new_surface.link);
	wl_list_remove(&recovery->compositor_destroy.link);
	free(recovery);
}

bool gesso_recovery_create(struct wl_display *display, struct wlr_backend *backend,
	struct gesso_render_context *context, struct wlr_compositor *compositor,
	void (*failed)(void *data), void *data)
{
	struct gesso_recovery *recovery = calloc(1, sizeof(*recovery));
	if (recovery == NULL) {
		return false;
	}
	recovery->context = context;
	recovery->backend = backend;
	recovery->compositor = compositor;
	recovery->loop = wl_display_get_event_loop(display);
	recovery->failed = failed;
	recovery->data = data;
	wl_list_init(&recovery->surfaces);
	recovery->lost.notify = recovery_handle_lost;
	listen_to_renderer(recovery);
	recovery->new_surface.notify = recovery_handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &recovery->new_surface);
	recovery->compositor_destroy.notify = recovery_handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &recovery->compositor_destroy);
	return true;
}
