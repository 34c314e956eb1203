/* SPDX-License-Identifier: MIT */
#include "memory/report_client.h"
#include "memory/clock.h"
#include "memory/report_events.h"

#include "gesso-memory-report-v1-client-protocol.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <wayland-client.h>

#define ANSWER_TIMEOUT_MS 10000

struct report_connection {
	struct wl_display *display;
	struct wl_registry *registry;
	struct gesso_memory_reporter_v1 *reporter;
	pid_t socket_pid;
};

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct report_connection *connection = data;
	if (strcmp(interface, gesso_memory_reporter_v1_interface.name) == 0 &&
		!connection->reporter) {
		connection->reporter = wl_registry_bind(registry, name,
			&gesso_memory_reporter_v1_interface, version < 4 ? version : 4);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

/* Sends what is queued and reads until `deadline_ms`; 0, or an errno value. */
static int exchange_once(struct wl_display *display, int64_t deadline_ms)
{
	if (wl_display_prepare_read(display) < 0) {
		return wl_display_dispatch_pending(display) < 0 ? wl_display_get_error(display) : 0;
	}
	bool blocked = wl_display_flush(display) < 0 && errno == EAGAIN;
	struct pollfd pollfd = {
		.fd = wl_display_get_fd(display),
		.events = (short)(blocked ? POLLIN | POLLOUT : POLLIN),
	};
	int64_t left_ms = deadline_ms - clock_now_ms();
	int ready = poll(&pollfd, 1, left_ms > 0 ? (int)left_ms : 0);
	if (ready <= 0) {
		int error = ready == 0 ? ETIMEDOUT : errno;
		wl_display_cancel_read(display);
		return error == EINTR ? 0 : error;
	}
	if (wl_display_read_events(display) < 0 || wl_display_dispatch_pending(display) < 0) {
		return wl_display_get_error(display) ? wl_display_get_error(display) : errno;
	}
	return 0;
}

/* Until `done` is set; false with `why` past the deadline or on an error. */
static bool exchange(struct wl_display *display, const bool *done, char why[REPORT_WHY_LEN])
{
	int64_t deadline_ms = clock_now_ms() + ANSWER_TIMEOUT_MS;
	while (!*done) {
		int error = exchange_once(display, deadline_ms);
		if (error == ETIMEDOUT) {
			snprintf(why, REPORT_WHY_LEN,
				"the compositor did not answer within %d seconds; is it stopped?",
				ANSWER_TIMEOUT_MS / 1000);
			return false;
		} else if (error != 0) {
			snprintf(why, REPORT_WHY_LEN, "the compositor ended the connection: %s",
				strerror(error));
			return false;
		}
	}
	return true;
}

static void sync_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener sync_listener = {
	.done = sync_handle_done,
};

static pid_t peer_pid(int fd)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) == 0 ? credentials.pid
										: 0;
}

static bool connection_init(
	struct report_connection *connection, const char *socket_name, char why[REPORT_WHY_LEN])
{
	connection->display = wl_display_connect(socket_name);
	if (!connection->display) {
		const char *named = socket_name ? socket_name : getenv("WAYLAND_DISPLAY");
		snprintf(why, REPORT_WHY_LEN,
			"no compositor at Wayland socket '%.80s': %s; start gesso, or name its "
			"socket "
			"with --socket",
			named ? named : "wayland-0", strerror(errno));
		return false;
	}
	connection->socket_pid = peer_pid(wl_display_get_fd(connection->display));
	connection->registry = wl_display_get_registry(connection->display);
	struct wl_callback *callback =
		connection->registry ? wl_display_sync(connection->display) : NULL;
	if (!callback) {
		snprintf(why, REPORT_WHY_LEN, "no memory");
		return false;
	}
	bool done = false;
	wl_registry_add_listener(connection->registry, &registry_listener, connection);
	wl_callback_add_listener(callback, &sync_listener, &done);
	bool answered = exchange(connection->display, &done, why);
	wl_callback_destroy(callback);
	if (answered && !connection->reporter) {
		snprintf(why, REPORT_WHY_LEN,
			"this compositor has no global gesso_memory_reporter_v1; start gesso "
			"without "
			"an option that turns it off, and run gesso-memory outside of sandboxes");
		return false;
	}
	return answered;
}

struct report_connection *report_connection_open(const char *socket_name, char why[REPORT_WHY_LEN])
{
	struct report_connection *connection = calloc(1, sizeof(*connection));
	if (!connection) {
		snprintf(why, REPORT_WHY_LEN, "no memory");
		return NULL;
	}
	if (!connection_init(connection, socket_name, why)) {
		report_connection_close(connection);
		return NULL;
	}
	return connection;
}

void report_connection_close(struct report_connection *connection)
{
	if (!connection) {
		return;
	}
	if (connection->reporter) {
		gesso_memory_reporter_v1_destroy(connection->reporter);
	}
	if (connection->registry) {
		wl_registry_destroy(connection->registry);
	}
	if (connection->display) {
		wl_display_disconnect(connection->display);
	}
	free(connection);
}

struct report *report_connection_take(
	struct report_connection *connection, char why[REPORT_WHY_LEN])
{
	struct report_taking taking = {.report = calloc(1, sizeof(*taking.report))};
	struct gesso_memory_report_v1 *proxy =
		taking.report ? gesso_memory_reporter_v1_get_report(connection->reporter) : NULL;
	if (!proxy) {
		free(taking.report);
		snprintf(why, REPORT_WHY_LEN, "no memory");
		return NULL;
	}
	taking.report->socket_pid = connection->socket_pid;
	report_taking_listen(&taking, proxy);
	bool answered = exchange(connection->display, &taking.done, why);
	gesso_memory_report_v1_destroy(proxy);
	if (answered && (taking.no_memory || !taking.report->renderer)) {
		snprintf(why, REPORT_WHY_LEN, "%s",
			taking.no_memory ? "no memory" : "the compositor sent an empty report");
		answered = false;
	}
	if (!answered) {
		report_destroy(taking.report);
		return NULL;
	}
	return taking.report;
}
