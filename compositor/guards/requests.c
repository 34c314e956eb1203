/* SPDX-License-Identifier: MIT */
#include "guards/requests.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <string.h>

/* A few more than a client sends and is sent while it shows frames. */
#define KNOWN_LEN 64

struct watcher {
	struct wl_list link;
	enum wl_protocol_logger_type type;
	const char *interface, *name; /* borrowed */
	requests_func_t notify;
	void *data; /* borrowed */
};

/* Descriptions of messages are constants: the same address is the same message. */
struct known {
	const struct wl_message *message;
	const struct watcher *watcher; /* NULL if nobody watches it */
};

struct requests {
	struct wl_protocol_logger *logger;
	struct wl_listener display_destroy;
	struct wl_list watchers; /* watcher.link, in the order of coming */
	uint64_t seen;
	struct known known[KNOWN_LEN];
};

static const struct watcher *find_watcher(const struct requests *requests,
	enum wl_protocol_logger_type type, const struct wl_protocol_logger_message *message)
{
	const struct watcher *watcher;
	wl_list_for_each(watcher, &requests->watchers, link) {
		if (watcher->type == type &&
			strncmp(message->message->name, watcher->name, strlen(watcher->name)) ==
				0 &&
			strcmp(wl_resource_get_class(message->resource), watcher->interface) == 0) {
			return watcher;
		}
	}
	return NULL;
}

static void requests_handle_message(void *data, enum wl_protocol_logger_type type,
	const struct wl_protocol_logger_message *message)
{
	struct requests *requests = data;
	size_t slot = (uintptr_t)message->message / sizeof(struct wl_message) % KNOWN_LEN;
	struct known *known = &requests->known[slot];
	requests->seen += type == WL_PROTOCOL_LOGGER_REQUEST;
	if (known->message != message->message) {
		known->message = message->message;
		known->watcher = find_watcher(requests, type, message);
	}
	if (known->watcher != NULL) {
		known->watcher->notify(known->watcher->data, message);
	}
}

static void requests_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct requests *requests = wl_container_of(listener, requests, display_destroy);
	listener_detach(&requests->display_destroy);
	wl_protocol_logger_destroy(requests->logger);
	struct watcher *watcher, *next;
	wl_list_for_each_safe(watcher, next, &requests->watchers, link) {
		free(watcher);
	}
	free(requests);
}

struct requests *requests_get(struct wl_display *display)
{
	struct wl_listener *listener =
		wl_display_get_destroy_listener(display, requests_handle_display_destroy);
	struct requests *requests;
	if (listener != NULL) {
		return wl_container_of(listener, requests, display_destroy);
	}
	requests = calloc(1, sizeof(*requests));
	if (requests == NULL) {
		return NULL;
	}
	requests->logger =
		wl_display_add_protocol_logger(display, requests_handle_message, requests);
	if (requests->logger == NULL) {
		free(requests);
		return NULL;
	}
	wl_list_init(&requests->watchers);
	requests->display_destroy.notify = requests_handle_display_destroy;
	wl_display_add_destroy_listener(display, &requests->display_destroy);
	return requests;
}

bool requests_watch(struct requests *requests, enum wl_protocol_logger_type type,
	const char *interface, const char *name, requests_func_t notify, void *data)
{
	struct watcher *watcher = calloc(1, sizeof(*watcher));
	if (watcher == NULL) {
		return false;
	}
	*watcher = (struct watcher){
		.type = type, .interface = interface, .name = name, .notify = notify, .data = data};
	wl_list_insert(requests->watchers.prev, &watcher->link);
	/* what nobody watched until now may be what is asked for */
	memset(requests->known, 0, sizeof(requests->known));
	return true;
}

uint64_t requests_seen(const struct requests *requests)
{
	return requests->seen;
}
