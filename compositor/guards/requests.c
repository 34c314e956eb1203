/* SPDX-License-Identifier: MIT */
#include "guards/requests.h"
#include "memory/each_frame.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <string.h>

/* A few more than a client sends and is sent for a frame: eight lie in one line of the cache. */
#define KNOWN_LEN 16

struct watcher {
	struct wl_list link;
	enum wl_protocol_logger_type type;
	const char *interface, *name; /* borrowed */
	requests_func_t notify;
	void *data; /* borrowed */
};

struct requests {
	struct wl_protocol_logger *logger;
	struct wl_listener display_destroy;
	struct wl_list watchers; /* watcher.link, in the order of coming */
	uint64_t seen;
	/*
	 * The newest first. Descriptions of messages are constants: the same address is the
	 * same message.
	 */
	const struct wl_message *known[KNOWN_LEN];
	const struct watcher *watcher_of[KNOWN_LEN]; /* NULL if nobody watches it */
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

static void note_known(
	struct requests *requests, const struct wl_message *message, const struct watcher *watcher)
{
	size_t rest = KNOWN_LEN - 1;
	memmove(&requests->known[1], &requests->known[0], rest * sizeof(requests->known[0]));
	memmove(&requests->watcher_of[1], &requests->watcher_of[0],
		rest * sizeof(requests->watcher_of[0]));
	requests->known[0] = message;
	requests->watcher_of[0] = watcher;
}

EACH_FRAME static void requests_handle_message(void *data, enum wl_protocol_logger_type type,
	const struct wl_protocol_logger_message *message)
{
	struct requests *requests = data;
	size_t i = 0;
	requests->seen += type == WL_PROTOCOL_LOGGER_REQUEST;
	while (i < KNOWN_LEN && requests->known[i] != message->message) {
		i++;
	}
	if (i == KNOWN_LEN) {
		note_known(requests, message->message, find_watcher(requests, type, message));
		i = 0;
	}
	if (requests->watcher_of[i] != NULL) {
		requests->watcher_of[i]->notify(requests->watcher_of[i]->data, message);
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
