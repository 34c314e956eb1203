/* SPDX-License-Identifier: MIT */
#ifndef GESSO_REQUESTS_H
#define GESSO_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * Messages that must be seen before wlroots serves them. libwayland calls each protocol
 * logger for every message of every client, so all who watch share one, which knows a
 * message again by its address: what nobody asked for costs one comparison.
 */

struct requests;

typedef void (*requests_func_t)(void *data, const struct wl_protocol_logger_message *message);

/* The one of this display, made when first asked for. Goes with it. NULL if there is no memory. */
struct requests *requests_get(struct wl_display *display);

/*
 * Calls `notify` before each message of `type` to or from an object of interface `interface`
 * whose name begins with `name`. A message has one who watches it: the one who came first.
 * Both strings and `data` are borrowed for as long as the display lives. False if there is
 * no memory.
 */
bool requests_watch(struct requests *requests, enum wl_protocol_logger_type type,
	const char *interface, const char *name, requests_func_t notify, void *data);

/* How many requests of all clients were seen, with the one that is being served. */
uint64_t requests_seen(const struct requests *requests);

#endif
