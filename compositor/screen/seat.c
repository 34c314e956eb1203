/* SPDX-License-Identifier: MIT */
#include "screen/seat.h"
#include "guards/drag.h"
#include "guards/virtual_keyboard.h"
#include "memory/clock.h"
#include "screen/desktop.h"
#include "screen/keyboard.h"
#include "screen/listener.h"
#include "screen/output.h"
#include "screen/popup.h"
#include "screen/stack.h"
#include <string.h>
#include <wlr/backend.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_primary_selection.h>
#include <wlr/types/wlr_primary_selection_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_touch.h>
#include <xkbcommon/xkbcommon.h>

uint32_t seat_now_ms(void)
{
	return (uint32_t)clock_now_ms();
}

void seat_update_capabilities(struct seat *seat)
{
	/* the cursor is always there, so that a pointer may come and go unnoticed */
	uint32_t capabilities = WL_SEAT_CAPABILITY_POINTER;
	if (!wl_list_empty(&seat->keyboards)) {
		capabilities |= WL_SEAT_CAPABILITY_KEYBOARD;
	}
	if (seat->has_touch) {
		capabilities |= WL_SEAT_CAPABILITY_TOUCH;
	}
	wlr_seat_set_capabilities(seat->wlr_seat, capabilities);
}

/* A nested backend has one pointer per window, and names the window. */
static struct wlr_output *output_by_name(struct seat *seat, const char *name)
{
	struct output *output;
	wl_list_for_each(output, &seat->desktop->outputs, link) {
		if (name != NULL && strcmp(output->wlr_output->name, name) == 0) {
			return output->wlr_output;
		}
	}
	return NULL;
}

static void seat_handle_new_input(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, new_input);
	struct wlr_input_device *device = data;
	switch (device->type) {
	case WLR_INPUT_DEVICE_KEYBOARD:
		keyboard_create(seat, wlr_keyboard_from_input_device(device));
		break;
	case WLR_INPUT_DEVICE_POINTER:
		cursor_add_pointer(&seat->cursor, device,
			output_by_name(seat, wlr_pointer_from_input_device(device)->output_name));
		break;
	case WLR_INPUT_DEVICE_TOUCH:
		seat->has_touch = true;
		wlr_cursor_attach_input_device(seat->cursor.cursor, device);
		wlr_cursor_map_input_to_output(seat->cursor.cursor, device,
			output_by_name(seat, wlr_touch_from_input_device(device)->output_name));
		seat_update_capabilities(seat);
		break;
	default:
		break;
	}
}

static void seat_handle_request_set_selection(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, request_set_selection);
	const struct wlr_seat_request_set_selection_event *event = data;
	wlr_seat_set_selection(seat->wlr_seat, event->source, event->serial);
}

static void seat_handle_request_set_primary_selection(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, request_set_primary_selection);
	const struct wlr_seat_request_set_primary_selection_event *event = data;
	wlr_seat_set_primary_selection(seat->wlr_seat, event->source, event->serial);
}

static void seat_handle_request_start_drag(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, request_start_drag);
	const struct wlr_seat_request_start_drag_event *event = data;
	struct wlr_touch_point *point;
	if (wlr_seat_validate_pointer_grab_serial(seat->wlr_seat, event->origin, event->serial)) {
		wlr_seat_start_pointer_drag(seat->wlr_seat, event->drag, event->serial);
	} else if (wlr_seat_validate_touch_grab_serial(
			   seat->wlr_seat, event->origin, event->serial, &point)) {
		wlr_seat_start_touch_drag(seat->wlr_seat, event->drag, event->serial, point);
	} else {
		drag_refuse(event->drag);
	}
}

static void seat_handle_start_drag(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, start_drag);
	struct wlr_drag *drag = data;
	const struct wlr_cursor *cursor = seat->cursor.cursor;
	struct wlr_scene_tree *overlay =
		drag->icon != NULL ? stack_overlay(seat->desktop, cursor->x, cursor->y) : NULL;
	if (overlay != NULL) {
		wlr_scene_drag_icon_create(overlay, drag->icon);
	}
}

static void seat_handle_pointer_grab_begin(struct wl_listener *listener, void *data)
{
	struct seat *seat = wl_container_of(listener, seat, pointer_grab_begin);
	popup_mend_grab(seat->desktop, data);
}

static void seat_listen(struct seat *seat)
{
	struct wlr_seat *wlr_seat = seat->wlr_seat;
	listener_attach(
		&seat->new_input, &seat->desktop->backend->events.new_input, seat_handle_new_input);
	listener_attach(&seat->request_set_selection, &wlr_seat->events.request_set_selection,
		seat_handle_request_set_selection);
	listener_attach(&seat->request_set_primary_selection,
		&wlr_seat->events.request_set_primary_selection,
		seat_handle_request_set_primary_selection);
	listener_attach(&seat->request_start_drag, &wlr_seat->events.request_start_drag,
		seat_handle_request_start_drag);
	listener_attach(&seat->pointer_grab_begin, &wlr_seat->events.pointer_grab_begin,
		seat_handle_pointer_grab_begin);
	listener_attach(&seat->start_drag, &wlr_seat->events.start_drag, seat_handle_start_drag);
}

static bool init_virtual_devices(struct seat *seat, const struct wl_global *privileged[static 2])
{
	struct wl_display *display = seat->desktop->display;
	privileged[0] = virtual_pointers_init(&seat->virtual_pointers, display, seat);
	privileged[1] = virtual_keyboard_create_global(display, seat);
	return privileged[0] != NULL && privileged[1] != NULL;
}

bool seat_init(struct seat *seat, struct desktop *desktop, struct wlr_session *session,
	const struct wl_global *privileged[static 2])
{
	seat->desktop = desktop;
	seat->session = session;
	wl_list_init(&seat->keyboards);
	seat->interactive.seat = seat;
	seat->wlr_seat = wlr_seat_create(desktop->display, "seat0");
	if (seat->wlr_seat == NULL || wlr_data_device_manager_create(desktop->display) == NULL ||
		wlr_primary_selection_v1_device_manager_create(desktop->display) == NULL) {
		return false;
	}
	seat_listen(seat);
	seat_update_capabilities(seat);
	return cursor_init(&seat->cursor, seat) && constraint_init(&seat->constraint, seat) &&
		touch_init(&seat->touch, seat) && init_virtual_devices(seat, privileged);
}

void seat_finish(struct seat *seat)
{
	listener_detach(&seat->new_input);
	virtual_pointers_finish(&seat->virtual_pointers);
	listener_detach(&seat->request_set_selection);
	listener_detach(&seat->request_set_primary_selection);
	listener_detach(&seat->request_start_drag);
	listener_detach(&seat->start_drag);
	listener_detach(&seat->pointer_grab_begin);
	touch_finish(&seat->touch);
	constraint_finish(&seat->constraint);
	cursor_finish(&seat->cursor);
	xkb_keymap_unref(seat->keymap);
	seat->keymap = NULL;
}
