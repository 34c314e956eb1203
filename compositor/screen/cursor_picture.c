/* SPDX-License-Identifier: MIT */
#include "screen/cursor_impl.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include <stdlib.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/util/log.h>

#define CURSOR_SHAPE_VERSION 1
#define DEFAULT_SIZE_PX 24

void cursor_set_shape(struct cursor *cursor, const char *name)
{
	if (cursor->visible) {
		wlr_cursor_set_xcursor(cursor->cursor, cursor->theme, name);
	}
}

void cursor_appear(struct cursor *cursor)
{
	if (!cursor->visible) {
		cursor->visible = true;
		cursor_set_shape(cursor, CURSOR_DEFAULT_SHAPE);
	}
}

void cursor_renew(struct cursor *cursor)
{
	if (!cursor->visible) {
		return;
	}
	wlr_cursor_unset_image(cursor->cursor);
	cursor_set_shape(cursor, CURSOR_DEFAULT_SHAPE);
	if (!cursor_is_held(cursor)) {
		wlr_seat_pointer_notify_clear_focus(cursor->seat->wlr_seat);
		cursor_refocus(cursor);
	}
}

static bool cursor_may_be_set_by(const struct cursor *cursor, const struct wlr_seat_client *client)
{
	return cursor->visible && client == cursor->seat->wlr_seat->pointer_state.focused_client;
}

static void cursor_handle_request_set_cursor(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, request_set_cursor);
	const struct wlr_seat_pointer_request_set_cursor_event *event = data;
	if (cursor_may_be_set_by(cursor, event->seat_client)) {
		wlr_cursor_set_surface(
			cursor->cursor, event->surface, event->hotspot_x, event->hotspot_y);
	}
}

static void cursor_handle_request_set_shape(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, request_set_shape);
	const struct wlr_cursor_shape_manager_v1_request_set_shape_event *event = data;
	if (event->device_type == WLR_CURSOR_SHAPE_MANAGER_V1_DEVICE_TYPE_POINTER &&
		cursor_may_be_set_by(cursor, event->seat_client)) {
		cursor_set_shape(cursor, wlr_cursor_shape_v1_name(event->shape));
	}
}

static struct wlr_xcursor_manager *load_theme(void)
{
	const char *name = getenv("XCURSOR_THEME"), *size = getenv("XCURSOR_SIZE");
	long size_px = size != NULL ? strtol(size, NULL, 10) : DEFAULT_SIZE_PX;
	if (size_px < 1 || size_px > 512) {
		wlr_log(WLR_ERROR, "cursor: XCURSOR_SIZE '%s' is not from 1 to 512", size);
		size_px = DEFAULT_SIZE_PX;
	}
	if (name != NULL || size != NULL) {
		wlr_log(WLR_INFO, "cursor: theme '%s', %ld pixels, from XCURSOR_THEME and _SIZE",
			name != NULL ? name : "default", size_px);
	}
	return wlr_xcursor_manager_create(name, (uint32_t)size_px);
}

bool cursor_picture_init(struct cursor *cursor)
{
	struct wlr_cursor_shape_manager_v1 *shapes = wlr_cursor_shape_manager_v1_create(
		cursor->seat->desktop->display, CURSOR_SHAPE_VERSION);
	cursor->theme = load_theme();
	if (shapes == NULL || cursor->theme == NULL) {
		return false;
	}
	listener_attach(&cursor->request_set_cursor,
		&cursor->seat->wlr_seat->events.request_set_cursor,
		cursor_handle_request_set_cursor);
	listener_attach(&cursor->request_set_shape, &shapes->events.request_set_shape,
		cursor_handle_request_set_shape);
	return true;
}

void cursor_picture_finish(struct cursor *cursor)
{
	listener_detach(&cursor->request_set_cursor);
	listener_detach(&cursor->request_set_shape);
	if (cursor->theme != NULL) {
		wlr_xcursor_manager_destroy(cursor->theme);
		cursor->theme = NULL;
	}
}
