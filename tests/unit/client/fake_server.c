/* SPDX-License-Identifier: MIT */
#include "fake_server.h"
#include "check.h"
#include "gesso-gpu-memory-buffer-v1-protocol.h"
#include "linux-dmabuf-v1-protocol.h"
#include <drm_fourcc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void fake_destroy_resource(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_implementation = {
	.destroy = fake_destroy_resource,
};

static void handle_buffer_destroy(struct wl_resource *buffer)
{
	struct fake_server *server = wl_resource_get_user_data(buffer);
	server->buffers--;
}

struct wl_resource *fake_create_buffer(struct fake_server *server, uint32_t id)
{
	struct wl_resource *buffer =
		wl_resource_create(server->client, &wl_buffer_interface, 1, id);
	wl_resource_set_implementation(
		buffer, &buffer_implementation, server, handle_buffer_destroy);
	server->buffers++;
	return buffer;
}

static void handle_attached_destroy(struct wl_listener *listener, void *data)
{
	struct fake_server *server = wl_container_of(listener, server, attached_destroy);
	wl_list_remove(&listener->link);
	server->attached = NULL;
}

static void handle_shown_destroy(struct wl_listener *listener, void *data)
{
	struct fake_server *server = wl_container_of(listener, server, shown_destroy);
	wl_list_remove(&listener->link);
	server->shown = NULL;
	if (!server->shown_released)
		server->undefined_contents++;
}

static void surface_destroy(struct wl_client *client, struct wl_resource *surface)
{
	wl_resource_destroy(surface);
}

static void surface_attach(struct wl_client *client, struct wl_resource *surface,
	struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct fake_server *server = wl_resource_get_user_data(surface);
	if (server->attached)
		wl_list_remove(&server->attached_destroy.link);
	server->attached = buffer;
	if (buffer)
		wl_resource_add_destroy_listener(buffer, &server->attached_destroy);
}

static void surface_damage_buffer(struct wl_client *client, struct wl_resource *surface, int32_t x,
	int32_t y, int32_t width, int32_t height)
{
	struct fake_server *server = wl_resource_get_user_data(surface);
	server->damages++;
	server->last_damage = (struct gesso_rect){x, y, width, height};
}

static void release_shown(struct fake_server *server)
{
	if (!server->shown || server->release == FAKE_RELEASE_NEVER)
		return;
	if (!server->shown_released)
		wl_buffer_send_release(server->shown);
	server->shown_released = true;
}

static void surface_commit(struct wl_client *client, struct wl_resource *surface)
{
	struct fake_server *server = wl_resource_get_user_data(surface);
	server->commits++;
	if (!server->attached)
		return;
	if (server->shown) {
		if (server->shown != server->attached)
			release_shown(server);
		wl_list_remove(&server->shown_destroy.link);
	}
	wl_list_remove(&server->attached_destroy.link);
	server->shown = server->attached;
	server->attached = NULL;
	server->shown_released = false;
	wl_resource_add_destroy_listener(server->shown, &server->shown_destroy);
	if (server->release == FAKE_RELEASE_ON_COMMIT)
		release_shown(server);
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = surface_destroy,
	.attach = surface_attach,
	.damage_buffer = surface_damage_buffer,
	.commit = surface_commit,
};

static void compositor_create_surface(
	struct wl_client *client, struct wl_resource *compositor, uint32_t id)
{
	struct wl_resource *surface = wl_resource_create(
		client, &wl_surface_interface, wl_resource_get_version(compositor), id);
	wl_resource_set_implementation(
		surface, &surface_implementation, wl_resource_get_user_data(compositor), NULL);
}

static const struct wl_compositor_interface compositor_implementation = {
	.create_surface = compositor_create_surface,
};

static void bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_compositor_interface, (int)version, id);
	wl_resource_set_implementation(resource, &compositor_implementation, data, NULL);
}

static void pump_server(struct fake_server *server)
{
	wl_event_loop_dispatch(wl_display_get_event_loop(server->display), 0);
	wl_display_flush_clients(server->display);
}

void fake_read(struct fake_server *server)
{
	pump_server(server);
	CHECK_EQUAL(wl_display_prepare_read(server->client_display), 0);
	CHECK_EQUAL(wl_display_read_events(server->client_display), 0);
}

void fake_pump(struct fake_server *server)
{
	for (int i = 0; i < 6; i++) {
		wl_display_flush(server->client_display);
		pump_server(server);
		gesso_client_wait(server->gesso, 0);
	}
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct fake_server *server = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0)
		server->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void connect_client(struct fake_server *server, int fd)
{
	server->client_display = wl_display_connect_to_fd(fd);
	CHECK(server->client_display);
	struct wl_registry *registry = wl_display_get_registry(server->client_display);
	wl_registry_add_listener(registry, &registry_listener, server);
	wl_display_flush(server->client_display);
	pump_server(server);
	wl_display_dispatch(server->client_display);
	wl_registry_destroy(registry);
	CHECK(server->compositor);
	server->surface = wl_compositor_create_surface(server->compositor);
	server->gesso = gesso_client_create(server->client_display, 200);
	CHECK(server->gesso);
}

void fake_start(struct fake_server *server)
{
	int fds[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	server->attached_destroy.notify = handle_attached_destroy;
	server->shown_destroy.notify = handle_shown_destroy;
	server->display = wl_display_create();
	wl_global_create(server->display, &wl_compositor_interface, 4, server, bind_compositor);
	if (!server->no_shm)
		wl_display_init_shm(server->display);
	if (!server->no_shm)
		wl_display_add_shm_format(server->display, DRM_FORMAT_RGB565);
	if (!server->no_manager)
		wl_global_create(server->display, &gesso_gpu_memory_buffer_manager_v1_interface, 1,
			server, fake_bind_manager);
	if (server->dmabuf.version > 0)
		fake_create_dmabuf_global(server);
	server->client = wl_client_create(server->display, fds[0]);
	connect_client(server, fds[1]);
}

void fake_create_dmabuf_global(struct fake_server *server)
{
	server->dmabuf.global = wl_global_create(server->display, &zwp_linux_dmabuf_v1_interface,
		server->dmabuf.version, server, fake_bind_dmabuf);
}

void fake_finish(struct fake_server *server)
{
	gesso_client_destroy(server->gesso);
	if (server->dmabuf.unanswered) {
		/* or what waits for it would be lost */
		fake_answer_dmabuf(server, false);
		fake_read(server);
		CHECK(wl_display_dispatch_pending(server->client_display) >= 0);
	}
	wl_surface_destroy(server->surface);
	wl_compositor_destroy(server->compositor);
	wl_display_flush(server->client_display);
	pump_server(server);
	wl_display_disconnect(server->client_display);
	CHECK_EQUAL(server->buffers, 0);
	wl_display_destroy_clients(server->display);
	CHECK_EQUAL(server->dmabuf.params_alive, 0);
	if (server->dmabuf.fd > 0)
		close(server->dmabuf.fd);
	wl_display_destroy(server->display);
}
