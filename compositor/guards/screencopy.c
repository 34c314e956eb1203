/* SPDX-License-Identifier: MIT */
#include "guards/screencopy.h"
#include "guards/requests.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_screencopy_v1.h>

struct screencopy {
	struct wlr_screencopy_manager_v1 *manager;
	struct requests *requests;
	/* The last request to copy, and when it was: it is over once another request came. */
	struct wl_resource *frame, *wl_buffer;
	uint64_t asked;
	struct wl_listener display_destroy;
};

static void screencopy_handle_copy(void *data, const struct wl_protocol_logger_message *message)
{
	struct screencopy *screencopy = data;
	screencopy->frame = message->resource;
	screencopy->wl_buffer = (struct wl_resource *)message->arguments[0].o;
	screencopy->asked = requests_seen(screencopy->requests);
}

/* The request that is being served was answered by an error. */
static void unlock_refused(struct screencopy *screencopy)
{
	struct wlr_buffer *buffer = wlr_buffer_try_from_resource(screencopy->wl_buffer);
	if (buffer != NULL) {
		wlr_buffer_unlock(buffer);
		wlr_buffer_unlock(buffer); /* wlroots' */
	}
	screencopy->frame = NULL;
}

static void screencopy_handle_error(void *data, const struct wl_protocol_logger_message *message)
{
	struct screencopy *screencopy = data;
	if (screencopy->frame != NULL && screencopy->asked == requests_seen(screencopy->requests) &&
		message->arguments[0].o == (struct wl_object *)screencopy->frame) {
		unlock_refused(screencopy);
	}
}

static void screencopy_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct screencopy *screencopy = wl_container_of(listener, screencopy, display_destroy);
	listener_detach(&screencopy->display_destroy);
	free(screencopy);
}

struct screencopy *screencopy_create(struct wl_display *display)
{
	struct screencopy *screencopy = calloc(1, sizeof(*screencopy));
	if (screencopy == NULL) {
		return NULL;
	}
	screencopy->manager = wlr_screencopy_manager_v1_create(display);
	screencopy->requests = requests_get(display);
	if (screencopy->manager == NULL || screencopy->requests == NULL ||
		!requests_watch(screencopy->requests, WL_PROTOCOL_LOGGER_REQUEST,
			"zwlr_screencopy_frame_v1", "copy", screencopy_handle_copy, screencopy) ||
		!requests_watch(screencopy->requests, WL_PROTOCOL_LOGGER_EVENT, "wl_display",
			"error", screencopy_handle_error, screencopy)) {
		free(screencopy);
		return NULL;
	}
	screencopy->display_destroy.notify = screencopy_handle_display_destroy;
	wl_display_add_destroy_listener(display, &screencopy->display_destroy);
	return screencopy;
}

const struct wl_global *screencopy_global(const struct screencopy *screencopy)
{
	return screencopy->manager->global;
}
