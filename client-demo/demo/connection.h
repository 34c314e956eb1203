/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_CONNECTION_H
#define GESSO_DEMO_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

/* The demo's own side of the display: the globals that windows and input need. */

struct gesso_client;
struct seat;
struct xdg_wm_base;
struct zxdg_decoration_manager_v1;

struct connection {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm; /* for the cursor only */
	struct xdg_wm_base *wm_base;
	struct zxdg_decoration_manager_v1 *decoration_manager; /* or NULL */
	struct seat *seat;                                     /* or NULL */
	struct gesso_client *gesso;
	struct wl_list windows; /* window.link */
};

/*
 * Connects and waits for the globals, some seconds at most. False with one line
 * on standard error that says what to do. To be finished either way.
 */
bool connection_init(struct connection *connection);
void connection_finish(struct connection *connection);

/*
 * Flushes, waits for events at most until `deadline_ns` (CLOCK_NEVER for none)
 * or until `wake_fd` (-1 for none) can be read, and dispatches. False once the
 * connection is lost.
 */
bool connection_dispatch(struct connection *connection, int64_t deadline_ns, int wake_fd);

/* One line on standard error: what the connection died of. */
void connection_print_error(const struct connection *connection);

#endif
