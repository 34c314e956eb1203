/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_SECURITY_CONTEXT_H
#define SCREEN_SECURITY_CONTEXT_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * security-context-v1: sockets that sandboxes hand in, and which clients came through
 * one. wlroots' own keeps the descriptors of each request that it refuses for ever, and
 * sets no bound to the listeners of a client; this one closes them, and does: a process
 * that asks for more than SECURITY_CONTEXT_MAX is ended with wl_display's error
 * `implementation`, since listeners outlive the connection that made them. Past the bound
 * for all, the process with the most loses its last one to who asks.
 */

#define SECURITY_CONTEXT_MAX 32

struct security_context_manager;

/* Goes with the display. NULL if there is no memory. */
struct security_context_manager *security_context_manager_create(struct wl_display *display);
const struct wl_global *security_context_manager_global(
	const struct security_context_manager *manager);
/* Whether the client came through a sandbox's socket. */
bool security_context_holds(const struct wl_client *client);

#endif
