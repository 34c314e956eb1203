/* SPDX-License-Identifier: MIT */
#include "memory/each_frame.h"
#include "memory/ledger_impl.h"

#include "renderer/render_context.h"
#include <drm_fourcc.h>
#include <pixman.h>
#include <stdlib.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

/* 0 where the GLES2 renderer has no upload for the format. */
static uint32_t bytes_per_pixel_of(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_R8:
		return 1;
	case DRM_FORMAT_RGB565:
	case DRM_FORMAT_RGBX4444:
	case DRM_FORMAT_RGBA4444:
	case DRM_FORMAT_RGBX5551:
	case DRM_FORMAT_RGBA5551:
	case DRM_FORMAT_GR88:
		return 2;
	case DRM_FORMAT_BGR888:
		return 3;
	case DRM_FORMAT_ARGB8888:
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_ABGR8888:
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_ABGR2101010:
	case DRM_FORMAT_XBGR2101010:
		return 4;
	case DRM_FORMAT_ABGR16161616:
	case DRM_FORMAT_XBGR16161616:
	case DRM_FORMAT_ABGR16161616F:
	case DRM_FORMAT_XBGR16161616F:
		return 8;
	default:
		return 0;
	}
}

EACH_FRAME static enum gesso_path surface_classify(
	const struct gesso_ledger *ledger, struct wlr_buffer *buffer)
{
	const struct gesso_ledger_buffer *entry = ledger_buffer_try_from_buffer(ledger, buffer);
	struct wlr_shm_attributes shm;
	struct wlr_dmabuf_attributes dmabuf;
	if (entry) {
		return entry->path;
	} else if (wlr_buffer_get_shm(buffer, &shm)) {
		return ledger->context->gles2 ? GESSO_PATH_SHM_UPLOAD : GESSO_PATH_SHM_DIRECT;
	} else if (wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return GESSO_PATH_DMABUF;
	}
	return GESSO_PATH_OTHER;
}

static void surface_set_entry(struct ledger_surface *watch, struct gesso_ledger_buffer *entry)
{
	if (entry) {
		entry->shown++;
	}
	if (watch->entry) {
		watch->entry->shown--;
	}
	watch->entry = entry;
}

/* The format that the renderer reads from `buffer` when it copies it. */
static uint32_t surface_copied_format(struct wlr_buffer *buffer)
{
	struct wlr_shm_attributes shm;
	if (wlr_buffer_get_shm(buffer, &shm)) {
		return shm.format;
	}
	void *data;
	uint32_t fourcc;
	size_t stride_bytes;
	if (!wlr_buffer_begin_data_ptr_access(
		    buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &fourcc, &stride_bytes)) {
		return DRM_FORMAT_INVALID;
	}
	wlr_buffer_end_data_ptr_access(buffer);
	return fourcc;
}

/* A new texture: GLES2 imports what has a dma-buf face and copies all else; pixman never copies. */
EACH_FRAME static void surface_account_texture(
	struct ledger_surface *watch, struct wlr_buffer *buffer)
{
	const struct gesso_render_context *context = watch->client->ledger->context;
	struct gesso_path_figures *figures = &watch->client->paths[watch->path];
	struct gesso_ledger_buffer *entry = ledger_buffer_ensure(watch->client, buffer);
	struct wlr_dmabuf_attributes dmabuf;

	watch->texture_bytes = 0;
	watch->bytes_per_pixel = 0;
	if (context->gles2 && !wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		watch->bytes_per_pixel = bytes_per_pixel_of(surface_copied_format(buffer));
		watch->texture_bytes =
			(uint64_t)buffer->width * (uint64_t)buffer->height * watch->bytes_per_pixel;
		figures->copied_bytes += watch->texture_bytes;
		surface_set_entry(watch, NULL);
		return;
	}
	/* The renderer keeps what it imported for as long as the buffer lives. */
	if (!entry || entry->imported_by != 1 + (uint64_t)context->generation) {
		figures->imports++;
	}
	if (entry) {
		entry->imported_by = 1 + (uint64_t)context->generation;
	}
	surface_set_entry(watch, entry);
}

/* wlroots copied the damaged rectangles into the texture that was there. */
static void surface_account_update(struct ledger_surface *watch)
{
	uint64_t pixels = 0;
	int rects_len;
	const pixman_box32_t *rects =
		pixman_region32_rectangles(&watch->surface->buffer_damage, &rects_len);
	for (int i = 0; i < rects_len; i++) {
		pixels += (uint64_t)(rects[i].x2 - rects[i].x1) *
			(uint64_t)(rects[i].y2 - rects[i].y1);
	}
	watch->client->paths[watch->path].frames++;
	watch->client->paths[watch->path].copied_bytes += pixels * watch->bytes_per_pixel;
}

/*
 * What a commit that is cached was charged stays charged until it is the last one: it may
 * take effect at any time, and then has its texture at once.
 */
static void surface_settle_charge(struct ledger_surface *watch)
{
	if (wl_list_length(&watch->surface->cached) <= 1) {
		watch->client->held_texture_bytes -= watch->charged_bytes;
		watch->client->held_texture_bytes += watch->texture_bytes;
		watch->charged_bytes = watch->texture_bytes;
	}
}

static void surface_account_unmap(struct ledger_surface *watch)
{
	surface_set_entry(watch, NULL);
	watch->client_buffer = NULL;
	watch->texture_bytes = 0;
}

/*
 * At this signal wlroots has done with the buffer. `current.buffer` is there
 * where the texture was made anew, or could not be; it is already gone where the
 * texture was updated in place.
 */
EACH_FRAME static void surface_handle_commit(struct wl_listener *listener, void *data)
{
	struct ledger_surface *watch = wl_container_of(listener, watch, commit);
	struct wlr_surface *surface = watch->surface;
	struct wlr_buffer *buffer = surface->current.buffer;

	if (!(surface->current.committed & WLR_SURFACE_STATE_BUFFER)) {
		return;
	} else if (!surface->buffer && !buffer) {
		surface_account_unmap(watch);
		surface_settle_charge(watch);
		return;
	} else if (!buffer) {
		surface_account_update(watch);
		surface_settle_charge(watch);
		return;
	}

	enum gesso_path path = surface_classify(watch->client->ledger, buffer);
	watch->client->paths[path].frames++;
	if (!surface->buffer || surface->buffer == watch->client_buffer) {
		struct gesso_reason why;
		gesso_reason_set(&why, GESSO_REASON_IMPORT_FAILED,
			"the renderer refused a buffer of %d×%d", buffer->width, buffer->height);
		gesso_ledger_client_refused(watch->client, path, &why);
		surface_settle_charge(watch);
		return;
	}
	watch->client_buffer = surface->buffer;
	watch->path = path;
	surface_account_texture(watch, buffer);
	surface_settle_charge(watch);
}

/* What it would be copied into; 0 where the renderer samples the buffer itself. */
static uint64_t texture_bytes_of(struct ledger_surface *watch, struct wlr_buffer *buffer)
{
	const struct gesso_ledger_buffer *entry = ledger_buffer_ensure(watch->client, buffer);
	struct wlr_dmabuf_attributes dmabuf;
	if (!watch->client->ledger->context->gles2 || wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return 0;
	}
	uint32_t bytes_per_pixel = entry != NULL ? bytes_per_pixel_of(entry->fourcc) : 0;
	return (uint64_t)buffer->width * (uint64_t)buffer->height *
		(bytes_per_pixel > 0 ? bytes_per_pixel : 4);
}

/* wl_surface has no way to refuse: each surface has a texture of its own of what it shows. */
static void surface_charge_texture(struct ledger_surface *watch, struct wlr_buffer *buffer)
{
	uint64_t bytes = texture_bytes_of(watch, buffer);
	struct gesso_reason why;
	if (bytes <= watch->charged_bytes) {
		return;
	}
	if (ledger_client_charge_texture(watch->client, bytes - watch->charged_bytes, &why)) {
		watch->charged_bytes = bytes;
		return;
	}
	gesso_ledger_client_refused(
		watch->client, surface_classify(watch->client->ledger, buffer), &why);
	wlr_surface_reject_pending(watch->surface, wl_client_get_object(watch->client->client, 1),
		WL_DISPLAY_ERROR_NO_MEMORY, "%s", why.words);
}

/* The one moment at which a buffer that will be copied in place can be seen. */
EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct ledger_surface *watch = wl_container_of(listener, watch, client_commit);
	const struct wlr_surface_state *pending = &watch->surface->pending;
	if ((pending->committed & WLR_SURFACE_STATE_BUFFER) && pending->buffer) {
		surface_charge_texture(watch, pending->buffer);
	}
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct ledger_surface *watch = wl_container_of(listener, watch, destroy);
	surface_set_entry(watch, NULL);
	watch->client->held_texture_bytes -= watch->charged_bytes;
	wl_list_remove(&watch->client_commit.link);
	wl_list_remove(&watch->commit.link);
	wl_list_remove(&watch->destroy.link);
	wl_list_remove(&watch->link);
	ledger_client_consider_free(watch->client);
	free(watch);
}

static void ledger_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct gesso_ledger *ledger = wl_container_of(listener, ledger, new_surface);
	struct wlr_surface *surface = data;
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(ledger, wl_resource_get_client(surface->resource));
	struct ledger_surface *watch = client ? calloc(1, sizeof(*watch)) : NULL;
	if (!watch) {
		/* what is not counted is not bounded */
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	watch->client = client;
	watch->surface = surface;
	watch->client_commit.notify = surface_handle_client_commit;
	wl_signal_add(&surface->events.client_commit, &watch->client_commit);
	watch->commit.notify = surface_handle_commit;
	wl_signal_add(&surface->events.commit, &watch->commit);
	watch->destroy.notify = surface_handle_destroy;
	wl_signal_add(&surface->events.destroy, &watch->destroy);
	wl_list_insert(client->surfaces.prev, &watch->link);
}

static void ledger_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_ledger *ledger = wl_container_of(listener, ledger, compositor_destroy);
	wl_list_remove(&ledger->new_surface.link);
	wl_list_init(&ledger->new_surface.link);
	wl_list_remove(&ledger->compositor_destroy.link);
	wl_list_init(&ledger->compositor_destroy.link);
}

void gesso_ledger_watch(struct gesso_ledger *ledger, struct wlr_compositor *compositor)
{
	ledger->new_surface.notify = ledger_handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &ledger->new_surface);
	ledger->compositor_destroy.notify = ledger_handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &ledger->compositor_destroy);
}

void ledger_surfaces_forget_buffer(
	struct gesso_ledger_client *client, const struct gesso_ledger_buffer *entry)
{
	struct ledger_surface *watch;
	wl_list_for_each(watch, &client->surfaces, link) {
		if (watch->entry == entry) {
			watch->entry = NULL;
		}
	}
}

EACH_FRAME void gesso_ledger_surface_set_choice(
	struct wlr_surface *surface, const struct gesso_reason *choice)
{
	struct wl_listener *listener =
		wl_signal_get(&surface->events.destroy, surface_handle_destroy);
	if (listener) {
		struct ledger_surface *watch = wl_container_of(listener, watch, destroy);
		watch->choice = *choice;
	}
}

struct gesso_reason ledger_surface_choice(const struct ledger_surface *watch)
{
	return watch->path == GESSO_PATH_SHM_UPLOAD ? watch->choice : (struct gesso_reason){0};
}

static void surface_renew(struct ledger_surface *watch)
{
	const struct wlr_client_buffer *shown = watch->surface->buffer;
	watch->texture_bytes = 0;
	if (shown == NULL || shown->texture == NULL || shown->source == NULL) {
		surface_set_entry(watch, NULL);
		return;
	}
	struct gesso_ledger_buffer *entry = ledger_buffer_ensure(watch->client, shown->source);
	if (entry != NULL) {
		ledger_buffer_renew(entry, shown->source);
	}
	watch->path = surface_classify(watch->client->ledger, shown->source);
	surface_account_texture(watch, shown->source);
}

void ledger_surfaces_renew(struct gesso_ledger_client *client)
{
	struct ledger_surface *watch;
	wl_list_for_each(watch, &client->surfaces, link) {
		surface_renew(watch);
		surface_settle_charge(watch);
	}
}

size_t ledger_client_surfaces_shown(const struct gesso_ledger_client *client)
{
	size_t shown = 0;
	const struct ledger_surface *watch;
	wl_list_for_each(watch, &client->surfaces, link) {
		shown += watch->client_buffer != NULL;
	}
	return shown;
}

uint64_t gesso_ledger_client_texture_bytes(
	const struct gesso_ledger_client *client, enum gesso_path path)
{
	uint64_t bytes = 0;
	const struct ledger_surface *watch;
	wl_list_for_each(watch, &client->surfaces, link) {
		bytes += watch->path == path ? watch->texture_bytes : 0;
	}
	return bytes;
}
