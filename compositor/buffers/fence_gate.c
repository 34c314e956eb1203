/* SPDX-License-Identifier: MIT */
#include "buffers/fence_gate.h"
#include "buffers/native_buffer.h"
#include "memory/each_frame.h"
#include "memory/objects.h"
#include <poll.h>
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

/* Each costs a descriptor: the event loop keeps one of its own. */
#define MAX_HOLDS_PER_CLIENT 64
/* Commits that wait on one surface: a frame each for 17 seconds at 60 Hz. */
#define MAX_QUEUED_COMMITS 1024

struct fence_gate {
	struct wl_event_loop *loop;
	struct wl_list surfaces; /* gated_surface.link */
	struct wl_listener new_surface, compositor_destroy;
};

struct gated_surface {
	struct wl_list link;
	struct fence_gate *gate;
	struct wlr_surface *surface;
	struct wl_list holds; /* hold.link, oldest first */
	size_t queued;        /* commits since there was a hold */
	struct wl_listener client_commit, destroy;
};

/* One commit that is held. Its state holds the buffer. */
struct hold {
	struct wl_list link;
	struct gated_surface *gated;
	uint32_t seq;
	struct wlr_buffer *buffer; /* borrowed */
	struct wl_event_source *source;
	bool counted; /* its descriptor */
};

static bool is_readable(int fd)
{
	/* POLLIN: its writers are done (dma-buf.c, dma_buf_poll). An error is not a fence. */
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	return poll(&ready, 1, 0) != 0;
}

static int find_unready_of_native(const struct native_buffer *native)
{
	const int fds[] = {native->memory.fd, native->chroma.fd};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (native->kind == GESSO_DESCRIPTOR_DMABUF && fds[i] >= 0 &&
			!is_readable(fds[i])) {
			return fds[i];
		}
	}
	return -1;
}

/* A descriptor of `buffer` that is not ready; -1 if there is none, or it is no dma-buf. */
EACH_FRAME static int find_unready(struct wlr_buffer *buffer)
{
	const struct native_buffer *native = native_buffer_try_from_buffer(buffer);
	if (native != NULL) {
		return find_unready_of_native(native);
	}
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return -1;
	}
	for (int i = 0; i < dmabuf.n_planes; i++) {
		if (!is_readable(dmabuf.fd[i])) {
			return dmabuf.fd[i];
		}
	}
	return -1;
}

static void hold_destroy(struct hold *hold)
{
	if (hold->source != NULL) {
		wl_event_source_remove(hold->source);
	}
	if (hold->counted) {
		gesso_objects_drop_descriptors(
			wl_resource_get_client(hold->gated->surface->resource), 1);
	}
	wl_list_remove(&hold->link);
	free(hold);
}

static int hold_handle_readable(int fd, uint32_t mask, void *data);

static bool hold_wait(struct hold *hold, int fd)
{
	hold->source = wl_event_loop_add_fd(
		hold->gated->gate->loop, fd, WL_EVENT_READABLE, hold_handle_readable, hold);
	return hold->source != NULL;
}

static int hold_handle_readable(int fd, uint32_t mask, void *data)
{
	struct hold *hold = data;
	struct gated_surface *gated = hold->gated;
	struct wlr_surface *surface = gated->surface;
	uint32_t seq = hold->seq;
	int next = find_unready(hold->buffer);
	if (next >= 0) {
		wl_event_source_remove(hold->source);
		if (hold_wait(hold, next)) {
			return 0;
		}
		wlr_log_errno(WLR_ERROR, "fence_gate: waiting for a second plane failed");
	}
	hold_destroy(hold);
	if (wl_list_empty(&gated->holds)) {
		gated->queued = 0;
	}
	/* last: what listens to the commit may destroy the surface */
	wlr_surface_unlock_cached(surface, seq);
	return 0;
}

static size_t count_holds(const struct fence_gate *gate, const struct wl_client *client)
{
	size_t count = 0;
	const struct gated_surface *gated;
	wl_list_for_each(gated, &gate->surfaces, link) {
		if (wl_resource_get_client(gated->surface->resource) == client) {
			count += (size_t)wl_list_length(&gated->holds);
		}
	}
	return count;
}

static void hold_create(struct gated_surface *gated, struct wlr_buffer *buffer, int fd)
{
	struct wl_client *client = wl_resource_get_client(gated->surface->resource);
	if (count_holds(gated->gate, client) >= MAX_HOLDS_PER_CLIENT) {
		wl_client_post_implementation_error(client,
			"over %d commits brought dma-bufs that are still being written to",
			MAX_HOLDS_PER_CLIENT);
		return;
	}
	struct hold *hold = calloc(1, sizeof(*hold));
	if (hold == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	hold->gated = gated;
	hold->buffer = buffer;
	wl_list_insert(gated->holds.prev, &hold->link);
	if (!hold_wait(hold, fd)) {
		wlr_log_errno(WLR_ERROR, "fence_gate: waiting for a dma-buf failed");
		hold_destroy(hold);
		wl_client_post_no_memory(client);
		return;
	}
	hold->seq = wlr_surface_lock_pending(gated->surface);
	hold->counted = true;
	gesso_objects_hold_descriptors(client, 1);
	wlr_log(WLR_DEBUG, "fence_gate: a buffer of %dx%d is not ready: its commit is held",
		buffer->width, buffer->height);
}

EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct gated_surface *gated = wl_container_of(listener, gated, client_commit);
	const struct wlr_surface_state *pending = &gated->surface->pending;
	if (!wl_list_empty(&gated->holds) && ++gated->queued > MAX_QUEUED_COMMITS) {
		wl_client_post_implementation_error(
			wl_resource_get_client(gated->surface->resource),
			"over %d commits wait for a dma-buf that is still being written to",
			MAX_QUEUED_COMMITS);
		return;
	}
	if ((pending->committed & WLR_SURFACE_STATE_BUFFER) == 0 || pending->buffer == NULL) {
		return;
	}
	int fd = find_unready(pending->buffer);
	if (fd >= 0) {
		hold_create(gated, pending->buffer, fd);
	}
}

static void gated_surface_destroy(struct gated_surface *gated)
{
	struct hold *hold, *next;
	wl_list_for_each_safe(hold, next, &gated->holds, link) {
		hold_destroy(hold);
	}
	wl_list_remove(&gated->client_commit.link);
	wl_list_remove(&gated->destroy.link);
	wl_list_remove(&gated->link);
	free(gated);
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct gated_surface *gated = wl_container_of(listener, gated, destroy);
	gated_surface_destroy(gated);
}

static void gate_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct fence_gate *gate = wl_container_of(listener, gate, new_surface);
	struct wlr_surface *surface = data;
	struct gated_surface *gated = calloc(1, sizeof(*gated));
	if (gated == NULL) {
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	gated->gate = gate;
	gated->surface = surface;
	wl_list_init(&gated->holds);
	gated->client_commit.notify = surface_handle_client_commit;
	wl_signal_add(&surface->events.client_commit, &gated->client_commit);
	gated->destroy.notify = surface_handle_destroy;
	wl_signal_add(&surface->events.destroy, &gated->destroy);
	wl_list_insert(&gate->surfaces, &gated->link);
}

static void gate_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct fence_gate *gate = wl_container_of(listener, gate, compositor_destroy);
	struct gated_surface *gated, *next;
	wl_list_for_each_safe(gated, next, &gate->surfaces, link) {
		gated_surface_destroy(gated);
	}
	wl_list_remove(&gate->new_surface.link);
	wl_list_remove(&gate->compositor_destroy.link);
	free(gate);
}

bool gesso_fence_gate_create(struct wl_display *display, struct wlr_compositor *compositor)
{
	struct fence_gate *gate = calloc(1, sizeof(*gate));
	if (gate == NULL) {
		return false;
	}
	gate->loop = wl_display_get_event_loop(display);
	wl_list_init(&gate->surfaces);
	gate->new_surface.notify = gate_handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &gate->new_surface);
	gate->compositor_destroy.notify = gate_handle_compositor_destroy;
	wl_signal_add(&compositor->events.destroy, &gate->compositor_destroy);
	return true;
}
