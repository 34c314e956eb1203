/* SPDX-License-Identifier: MIT */
#include "screen/cursor_impl.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include <stdlib.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/util/log.h>

struct cursor_device *cursor_device_find(
	struct cursor *cursor, const struct wlr_input_device *device)
{
	struct cursor_device *found;
	wl_list_for_each(found, &cursor->devices, link) {
		if (found->device == device) {
			return found;
		}
	}
	return NULL;
}

void cursor_device_note_release(struct cursor_device *device, uint32_t button)
{
	for (size_t i = 0; device != NULL && i < device->pressed_len; i++) {
		if (device->pressed[i] == button) {
			device->pressed[i] = device->pressed[--device->pressed_len];
		}
	}
}

/* What finds no room here finds none in the seat either. */
void cursor_device_note_press(struct cursor_device *device, uint32_t button)
{
	cursor_device_note_release(device, button);
	if (device != NULL && device->pressed_len < WLR_POINTER_BUTTONS_CAP) {
		device->pressed[device->pressed_len++] = button;
	}
}

void cursor_device_destroy(struct cursor_device *device)
{
	listener_detach(&device->destroy);
	wl_list_remove(&device->link);
	free(device);
}

/* No one else would let go of what it held. */
static void cursor_device_handle_destroy(struct wl_listener *listener, void *data)
{
	struct cursor_device *device = wl_container_of(listener, device, destroy);
	struct cursor *cursor = device->cursor;
	for (size_t i = 0; i < device->pressed_len; i++) {
		cursor_release(cursor, seat_now_ms(), device->pressed[i]);
	}
	if (device->pressed_len > 0) {
		wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
	}
	cursor_device_destroy(device);
}

void cursor_add_pointer(
	struct cursor *cursor, struct wlr_input_device *wlr_device, struct wlr_output *output)
{
	struct cursor_device *device = calloc(1, sizeof(*device));
	if (device == NULL) {
		wlr_log(WLR_ERROR, "cursor: %s is not used: no memory", wlr_device->name);
		return;
	}
	device->cursor = cursor;
	device->device = wlr_device;
	wl_list_insert(&cursor->devices, &device->link);
	listener_attach(
		&device->destroy, &wlr_device->events.destroy, cursor_device_handle_destroy);
	wlr_cursor_attach_input_device(cursor->cursor, wlr_device);
	if (output != NULL) {
		wlr_cursor_map_input_to_output(cursor->cursor, wlr_device, output);
	}
	/* a parent's pointer may be elsewhere: it shows once it has been over the window */
	if (output == NULL) {
		cursor_appear(cursor);
	}
	cursor_refocus(cursor);
}
