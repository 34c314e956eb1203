/* SPDX-License-Identifier: MIT */
#ifndef GESSO_GPU_MEMORY_BUFFER_IMPL_H
#define GESSO_GPU_MEMORY_BUFFER_IMPL_H

#include "buffers/gpu_memory_buffer.h"
#include "buffers/gpu_memory_queue.h"
#include "buffers/native_buffer.h"
#include "memory/ledger.h"

/*
 * Private to gpu_memory_buffer.c (one client's request: its two protocol objects and
 * its memory) and gpu_memory_manager.c (the global, its batch, and serving what waits
 * in gpu_memory_queue).
 */

struct gesso_gpu_memory_buffer_manager {
	struct wl_global *global;
	struct gesso_render_context *context;
	struct gesso_allocator_chain *chain;
	struct gesso_ledger *ledger;
	struct wl_list resources;
	struct gpu_memory_queue queue;
	int wake_fd; /* an eventfd, readable while the queue is not empty */
	struct wl_event_source *wake;
	struct wl_event_source *later; /* a timer, for requests that wait for their rate */
	struct wl_listener display_destroy;
};

struct gpu_memory_buffer {
	struct native_buffer native;
	struct gesso_gpu_memory_buffer_manager *manager;
	struct wl_resource *resource; /* wl_buffer; NULL before it is made and once destroyed */
	struct wl_resource *answer;   /* gesso_gpu_memory_buffer_v1; NULL once destroyed */
	bool resource_made;
	struct gpu_memory_place place;
	struct gesso_ledger_buffer entry;
	bool allocated;
	bool held; /* its descriptor is counted, as no wl_buffer stands for it */
	uint32_t fourcc;
	struct wl_listener release;
};

/*
 * Makes the gesso_gpu_memory_buffer_v1 `id` and puts it at the end of the queue; answers at
 * once where as many of the client's wait as it may have buffers. Posts no-memory to the
 * client on failure, and ends it where it has GPU_MEMORY_ANSWERS_A_BUFFER times as many of
 * these objects. Size already checked.
 */
#define GPU_MEMORY_ANSWERS_A_BUFFER 8
void gpu_memory_buffer_create(struct gesso_gpu_memory_buffer_manager *manager,
	struct wl_client *client, uint32_t version, uint32_t id, int width_px, int height_px,
	uint32_t fourcc);

/* How long the request has to wait for its client's rate of allocation, in ms; 0: not at all. */
int gpu_memory_buffer_wait_ms(struct gpu_memory_buffer *buffer);

/* Answers a request that was taken off the queue. */
void gpu_memory_buffer_serve(struct gpu_memory_buffer *buffer);

/* Whether a wl_buffer is one of these; allocated or not. */
bool gpu_memory_buffer_is_instance(struct wl_resource *resource);

/* Has wlroots know these wl_buffers. May be called more than once. */
void gpu_memory_buffer_register(void);

#endif
