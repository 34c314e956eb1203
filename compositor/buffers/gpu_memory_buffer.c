/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include "buffers/gpu_memory_buffer_impl.h"
#include "gesso-gpu-memory-buffer-v1-protocol.h"
#include "memory/client_end.h"
#include "memory/clock.h"
#include "memory/each_frame.h"
#include "memory/objects.h"
#include <assert.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>

static const struct wl_buffer_interface wl_buffer_impl;
static const struct gesso_gpu_memory_buffer_v1_interface answer_impl;

static struct gpu_memory_buffer *buffer_from_answer(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &gesso_gpu_memory_buffer_v1_interface, &answer_impl));
	return wl_resource_get_user_data(resource);
}

EACH_FRAME bool gpu_memory_buffer_is_instance(struct wl_resource *resource)
{
	return wl_resource_instance_of(resource, &wl_buffer_interface, &wl_buffer_impl);
}

static struct gpu_memory_buffer *buffer_from_resource(struct wl_resource *resource)
{
	assert(gpu_memory_buffer_is_instance(resource));
	return wl_resource_get_user_data(resource);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void post_not_allocated(struct gpu_memory_buffer *buffer)
{
	/* the code is the manager's; its resource may be gone */
	struct wl_client *client = wl_resource_get_client(buffer->resource);
	struct wl_resource *target =
		wl_resource_find_for_client(&buffer->manager->resources, client);
	wl_resource_post_error(target != NULL ? target : buffer->resource,
		GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_ERROR_NOT_ALLOCATED,
		"wl_buffer#%u was attached and committed, but has no memory: wait for 'allocated'",
		wl_resource_get_id(buffer->resource));
}

EACH_FRAME static struct wlr_buffer *buffer_resource_get_buffer(struct wl_resource *resource)
{
	struct gpu_memory_buffer *buffer = buffer_from_resource(resource);
	if (!buffer->allocated) {
		post_not_allocated(buffer);
		return NULL;
	}
	return &buffer->native.base;
}

static const struct wlr_buffer_resource_interface buffer_resource_interface = {
	.name = "gesso_gpu_memory_buffer_v1",
	.is_instance = gpu_memory_buffer_is_instance,
	.from_resource = buffer_resource_get_buffer,
};

static void buffer_handle_release(struct wl_listener *listener, void *data)
{
	struct gpu_memory_buffer *buffer = wl_container_of(listener, buffer, release);
	/* Before 'allocated' it is only the trial import that lets go. */
	if (buffer->resource != NULL && buffer->allocated) {
		wl_buffer_send_release(buffer->resource);
	}
}

static void buffer_handle_destroyed(struct native_buffer *native)
{
	struct gpu_memory_buffer *buffer = wl_container_of(native, buffer, native);
	wl_list_remove(&buffer->release.link);
	free(buffer);
}

static void count_descriptor(struct gpu_memory_buffer *buffer, struct wl_client *client)
{
	bool held = buffer->allocated && buffer->answer != NULL && buffer->resource == NULL;
	if (held && !buffer->held) {
		gesso_objects_hold_descriptors(client, 1);
	} else if (!held && buffer->held) {
		gesso_objects_drop_descriptors(client, 1);
	}
	buffer->held = held;
}

/* The client has neither object any more; the renderer may still hold the buffer. */
static void drop_if_forgotten(struct gpu_memory_buffer *buffer)
{
	if (buffer->resource == NULL && buffer->answer == NULL) {
		wlr_buffer_drop(&buffer->native.base);
	}
}

static void buffer_handle_resource_destroy(struct wl_resource *resource)
{
	struct gpu_memory_buffer *buffer = buffer_from_resource(resource);
	buffer->resource = NULL;
	count_descriptor(buffer, wl_resource_get_client(resource));
	drop_if_forgotten(buffer);
}

static void answer_handle_resource_destroy(struct wl_resource *resource)
{
	struct gpu_memory_buffer *buffer = buffer_from_answer(resource);
	buffer->answer = NULL;
	count_descriptor(buffer, wl_resource_get_client(resource));
	gpu_memory_queue_leave(&buffer->place);
	drop_if_forgotten(buffer);
}

static const struct wl_buffer_interface wl_buffer_impl = {
	.destroy = handle_destroy,
};

static void answer_request_get_buffer(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct gpu_memory_buffer *buffer = buffer_from_answer(resource);
	if (buffer->resource_made) {
		wl_resource_post_error(resource, GESSO_GPU_MEMORY_BUFFER_V1_ERROR_ALREADY_MADE,
			"get_buffer was sent before on gesso_gpu_memory_buffer_v1#%u",
			wl_resource_get_id(resource));
		return;
	}
	buffer->resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	if (buffer->resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	buffer->resource_made = true;
	wl_resource_set_implementation(
		buffer->resource, &wl_buffer_impl, buffer, buffer_handle_resource_destroy);
	count_descriptor(buffer, client);
}

static const struct gesso_gpu_memory_buffer_v1_interface answer_impl = {
	.destroy = handle_destroy,
	.get_buffer = answer_request_get_buffer,
};

static void send_allocated(struct gpu_memory_buffer *buffer)
{
	const struct native_buffer *native = &buffer->native;
	uint64_t size_bytes = native->memory.size_bytes;
	gesso_gpu_memory_buffer_v1_send_allocated(buffer->answer, native->memory.fd,
		native->impl->kind, (uint32_t)(size_bytes >> 32), (uint32_t)size_bytes,
		native->layout.offset_bytes, native->layout.stride_bytes,
		(uint32_t)(DRM_FORMAT_MOD_LINEAR >> 32), (uint32_t)DRM_FORMAT_MOD_LINEAR,
		native->memory.cached, native->impl->name);
}

static uint64_t bytes_to_charge(const struct gpu_memory_buffer *buffer)
{
	struct gesso_layout layout;
	const struct wlr_buffer *base = &buffer->native.base;
	if (!gesso_layout_init(
		    &layout, base->width, base->height, buffer->fourcc, GESSO_STRIDE_ALIGN_BYTES)) {
		return 0; /* the chain will say what is wrong */
	}
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	return (layout.size_bytes + page - 1) / page * page;
}

int gpu_memory_buffer_wait_ms(struct gpu_memory_buffer *buffer)
{
	struct gesso_ledger_client *client = gesso_ledger_client_get(
		buffer->manager->ledger, wl_resource_get_client(buffer->answer));
	return client != NULL ? gesso_ledger_client_rate_wait_ms(client, bytes_to_charge(buffer))
			      : 0;
}

struct native_taker {
	struct gesso_allocator_taker base;
	struct gpu_memory_buffer *buffer;
};

/* With the trial import: where that fails, the next allocator's memory may do. */
static bool native_take(struct gesso_allocator_taker *base, struct gesso_memory *memory,
	const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
	struct gesso_reason *why)
{
	struct native_taker *taker = wl_container_of(base, taker, base);
	return native_buffer_set_memory(
		&taker->buffer->native, memory, layout, impl, taker->buffer->manager->context, why);
}

static bool allocate(struct gpu_memory_buffer *buffer, struct gesso_reason *why)
{
	struct native_taker taker = {.base.take = native_take, .buffer = buffer};
	return gesso_allocator_chain_allocate(buffer->manager->chain, buffer->native.base.width,
		buffer->native.base.height, buffer->fourcc, &taker.base, why);
}

static void enter_in_ledger(struct gpu_memory_buffer *buffer, struct gesso_ledger_client *client,
	uint64_t charged_bytes)
{
	const struct native_buffer *native = &buffer->native;
	buffer->entry = (struct gesso_ledger_buffer){
		.path = GESSO_PATH_NATIVE,
		.impl = native->impl,
		.inode = native->memory.inode,
		.size_bytes = native->memory.size_bytes,
		.charged_bytes = charged_bytes,
		.width_px = native->base.width,
		.height_px = native->base.height,
		.fourcc = buffer->fourcc,
	};
	gesso_ledger_buffer_add(&buffer->entry, client, &buffer->native.base);
}

static void refuse(struct gpu_memory_buffer *buffer, struct gesso_ledger_client *client,
	const struct gesso_reason *why)
{
	gesso_ledger_client_refused(client, GESSO_PATH_NATIVE, why);
	gesso_gpu_memory_buffer_v1_send_failed(buffer->answer, why->code, why->words);
}

void gpu_memory_buffer_serve(struct gpu_memory_buffer *buffer)
{
	struct wl_client *wl_client = wl_resource_get_client(buffer->answer);
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(buffer->manager->ledger, wl_client);
	if (client == NULL) {
		wl_client_post_no_memory(wl_client);
		return;
	}
	struct gesso_reason why = {0};
	uint64_t bytes = bytes_to_charge(buffer);
	if (gesso_objects_may_have_descriptor(wl_client, &why) &&
		gesso_ledger_client_charge(client, bytes, &why)) {
		int64_t began_ns = clock_thread_ns();
		bool made = allocate(buffer, &why);
		gesso_ledger_client_spend_rate(
			client, bytes, (clock_thread_ns() - began_ns) / 1000);
		if (made) {
			buffer->allocated = true;
			enter_in_ledger(buffer, client, bytes);
			send_allocated(buffer);
			count_descriptor(buffer, wl_client);
			return;
		}
		gesso_ledger_client_discharge(client, bytes);
	}
	refuse(buffer, client, &why);
}

/* More than the client may have are no use to it, and cost what nothing else counts. */
static void await_or_refuse(struct gpu_memory_buffer *buffer, struct wl_client *wl_client)
{
	struct gesso_gpu_memory_buffer_manager *manager = buffer->manager;
	uint64_t most = manager->ledger->budget.limits[GESSO_BUDGET_BUFFERS];
	if (gpu_memory_queue_entered(&buffer->place) > most * GPU_MEMORY_ANSWERS_A_BUFFER) {
		gesso_client_end(wl_client, "it keeps too many answers of path native");
	} else if (gpu_memory_queue_waiting(&buffer->place) < most) {
		gpu_memory_queue_wait(&buffer->place);
		eventfd_write(manager->wake_fd, 1);
	} else {
		struct gesso_reason why;
		struct gesso_ledger_client *client =
			gesso_ledger_client_get(manager->ledger, wl_client);
		if (client == NULL) {
			wl_client_post_no_memory(wl_client);
			return;
		}
		gesso_reason_set(&why, GESSO_REASON_OVER_BUDGET,
			"%llu requests wait already, and a client may hold no more buffers",
			(unsigned long long)most);
		refuse(buffer, client, &why);
	}
}

void gpu_memory_buffer_create(struct gesso_gpu_memory_buffer_manager *manager,
	struct wl_client *client, uint32_t version, uint32_t id, int width_px, int height_px,
	uint32_t fourcc)
{
	struct gpu_memory_buffer *buffer = calloc(1, sizeof(*buffer));
	struct wl_resource *answer =
		buffer == NULL || !gpu_memory_queue_enter(&manager->queue, client, &buffer->place)
		? NULL
		: wl_resource_create(
			  client, &gesso_gpu_memory_buffer_v1_interface, (int)version, id);
	if (answer == NULL) {
		if (buffer != NULL) {
			gpu_memory_queue_leave(&buffer->place);
		}
		free(buffer);
		wl_client_post_no_memory(client);
		return;
	}
	native_buffer_init(&buffer->native, width_px, height_px, buffer_handle_destroyed);
	buffer->manager = manager;
	buffer->answer = answer;
	buffer->fourcc = fourcc;
	buffer->release.notify = buffer_handle_release;
	wl_signal_add(&buffer->native.base.events.release, &buffer->release);
	wl_resource_set_implementation(
		answer, &answer_impl, buffer, answer_handle_resource_destroy);

	await_or_refuse(buffer, client);
}

void gpu_memory_buffer_register(void)
{
	wlr_buffer_register_resource_interface(&buffer_resource_interface);
}
