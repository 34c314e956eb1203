/* SPDX-License-Identifier: MIT */
#include "client.h"
#include "buffer.h"
#include "clock.h"
#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "swapchain.h"
#include <assert.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#define MANAGER_VERSION 1
#define SHM_VERSION 1

static void shm_handle_format(void *data, struct wl_shm *shm, uint32_t format)
{
	struct gesso_client *client = data;
	if (client->shm_formats_len < CLIENT_SHM_FORMATS_MAX)
		client->shm_formats[client->shm_formats_len++] = format;
}

static const struct wl_shm_listener shm_listener = {.format = shm_handle_format};

static bool uses_dmabufs(const struct gesso_client *client)
{
	const struct gesso_swapchain *swapchain;
	wl_list_for_each(swapchain, &client->swapchains, link) {
		if (swapchain_first_path(swapchain) == GESSO_CLIENT_PATH_DMABUF)
			return true;
	}
	return false;
}

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct gesso_client *client = data;
	if (strcmp(interface, wl_shm_interface.name) == 0 && !client->shm) {
		client->shm = wl_registry_bind(registry, name, &wl_shm_interface, SHM_VERSION);
		client->shm_name = name;
		if (client->shm)
			wl_shm_add_listener(client->shm, &shm_listener, client);
	} else if (strcmp(interface, gesso_gpu_memory_buffer_manager_v1_interface.name) == 0 &&
		!client->offers.manager) {
		struct gesso_gpu_memory_buffer_manager_v1 *manager = wl_registry_bind(registry,
			name, &gesso_gpu_memory_buffer_manager_v1_interface, MANAGER_VERSION);
		client->manager_name = name;
		if (manager)
			offers_listen(&client->offers, manager);
	} else if (strcmp(interface, zwp_linux_dmabuf_v1_interface.name) == 0 &&
		client->dmabuf_offers.version == 0) {
		client->dmabuf_offers.name = name;
		client->dmabuf_offers.version = version;
		/* back again: a still window is to hear of it */
		if (uses_dmabufs(client))
			client_knows_dmabufs(client);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	struct gesso_client *client = data;
	if (client->offers.manager && name == client->manager_name)
		offers_finish(&client->offers);
	if (client->dmabuf_offers.version > 0 && name == client->dmabuf_offers.name)
		dmabuf_offers_finish(&client->dmabuf_offers);
	if (client->shm && name == client->shm_name) {
		wl_shm_destroy(client->shm);
		client->shm = NULL;
		client->shm_formats_len = 0;
	}
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

static void begin_sync(struct gesso_client *client);

static void sync_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct gesso_client *client = data;
	wl_callback_destroy(callback);
	client->sync = NULL;
	if (++client->syncs_done < 2)
		begin_sync(client);
}

static const struct wl_callback_listener sync_listener = {.done = sync_handle_done};

static void begin_sync(struct gesso_client *client)
{
	client->sync = wl_display_sync(client->display_wrapper);
	if (client->sync)
		wl_callback_add_listener(client->sync, &sync_listener, client);
}

struct gesso_client *gesso_client_create(struct wl_display *display, int answer_timeout_ms)
{
	if (wl_display_get_error(display) != 0)
		return NULL;
	struct gesso_client *client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	wl_list_init(&client->swapchains);
	wl_list_init(&client->dmabuf_requests);
	client->display = display;
	client->answer_timeout_ms =
		answer_timeout_ms > 0 ? answer_timeout_ms : CLIENT_ANSWER_TIMEOUT_MS;
	client->answer_deadline_ns = clock_after_ms(client->answer_timeout_ms);
	client->queue = wl_display_create_queue(display);
	client->display_wrapper = wl_proxy_create_wrapper(display);
	if (!client->queue || !client->display_wrapper)
		goto fail;
	wl_proxy_set_queue((struct wl_proxy *)client->display_wrapper, client->queue);
	client->registry = wl_display_get_registry(client->display_wrapper);
	if (!client->registry)
		goto fail;
	wl_registry_add_listener(client->registry, &registry_listener, client);
	begin_sync(client);
	if (!client->sync)
		goto fail;
	return client;
fail:
	gesso_client_destroy(client);
	return NULL;
}

void gesso_client_destroy(struct gesso_client *client)
{
	if (!client)
		return;
	assert(wl_list_empty(&client->swapchains));
	buffer_dmabuf_finish_requests(client);
	dmabuf_offers_finish(&client->dmabuf_offers);
	offers_finish(&client->offers);
	if (client->shm)
		wl_shm_destroy(client->shm);
	if (client->sync)
		wl_callback_destroy(client->sync);
	if (client->registry)
		wl_registry_destroy(client->registry);
	if (client->display_wrapper)
		wl_proxy_wrapper_destroy(client->display_wrapper);
	if (client->queue)
		wl_event_queue_destroy(client->queue);
	free(client);
}

bool client_is_ready(const struct gesso_client *client)
{
	bool answered =
		client->syncs_done >= 2 && (!client->offers.manager || client->offers.serial > 0);
	return answered || client->gave_up;
}

bool client_knows_dmabufs(struct gesso_client *client)
{
	/* what could not be asked for, for want of memory, is not waited for */
	bool asked = dmabuf_offers_bind(&client->dmabuf_offers, client->registry,
		client->display_wrapper, client->answer_timeout_ms);
	return !asked || !dmabuf_offers_is_awaited(&client->dmabuf_offers);
}

bool client_shm_has(const struct gesso_client *client, uint32_t fourcc)
{
	uint32_t format = fourcc;
	if (fourcc == DRM_FORMAT_ARGB8888)
		format = WL_SHM_FORMAT_ARGB8888;
	else if (fourcc == DRM_FORMAT_XRGB8888)
		format = WL_SHM_FORMAT_XRGB8888;
	for (size_t i = 0; i < client->shm_formats_len; i++) {
		if (client->shm_formats[i] == format)
			return client->shm != NULL;
	}
	return false;
}

int client_dispatch(struct gesso_client *client)
{
	int events = wl_display_dispatch_queue_pending(client->display, client->queue);
	if (events < 0)
		return -1;
	bool gives_up = !client_is_ready(client) && clock_now_ns() >= client->answer_deadline_ns;
	client->gave_up = client->gave_up || gives_up;
	client->untold = dmabuf_offers_check_deadline(&client->dmabuf_offers) || client->untold ||
		events > 0 || gives_up;
	struct gesso_swapchain *swapchain;
	wl_list_for_each(swapchain, &client->swapchains, link)
		swapchain_tick(swapchain);
	return events;
}

enum gesso_result gesso_client_dispatch(struct gesso_client *client)
{
	enum gesso_result result = client_dispatch(client) < 0 ? GESSO_ERROR_CONNECTION : GESSO_OK;
	client->untold = false;
	return result;
}

/* Another thread, or a wait of the caller's on another queue, may have read for ours. */
static bool has_unread_events(const struct gesso_client *client)
{
	if (wl_display_prepare_read_queue(client->display, client->queue) != 0)
		return true;
	wl_display_cancel_read(client->display);
	return false;
}

int64_t client_next_deadline_ns(const struct gesso_client *client)
{
	int64_t next_ns = CLOCK_NEVER;
	if (!client_is_ready(client))
		next_ns = client->answer_deadline_ns;
	if (dmabuf_offers_is_awaited(&client->dmabuf_offers))
		next_ns = clock_earlier(next_ns, client->dmabuf_offers.deadline_ns);
	struct gesso_swapchain *swapchain;
	wl_list_for_each(swapchain, &client->swapchains, link)
		next_ns = clock_earlier(next_ns, swapchain_next_deadline_ns(swapchain));
	return next_ns;
}

int gesso_client_next_timeout_ms(const struct gesso_client *client)
{
	if (client->untold || has_unread_events(client))
		return 0;
	return clock_ms_until(client_next_deadline_ns(client));
}
