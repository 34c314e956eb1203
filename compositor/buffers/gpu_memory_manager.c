/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include "buffers/gpu_memory_buffer_impl.h"
#include "gesso-gpu-memory-buffer-v1-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <wlr/util/log.h>

#define GPU_MEMORY_BUFFER_MANAGER_VERSION 1

static const struct gesso_gpu_memory_buffer_manager_v1_interface manager_impl;

static struct gesso_gpu_memory_buffer_manager *manager_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &gesso_gpu_memory_buffer_manager_v1_interface, &manager_impl));
	return wl_resource_get_user_data(resource);
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static struct gpu_memory_buffer *buffer_from_place(struct gpu_memory_place *place)
{
	struct gpu_memory_buffer *buffer = wl_container_of(place, buffer, place);
	return buffer;
}

static int wait_ms_of(struct gpu_memory_place *place)
{
	return gpu_memory_buffer_wait_ms(buffer_from_place(place));
}

static int manager_handle_later(void *data)
{
	struct gesso_gpu_memory_buffer_manager *manager = data;
	eventfd_write(manager->wake_fd, 1);
	return 0;
}

static void manager_sleep(struct gesso_gpu_memory_buffer_manager *manager)
{
	eventfd_t value;
	eventfd_read(manager->wake_fd, &value);
}

static int manager_handle_wake(int fd, uint32_t mask, void *data)
{
	struct gesso_gpu_memory_buffer_manager *manager = data;
	int wait_ms = 0;
	struct gpu_memory_place *place =
		gpu_memory_queue_next(&manager->queue, wait_ms_of, &wait_ms);
	if (place != NULL) {
		gpu_memory_queue_take(place);
		gpu_memory_buffer_serve(buffer_from_place(place));
	}
	if (gpu_memory_queue_is_empty(&manager->queue)) {
		manager_sleep(manager);
	} else if (place == NULL) {
		manager_sleep(manager);
		wl_event_source_timer_update(manager->later, wait_ms);
	}
	return 0;
}

static bool check_size(struct wl_resource *resource, int32_t width_px, int32_t height_px)
{
	if (width_px >= 1 && width_px <= GESSO_MAX_SIDE_PX && height_px >= 1 &&
		height_px <= GESSO_MAX_SIDE_PX) {
		return true;
	}
	wl_resource_post_error(resource, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_ERROR_INVALID_SIZE,
		"%dx%d: width and height must lie between 1 and %d", width_px, height_px,
		GESSO_MAX_SIDE_PX);
	return false;
}

static void manager_request_create_buffer(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, int32_t width_px, int32_t height_px, uint32_t fourcc)
{
	struct gesso_gpu_memory_buffer_manager *manager = manager_from_resource(resource);
	if (!check_size(resource, width_px, height_px)) {
		return;
	}
	gpu_memory_buffer_create(manager, client, (uint32_t)wl_resource_get_version(resource), id,
		width_px, height_px, fourcc);
}

static const struct gesso_gpu_memory_buffer_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.create_buffer = manager_request_create_buffer,
};

static void send_batch(
	const struct gesso_gpu_memory_buffer_manager *manager, struct wl_resource *resource)
{
	const struct gesso_allocator_chain *chain = manager->chain;
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		struct gesso_allocator_state state = gesso_allocator_chain_state(chain, i);
		if (state.refusal.code == GESSO_REASON_NONE) {
			gesso_gpu_memory_buffer_manager_v1_send_allocator(
				resource, state.impl->name, state.impl->kind, state.cached);
		} else {
			gesso_gpu_memory_buffer_manager_v1_send_refusal(resource, state.impl->name,
				state.refusal.code, state.refusal.words);
		}
	}
	uint32_t formats = gesso_allocator_chain_formats(chain);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if ((formats & (1u << i)) != 0) {
			gesso_gpu_memory_buffer_manager_v1_send_format(
				resource, gesso_formats[i].fourcc);
		}
	}
	gesso_gpu_memory_buffer_manager_v1_send_done(resource);
}

static void manager_handle_resource_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct gesso_gpu_memory_buffer_manager *manager = data;
	struct wl_resource *resource = wl_resource_create(
		client, &gesso_gpu_memory_buffer_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &manager_impl, manager, manager_handle_resource_destroy);
	wl_list_insert(&manager->resources, wl_resource_get_link(resource));
	send_batch(manager, resource);
}

static void manager_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_gpu_memory_buffer_manager *manager =
		wl_container_of(listener, manager, display_destroy);
	wl_list_remove(&manager->display_destroy.link);
	wl_global_destroy(manager->global);
	wl_event_source_remove(manager->wake);
	wl_event_source_remove(manager->later);
	close(manager->wake_fd);
	free(manager);
}

struct gesso_gpu_memory_buffer_manager *gesso_gpu_memory_buffer_manager_create(
	struct wl_display *display, struct gesso_render_context *context,
	struct gesso_allocator_chain *chain, struct gesso_ledger *ledger)
{
	struct gesso_gpu_memory_buffer_manager *manager = calloc(1, sizeof(*manager));
	if (manager == NULL) {
		return NULL;
	}
	manager->context = context;
	manager->chain = chain;
	manager->ledger = ledger;
	wl_list_init(&manager->resources);
	gpu_memory_queue_init(&manager->queue);

	manager->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (manager->wake_fd < 0) {
		goto fail;
	}
	manager->wake = wl_event_loop_add_fd(wl_display_get_event_loop(display), manager->wake_fd,
		WL_EVENT_READABLE, manager_handle_wake, manager);
	manager->later = wl_event_loop_add_timer(
		wl_display_get_event_loop(display), manager_handle_later, manager);
	if (manager->wake == NULL || manager->later == NULL) {
		goto fail;
	}
	manager->global = wl_global_create(display, &gesso_gpu_memory_buffer_manager_v1_interface,
		GPU_MEMORY_BUFFER_MANAGER_VERSION, manager, manager_bind);
	if (manager->global == NULL) {
		goto fail;
	}
	gpu_memory_buffer_register();
	manager->display_destroy.notify = manager_handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return manager;

fail:
	wlr_log_errno(WLR_ERROR, "gpu_memory_buffer: the global could not be made");
	if (manager->wake != NULL) {
		wl_event_source_remove(manager->wake);
	}
	if (manager->later != NULL) {
		wl_event_source_remove(manager->later);
	}
	if (manager->wake_fd >= 0) {
		close(manager->wake_fd);
	}
	free(manager);
	return NULL;
}

void gesso_gpu_memory_buffer_manager_announce(struct gesso_gpu_memory_buffer_manager *manager)
{
	struct wl_resource *resource;
	wl_resource_for_each(resource, &manager->resources) {
		send_batch(manager, resource);
	}
}

bool gesso_gpu_memory_buffer_manager_owns_global(
	const struct gesso_gpu_memory_buffer_manager *manager, const struct wl_global *global)
{
	return manager->global == global;
}
