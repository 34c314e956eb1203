/* SPDX-License-Identifier: MIT */
#include "connection.h"
#include "gesso-client.h"
#include "library/clock.h"
#include "seat.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT_MS 10000
#define COMPOSITOR_VERSION 6
#define COMPOSITOR_VERSION_MIN 4 /* damage_buffer */

static uint32_t lesser(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void wm_base_handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = wm_base_handle_ping};

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct connection *connection = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0 &&
		version >= COMPOSITOR_VERSION_MIN) {
		connection->compositor = wl_registry_bind(registry, name, &wl_compositor_interface,
			lesser(version, COMPOSITOR_VERSION));
	} else if (strcmp(interface, wl_shm_interface.name) == 0) {
		connection->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		connection->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		xdg_wm_base_add_listener(connection->wm_base, &wm_base_listener, connection);
	} else if (strcmp(interface, wl_seat_interface.name) == 0 && !connection->seat) {
		connection->seat = seat_create(connection,
			wl_registry_bind(registry, name, &wl_seat_interface, lesser(version, 5)));
	} else if (strcmp(interface, zxdg_decoration_manager_v1_interface.name) == 0) {
		connection->decoration_manager =
			wl_registry_bind(registry, name, &zxdg_decoration_manager_v1_interface, 1);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

static void sync_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener sync_listener = {.done = sync_handle_done};

static bool wait_for_globals(struct connection *connection)
{
	bool done = false;
	int64_t deadline_ns = clock_after_ms(ANSWER_TIMEOUT_MS);
	struct wl_callback *sync = wl_display_sync(connection->display);
	wl_callback_add_listener(sync, &sync_listener, &done);
	bool alive = true;
	while (alive && !done && clock_now_ns() < deadline_ns)
		alive = connection_dispatch(connection, deadline_ns, -1);
	wl_callback_destroy(sync);
	if (!alive)
		connection_print_error(connection);
	else if (!done)
		fprintf(stderr, "gesso-demo: the compositor did not answer within %d s\n",
			ANSWER_TIMEOUT_MS / 1000);
	return alive && done;
}

bool connection_init(struct connection *connection)
{
	*connection = (struct connection){0};
	wl_list_init(&connection->windows);
	connection->display = wl_display_connect(NULL);
	if (!connection->display) {
		const char *name = getenv("WAYLAND_DISPLAY");
		fprintf(stderr,
			"gesso-demo: no compositor at WAYLAND_DISPLAY=%s: %s; start one, or run: "
			"gesso --backend headless -- gesso-demo ...\n",
			name ? name : "wayland-0", strerror(errno));
		return false;
	}
	connection->registry = wl_display_get_registry(connection->display);
	wl_registry_add_listener(connection->registry, &registry_listener, connection);
	if (!wait_for_globals(connection))
		return false;
	if (!connection->compositor || !connection->wm_base) {
		fprintf(stderr,
			"gesso-demo: the compositor has no %s; run one with xdg-shell, such as "
			"gesso\n",
			connection->wm_base ? "wl_compositor of version 4" : "xdg_wm_base");
		return false;
	}
	connection->gesso = gesso_client_create(connection->display, ANSWER_TIMEOUT_MS);
	if (!connection->gesso)
		fprintf(stderr, "gesso-demo: no memory\n");
	return connection->gesso != NULL;
}

void connection_finish(struct connection *connection)
{
	gesso_client_destroy(connection->gesso);
	seat_destroy(connection->seat);
	if (connection->decoration_manager)
		zxdg_decoration_manager_v1_destroy(connection->decoration_manager);
	if (connection->wm_base)
		xdg_wm_base_destroy(connection->wm_base);
	if (connection->shm)
		wl_shm_destroy(connection->shm);
	if (connection->compositor)
		wl_compositor_destroy(connection->compositor);
	if (connection->registry)
		wl_registry_destroy(connection->registry);
	if (connection->display) {
		wl_display_flush(connection->display);
		wl_display_disconnect(connection->display);
	}
}

/* True if reading may go on; a full socket is none of the errors. */
static bool flush(struct connection *connection, short *events)
{
	*events = POLLIN;
	if (wl_display_flush(connection->display) >= 0)
		return true;
	if (errno == EAGAIN)
		*events |= POLLOUT;
	return errno == EAGAIN || errno == EPIPE;
}

static bool read_events(struct connection *connection, int64_t deadline_ns, int wake_fd)
{
	struct pollfd fds[2] = {
		{.fd = wl_display_get_fd(connection->display)},
		{.fd = wake_fd, .events = POLLIN},
	};
	bool alive = flush(connection, &fds[0].events);
	int ready = alive ? poll(fds, 2, clock_ms_until(deadline_ns)) : -1;
	if (ready > 0 && fds[0].revents & ~POLLOUT)
		return wl_display_read_events(connection->display) == 0;
	wl_display_cancel_read(connection->display);
	return alive;
}

bool connection_dispatch(struct connection *connection, int64_t deadline_ns, int wake_fd)
{
	struct gesso_client *gesso = connection->gesso;
	if (gesso) {
		int timeout_ms = gesso_client_next_timeout_ms(gesso);
		if (timeout_ms >= 0)
			deadline_ns = clock_earlier(deadline_ns, clock_after_ms(timeout_ms));
	}
	if (wl_display_prepare_read(connection->display) == 0 &&
		!read_events(connection, deadline_ns, wake_fd))
		return false;
	if (wl_display_dispatch_pending(connection->display) < 0)
		return false;
	return !gesso || gesso_client_dispatch(gesso) == GESSO_OK;
}

void connection_print_error(const struct connection *connection)
{
	const struct wl_interface *interface = NULL;
	uint32_t id = 0;
	int error = wl_display_get_error(connection->display);
	if (error == EPROTO) {
		uint32_t code = wl_display_get_protocol_error(connection->display, &interface, &id);
		fprintf(stderr, "gesso-demo: the compositor raised error %u on %s#%u\n", code,
			interface ? interface->name : "an object", id);
		return;
	}
	fprintf(stderr, "gesso-demo: the connection to the compositor is lost: %s\n",
		strerror(error ? error : EPIPE));
}
