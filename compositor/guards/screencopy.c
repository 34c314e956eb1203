/* SPDX-License-Identifier: MIT */
#include "guards/screencopy.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_screencopy_v1.h>

struct screencopy {
	struct wlr_screencopy_manager_v1 *manager;
	struct wl_protocol_logger *logger;
	/* The last request of any client, if it was to copy; NULL once another came. */
	struct wl_resource *frame, *wl_buffer;
	struct wl_listener display_destroy;
};

static void note_request(
	struct screencopy *screencopy, const struct wl_protocol_logger_message *message)
{
	screencopy->frame = NULL;
	if (strncmp(message->message->name, "copy", 4) == 0 && message->arguments_count == 1 &&
		strcmp(wl_resource_get_class(message->resource), "zwlr_screencopy_frame_v1") == 0) {
		screencopy->frame = message->resource;
		screencopy->wl_buffer = (struct wl_resource *)message->arguments[0].o;
	}
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

static void screencopy_handle_message(void *data, enum wl_protocol_logger_type type,
	const struct wl_protocol_logger_message *message)
{
	struct screencopy *screencopy = data;
	if (type == WL_PROTOCOL_LOGGER_REQUEST) {
		note_request(screencopy, message);
	} else if (screencopy->frame != NULL && message->message_opcode == WL_DISPLAY_ERROR &&
		strcmp(wl_resource_get_class(message->resource), "wl_display") == 0 &&
		message->arguments[0].o == (struct wl_object *)screencopy->frame) {
		unlock_refused(screencopy);
	}
}

static void screencopy_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct screencopy *screencopy = wl_container_of(listener, screencopy, display_destroy);
	listener_detach(&screencopy->display_destroy);
	wl_protocol_logger_destroy(screencopy->logger);
	free(screencopy);
}

struct screencopy *screencopy_create(struct wl_display *display)
{
	struct screencopy *screencopy = calloc(1, sizeof(*screencopy));
	if (screencopy == NULL) {
		return NULL;
	}
	screencopy->manager = wlr_screencopy_manager_v1_create(display);
	screencopy->logger =
		wl_display_add_protocol_logger(display, screencopy_handle_message, screencopy);
	if (screencopy->manager == NULL || screencopy->logger == NULL) {
		if (screencopy->logger != NULL) {
			wl_protocol_logger_destroy(screencopy->logger);
		}
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
