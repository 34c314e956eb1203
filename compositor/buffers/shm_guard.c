/* SPDX-License-Identifier: MIT */
#include "buffers/shm_guard.h"
#include "buffers/gpu_memory_buffer_impl.h"
#include "buffers/linux_dmabuf_impl.h"
#include "memory/each_frame.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/addon.h>

struct shm_guard {
	struct wl_list surfaces; /* guarded_surface.link */
	struct wl_listener new_surface, compositor_destroy;
};

struct guarded_surface {
	struct wl_list link;
	struct wlr_surface *surface;
	struct wl_listener client_commit, destroy;
};

/* Of what is no file, a device say, the size is not known. */
static bool is_cut_off(const struct wlr_shm_attributes *shm)
{
	struct stat status;
	uint64_t end_bytes = (uint64_t)shm->offset + (uint64_t)shm->stride * (uint64_t)shm->height;
	return fstat(shm->fd, &status) == 0 && S_ISREG(status.st_mode) &&
		(uint64_t)status.st_size < end_bytes;
}

/* On a buffer that its file holds for good, since it cannot shrink any more. */
static void held_handle_destroy(struct wlr_addon *addon)
{
	wlr_addon_finish(addon);
	free(addon);
}

static const struct wlr_addon_interface held_impl = {
	.name = "gesso_shm_guard_held",
	.destroy = held_handle_destroy,
};

/* No memory costs a look at the next commit. */
static void held_note(struct wlr_buffer *buffer, const struct wlr_shm_attributes *shm)
{
	int seals = fcntl(shm->fd, F_GET_SEALS);
	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
		return;
	}
	struct wlr_addon *addon = calloc(1, sizeof(*addon));
	if (addon != NULL) {
		wlr_addon_init(addon, &buffer->addons, &held_impl, &held_impl);
	}
}

static bool buffer_is_cut_off(struct wlr_buffer *buffer)
{
	struct wlr_shm_attributes shm;
	if (wlr_addon_find(&buffer->addons, &held_impl, &held_impl) != NULL ||
		!wlr_buffer_get_shm(buffer, &shm)) {
		return false;
	}
	bool cut_off = is_cut_off(&shm);
	if (!cut_off) {
		held_note(buffer, &shm);
	}
	return cut_off;
}

struct search {
	const struct wlr_buffer *wanted;
	struct wl_resource *found;
};

static enum wl_iterator_result look_at(struct wl_resource *resource, void *data)
{
	struct search *search = data;
	/* to ask after one of ours that was not made, or failed, is its client's error */
	if (strcmp(wl_resource_get_class(resource), wl_buffer_interface.name) != 0 ||
		gpu_memory_buffer_is_instance(resource) || dmabuf_buffer_is_instance(resource)) {
		return WL_ITERATOR_CONTINUE;
	}
	struct wlr_buffer *buffer = wlr_buffer_try_from_resource(resource);
	if (buffer == NULL) {
		return WL_ITERATOR_CONTINUE;
	}
	bool found = buffer == search->wanted;
	wlr_buffer_unlock(buffer);
	if (found) {
		search->found = resource;
	}
	return found ? WL_ITERATOR_STOP : WL_ITERATOR_CONTINUE;
}

/* wlroots does not tell which wl_buffer was attached. */
static struct wl_resource *find_resource(struct wl_client *client, const struct wlr_buffer *buffer)
{
	struct search search = {.wanted = buffer};
	wl_client_for_each_resource(client, look_at, &search);
	return search.found;
}

EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct guarded_surface *guarded = wl_container_of(listener, guarded, client_commit);
	struct wlr_surface *surface = guarded->surface;
	const struct wlr_surface_state *pending = &surface->pending;
	if ((pending->committed & WLR_SURFACE_STATE_BUFFER) == 0 || pending->buffer == NULL ||
		!buffer_is_cut_off(pending->buffer)) {
		return;
	}
	struct wl_resource *resource =
		find_resource(wl_resource_get_client(surface->resource), pending->buffer);
	wlr_surface_reject_pending(surface, resource != NULL ? resource : surface->resource,
		WL_SHM_ERROR_INVALID_FD, "the file of the pool ends before the buffer does");
}

static void guarded_surface_destroy(struct guarded_surface *guarded)
{
	wl_list_remove(&guarded->client_commit.link);
	wl_list_remove(&guarded->destroy.link);
	wl_list_remove(&guarded->link);
	free(guarded);
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct guarded_surface *guarded = wl_container_of(listener, guarded, destroy);
	guarded_surface_destroy(guarded);
}

static void guard_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct shm_guard *guard = wl_container_of(listener, guard, new_surface);
	struct wlr_surface *surface = data;
	struct guarded_surface *guarded = calloc(1, sizeof(*guarded));
	if (guarded == NULL) {
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	guarded->surface = surface;
	guarded->client_commit.notify = surface_handle_client_commit;
	wl_signal_add(&surface->events.client_commit, &guarded->client_commit);
	guarded->destroy.notify = surface_handle_destroy;
	wl_signal_add(&surface->events.destroy, &guarded->destroy);
	wl_list_insert(&guard->surfaces, &guarded->link);
}

static void guard_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct shm_guard *guard = wl_container_of(listener, guard, compositor_destroy);
	struct guarded_surface *guarded, *next;
	wl_list_for_each_safe(guarded, next, &guard->surfaces, link) {
		guarded_surface_destroy(guarded);
	}
	wl_list_remove(&guard->new_surface.link);
	wl_list_remove(&guard->compositor_destroy.link);
	free(guard);
}

bool gesso_shm_guard_create(struct wlr_compositor *compositor)
{
	struct shm_guard *guard = calloc(1, sizeof(*guard));
	if (guard == NULL) {
		return false;
	}
	wl_list_init(&guard->surfaces);
	guard->new_surface.notify = guard_handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &guard->new_surface);
	guard->compositor_destroy.notify = guard_handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &guard->compositor_destroy);
	return true;
}
