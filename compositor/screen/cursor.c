/* SPDX-License-Identifier: MIT */
#include "memory/each_frame.h"
#include "screen/constraint.h"
#include "screen/cursor_impl.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include "screen/toplevel.h"
#include <linux/input-event-codes.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>

bool cursor_is_held(const struct cursor *cursor)
{
	const struct wlr_seat *wlr_seat = cursor->seat->wlr_seat;
	const struct wlr_surface *surface = wlr_seat->pointer_state.focused_surface;
	return wlr_seat->pointer_state.button_count > 0 && wlr_seat->drag == NULL &&
		surface != NULL && surface->mapped;
}

static void cursor_tell_motion(struct cursor *cursor, uint32_t time_ms, double sx, double sy)
{
	struct seat *seat = cursor->seat;
	if (!constraint_is_lock(&seat->constraint)) {
		wlr_seat_pointer_notify_motion(seat->wlr_seat, time_ms, sx, sy);
		constraint_update(&seat->constraint);
	}
}

static void cursor_point(struct cursor *cursor, uint32_t time_ms)
{
	struct seat *seat = cursor->seat;
	double lx = cursor->cursor->x, ly = cursor->cursor->y;
	if (interactive_motion(&seat->interactive, lx, ly)) {
		return;
	}
	if (seat->wlr_seat->drag != NULL) {
		stack_move_overlay(seat->desktop, lx, ly);
	}
	if (cursor_is_held(cursor)) {
		cursor_tell_motion(cursor, time_ms, lx - cursor->origin_x, ly - cursor->origin_y);
		return;
	}
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(seat->desktop, lx, ly, &sx, &sy, NULL);
	if (surface == NULL) {
		cursor_set_shape(cursor, CURSOR_DEFAULT_SHAPE);
		wlr_seat_pointer_notify_clear_focus(seat->wlr_seat);
		return;
	}
	cursor->origin_x = lx - sx;
	cursor->origin_y = ly - sy;
	wlr_seat_pointer_notify_enter(seat->wlr_seat, surface, sx, sy);
	cursor_tell_motion(cursor, time_ms, sx, sy);
}

static void cursor_handle_refocus(void *data)
{
	struct cursor *cursor = data;
	cursor->refocus = NULL;
	if (!cursor->visible) {
		return;
	}
	const struct wlr_seat_pointer_state *state = &cursor->seat->wlr_seat->pointer_state;
	const struct wlr_surface *surface = state->focused_surface;
	double sx = state->sx, sy = state->sy;
	cursor_point(cursor, seat_now_ms());
	if (state->focused_surface != surface || state->sx != sx || state->sy != sy) {
		wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
	}
}

EACH_FRAME void cursor_refocus(struct cursor *cursor)
{
	if (cursor->refocus == NULL && cursor->cursor != NULL && cursor->visible) {
		struct wl_display *display = cursor->seat->desktop->display;
		cursor->refocus = wl_event_loop_add_idle(
			wl_display_get_event_loop(display), cursor_handle_refocus, cursor);
	}
}

static void cursor_handle_motion(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, motion);
	const struct wlr_pointer_motion_event *event = data;
	struct constraint_motion motion = {
		.time_ms = event->time_msec,
		.dx = event->delta_x,
		.dy = event->delta_y,
		.told_dx = event->delta_x,
		.told_dy = event->delta_y,
		.unaccel_dx = event->unaccel_dx,
		.unaccel_dy = event->unaccel_dy,
	};
	constraint_move(&cursor->seat->constraint, &motion);
	wlr_cursor_move(cursor->cursor, &event->pointer->base, motion.dx, motion.dy);
	cursor_appear(cursor);
	cursor_point(cursor, event->time_msec);
}

/* Relative motion is from where the device was, not from where the pointer is held. */
static void cursor_move_absolute(
	struct cursor *cursor, const struct wlr_pointer_motion_absolute_event *event)
{
	struct wlr_cursor *wlr_cursor = cursor->cursor;
	struct cursor_device *device = cursor_device_find(cursor, &event->pointer->base);
	double lx, ly;
	wlr_cursor_absolute_to_layout_coords(
		wlr_cursor, &event->pointer->base, event->x, event->y, &lx, &ly);
	struct constraint_motion motion = {
		.time_ms = event->time_msec,
		.absolute = true,
		.dx = lx - wlr_cursor->x,
		.dy = ly - wlr_cursor->y,
	};
	bool placed = device != NULL && device->placed;
	motion.told_dx = motion.unaccel_dx = placed ? lx - device->lx : motion.dx;
	motion.told_dy = motion.unaccel_dy = placed ? ly - device->ly : motion.dy;
	if (device != NULL) {
		device->placed = true;
		device->lx = lx;
		device->ly = ly;
	}
	constraint_move(&cursor->seat->constraint, &motion);
	if (cursor->seat->constraint.active == NULL) {
		wlr_cursor_warp_absolute(wlr_cursor, &event->pointer->base, event->x, event->y);
	} else {
		wlr_cursor_move(wlr_cursor, &event->pointer->base, motion.dx, motion.dy);
	}
}

static void cursor_handle_motion_absolute(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, motion_absolute);
	const struct wlr_pointer_motion_absolute_event *event = data;
	/* X11 tells of a pointer that is elsewhere too: it counts only while a button is held */
	bool outside = event->x < 0 || event->x > 1 || event->y < 0 || event->y > 1;
	if (outside && cursor->seat->wlr_seat->pointer_state.button_count == 0) {
		return;
	}
	cursor_appear(cursor);
	cursor_move_absolute(cursor, event);
	cursor_point(cursor, event->time_msec);
}

/* Alt and a button take the window itself. */
static bool cursor_begins_interactive(
	struct cursor *cursor, struct toplevel *toplevel, uint32_t button)
{
	struct seat *seat = cursor->seat;
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat->wlr_seat);
	if (toplevel == NULL || keyboard == NULL || cursor_is_held(cursor) ||
		!(wlr_keyboard_get_modifiers(keyboard) & WLR_MODIFIER_ALT)) {
		return false;
	}
	if (button == BTN_LEFT) {
		return interactive_begin_move(&seat->interactive, toplevel, button);
	}
	return button == BTN_RIGHT &&
		interactive_begin_resize(&seat->interactive, toplevel, button);
}

static void cursor_press(struct cursor *cursor, const struct wlr_pointer_button_event *event)
{
	struct seat *seat = cursor->seat;
	struct toplevel *toplevel = NULL;
	struct wlr_surface *surface = desktop_surface_at(
		seat->desktop, cursor->cursor->x, cursor->cursor->y, NULL, NULL, &toplevel);
	if (!cursor_begins_interactive(cursor, toplevel, event->button)) {
		/* first: it may end a popup's grab, which keeps the keyboard */
		wlr_seat_pointer_notify_button(
			seat->wlr_seat, event->time_msec, event->button, event->state);
	}
	seat_focus_surface(seat, surface, toplevel);
}

void cursor_release(struct cursor *cursor, uint32_t time_ms, uint32_t button)
{
	struct seat *seat = cursor->seat;
	if (!interactive_takes_release(&seat->interactive, button)) {
		wlr_seat_pointer_notify_button(
			seat->wlr_seat, time_ms, button, WL_POINTER_BUTTON_STATE_RELEASED);
	}
	if (seat->wlr_seat->pointer_state.button_count == 0) {
		interactive_end(&seat->interactive);
		cursor_refocus(cursor);
	}
}

static void cursor_handle_button(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, button);
	const struct wlr_pointer_button_event *event = data;
	struct cursor_device *device = cursor_device_find(cursor, &event->pointer->base);
	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED) {
		cursor_device_note_press(device, event->button);
		cursor_press(cursor, event);
	} else {
		cursor_device_note_release(device, event->button);
		cursor_release(cursor, event->time_msec, event->button);
	}
}

static void cursor_handle_axis(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, axis);
	const struct wlr_pointer_axis_event *event = data;
	struct wlr_seat_pointer_state *state = &cursor->seat->wlr_seat->pointer_state;
	if (state->sent_axis_source && state->cached_axis_source != event->source) {
		/* wlroots takes one source a frame, and forgets it only if a client is there */
		wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
		state->sent_axis_source = false;
	}
	wlr_seat_pointer_notify_axis(cursor->seat->wlr_seat, event->time_msec, event->orientation,
		event->delta, event->delta_discrete, event->source, event->relative_direction);
}

static void cursor_handle_frame(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, frame);
	wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
}

static void cursor_listen(struct cursor *cursor)
{
	struct wlr_cursor *wlr_cursor = cursor->cursor;
	listener_attach(&cursor->motion, &wlr_cursor->events.motion, cursor_handle_motion);
	listener_attach(&cursor->motion_absolute, &wlr_cursor->events.motion_absolute,
		cursor_handle_motion_absolute);
	listener_attach(&cursor->button, &wlr_cursor->events.button, cursor_handle_button);
	listener_attach(&cursor->axis, &wlr_cursor->events.axis, cursor_handle_axis);
	listener_attach(&cursor->frame, &wlr_cursor->events.frame, cursor_handle_frame);
}

bool cursor_init(struct cursor *cursor, struct seat *seat)
{
	cursor->seat = seat;
	wl_list_init(&cursor->devices);
	cursor->cursor = wlr_cursor_create();
	if (cursor->cursor == NULL || !cursor_picture_init(cursor)) {
		return false;
	}
	wlr_cursor_attach_output_layout(cursor->cursor, seat->desktop->layout);
	cursor_listen(cursor);
	return true;
}

void cursor_finish(struct cursor *cursor)
{
	listener_detach(&cursor->motion);
	listener_detach(&cursor->motion_absolute);
	listener_detach(&cursor->button);
	listener_detach(&cursor->axis);
	listener_detach(&cursor->frame);
	struct cursor_device *device, *tmp;
	if (cursor->seat != NULL) {
		wl_list_for_each_safe(device, tmp, &cursor->devices, link) {
			cursor_device_destroy(device);
		}
	}
	if (cursor->refocus != NULL) {
		wl_event_source_remove(cursor->refocus);
		cursor->refocus = NULL;
	}
	cursor_picture_finish(cursor);
	if (cursor->cursor != NULL) {
		wlr_cursor_destroy(cursor->cursor);
		cursor->cursor = NULL;
	}
}
