/* SPDX-License-Identifier: MIT */
#include "client.h"
#include "buffer.h"
#include "check.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct client_allocator *batch_entry(struct client_batch *batch, const char *name)
{
	if (batch->closed) {
		size_t done = batch->done;
		*batch = (struct client_batch){.done = done};
	}
	CHECK_INT(<, batch->allocators_len, CLIENT_MAX_LINKS);
	struct client_allocator *entry = &batch->allocators[batch->allocators_len];
	if (name != NULL) {
		batch->allocators_len++;
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
	return entry;
}

static void manager_handle_allocator(void *data, struct gesso_gpu_memory_buffer_manager_v1 *manager,
	const char *name, uint32_t kind, uint32_t cached)
{
	struct client_allocator *entry = batch_entry(data, name);
	entry->kind = kind;
	entry->cached = cached;
}

static void manager_handle_format(
	void *data, struct gesso_gpu_memory_buffer_manager_v1 *manager, uint32_t format)
{
	struct client_batch *batch = data;
	batch_entry(batch, NULL);
	CHECK_INT(<, batch->formats_len, CLIENT_MAX_FORMATS);
	batch->formats[batch->formats_len++] = format;
}

static void manager_handle_refusal(void *data, struct gesso_gpu_memory_buffer_manager_v1 *manager,
	const char *name, uint32_t reason, const char *words)
{
	struct client_allocator *entry = batch_entry(data, name);
	CHECK_INT(!=, reason, 0);
	entry->reason = reason;
	snprintf(entry->words, sizeof(entry->words), "%s", words);
}

static void manager_handle_done(void *data, struct gesso_gpu_memory_buffer_manager_v1 *manager)
{
	struct client_batch *batch = data;
	batch_entry(batch, NULL);
	batch->done++;
	batch->closed = true;
}

static const struct gesso_gpu_memory_buffer_manager_v1_listener manager_listener = {
	.allocator = manager_handle_allocator,
	.format = manager_handle_format,
	.refusal = manager_handle_refusal,
	.done = manager_handle_done,
};

static void dmabuf_handle_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format)
{
}

static void dmabuf_handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format,
	uint32_t modifier_hi, uint32_t modifier_lo)
{
	struct client *client = data;
	CHECK_INT(<, client->dmabuf_pairs_len, CLIENT_MAX_DMABUF_PAIRS);
	client->dmabuf_pairs[client->dmabuf_pairs_len++] = (struct client_dmabuf_pair){
		.fourcc = format,
		.modifier = (uint64_t)modifier_hi << 32 | modifier_lo,
	};
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = dmabuf_handle_format,
	.modifier = dmabuf_handle_modifier,
};

static void wm_base_handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = wm_base_handle_ping};

static void shm_handle_format(void *data, struct wl_shm *shm, uint32_t format)
{
	struct client *client = data;
	CHECK_INT(<, client->shm_formats_len, CLIENT_MAX_SHM_FORMATS);
	client->shm_formats[client->shm_formats_len++] = format;
}

static const struct wl_shm_listener shm_listener = {.format = shm_handle_format};

static void bind_output(struct client *client, uint32_t name)
{
	CHECK_INT(<, client->outputs_len, CLIENT_MAX_OUTPUTS);
	client->outputs[client->outputs_len++] =
		wl_registry_bind(client->registry, name, &wl_output_interface, 1);
}

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct client *client = data;
	const struct {
		const struct wl_interface *interface;
		uint32_t version;
		void *slot;
	} wanted[] = {
		{&wl_compositor_interface, 4, &client->compositor},
		{&wl_subcompositor_interface, 1, &client->subcompositor},
		{&wl_shm_interface, 1, &client->shm},
		{&wl_seat_interface, 5, &client->seat},
		{&xdg_wm_base_interface, 1, &client->wm_base},
		{&wp_viewporter_interface, 1, &client->viewporter},
		{&zwlr_screencopy_manager_v1_interface, 1, &client->screencopy},
		{&zwlr_virtual_pointer_manager_v1_interface, 1, &client->virtual_pointers},
		{&gesso_gpu_memory_buffer_manager_v1_interface, 1, &client->manager},
		{&gesso_memory_reporter_v1_interface, 4, &client->reporter},
		{&zwp_linux_dmabuf_v1_interface, 3, &client->dmabuf},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strcmp(interface, wanted[i].interface->name) == 0) {
			*(void **)wanted[i].slot = wl_registry_bind(
				registry, name, wanted[i].interface, wanted[i].version);
		}
	}
	if (strcmp(interface, wl_output_interface.name) == 0 && !client->knows_outputs) {
		bind_output(client, name);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

void client_connect(struct client *client, const struct server *server)
{
	*client = (struct client){.display = wl_display_connect(server->socket)};
	if (client->display == NULL) {
		FAIL("cannot connect to %s", server->socket);
	}
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	client_roundtrip(client);
	client->knows_outputs = true;
	CHECK(client->compositor != NULL && client->shm != NULL && client->wm_base != NULL);
	wl_shm_add_listener(client->shm, &shm_listener, client);
	xdg_wm_base_add_listener(client->wm_base, &wm_base_listener, client);
	if (client->dmabuf != NULL) {
		zwp_linux_dmabuf_v1_add_listener(client->dmabuf, &dmabuf_listener, client);
	}
	if (client->manager != NULL) {
		gesso_gpu_memory_buffer_manager_v1_add_listener(
			client->manager, &manager_listener, &client->batch);
	}
	client_roundtrip(client);
	CHECK(client->manager == NULL || client->batch.done >= 1);
}

void client_disconnect(struct client *client)
{
	void *objects[] = {client->registry, client->compositor, client->subcompositor, client->shm,
		client->seat, client->wm_base, client->viewporter, client->screencopy,
		client->virtual_pointers, client->manager, client->reporter, client->dmabuf};
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (objects[i] != NULL) {
			wl_proxy_destroy(objects[i]);
		}
	}
	for (size_t i = 0; i < client->outputs_len; i++) {
		wl_output_destroy(client->outputs[i]);
	}
	wl_display_disconnect(client->display);
	*client = (struct client){0};
}

struct manager_search {
	struct wl_registry *registry;
	struct gesso_gpu_memory_buffer_manager_v1 *manager;
};

static void search_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct manager_search *search = data;
	if (strcmp(interface, gesso_gpu_memory_buffer_manager_v1_interface.name) == 0) {
		search->manager = wl_registry_bind(
			registry, name, &gesso_gpu_memory_buffer_manager_v1_interface, 1);
	}
}

static const struct wl_registry_listener search_listener = {
	.global = search_handle_global,
	.global_remove = registry_handle_global_remove,
};

struct gesso_gpu_memory_buffer_manager_v1 *client_bind_manager(struct client *client)
{
	struct manager_search search = {.registry = wl_display_get_registry(client->display)};
	wl_registry_add_listener(search.registry, &search_listener, &search);
	client_roundtrip(client);
	wl_registry_destroy(search.registry);
	CHECK(search.manager != NULL);
	return search.manager;
}

struct gesso_gpu_memory_buffer_manager_v1 *client_bind_manager_into(
	struct client *client, struct client_batch *batch)
{
	*batch = (struct client_batch){0};
	struct gesso_gpu_memory_buffer_manager_v1 *manager = client_bind_manager(client);
	gesso_gpu_memory_buffer_manager_v1_add_listener(manager, &manager_listener, batch);
	client_roundtrip(client);
	return manager;
}

static _Noreturn void connection_failed(struct client *client)
{
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	int error = wl_display_get_error(client->display);
	if (error == EPROTO) {
		uint32_t code = wl_display_get_protocol_error(client->display, &interface, &id);
		FAIL("protocol error %u on %s@%u", code,
			interface != NULL ? interface->name : "(gone)", id);
	}
	FAIL("the connection failed: %s", strerror(error));
}

void client_roundtrip(struct client *client)
{
	if (wl_display_roundtrip(client->display) < 0) {
		connection_failed(client);
	}
}

void client_dispatch(struct client *client)
{
	if (wl_display_dispatch(client->display) < 0) {
		connection_failed(client);
	}
}

void client_expect_error(struct client *client, const char *interface_name, uint32_t code)
{
	int result = 0;
	for (int i = 0; i < 20 && result >= 0; i++) {
		result = wl_display_roundtrip(client->display);
	}
	if (result >= 0) {
		FAIL("no protocol error came; %s %u was expected", interface_name, code);
	}
	/* libwayland has a word of its own for no memory */
	bool of_display = strcmp(interface_name, wl_display_interface.name) == 0;
	if (of_display && code == WL_DISPLAY_ERROR_NO_MEMORY) {
		CHECK_EQUAL(wl_display_get_error(client->display), ENOMEM);
		return;
	}
	CHECK_EQUAL(wl_display_get_error(client->display), EPROTO);
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	uint32_t got = wl_display_get_protocol_error(client->display, &interface, &id);
	CHECK(interface != NULL);
	CHECK_STRING(interface->name, interface_name);
	CHECK_EQUAL(got, code);
}

bool client_offers_format(const struct client *client, uint32_t fourcc)
{
	for (size_t i = 0; i < client->batch.formats_len; i++) {
		if (client->batch.formats[i] == fourcc) {
			return true;
		}
	}
	return false;
}

bool client_offers_shm_format(const struct client *client, uint32_t fourcc)
{
	for (size_t i = 0; i < client->shm_formats_len; i++) {
		if (client->shm_formats[i] == buffer_shm_format(fourcc)) {
			return true;
		}
	}
	return false;
}

const struct client_allocator *client_find_allocator(const struct client *client, const char *name)
{
	for (size_t i = 0; i < client->batch.allocators_len; i++) {
		if (strcmp(client->batch.allocators[i].name, name) == 0) {
			return &client->batch.allocators[i];
		}
	}
	return NULL;
}
