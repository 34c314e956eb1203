/* SPDX-License-Identifier: MIT */
#include "screen/cursor.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <time.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_cursor_shape_v1.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/util/log.h>

#define CURSOR_SHAPE_VERSION 1
#define DEFAULT_SIZE_PX 24
#define DEFAULT_SHAPE "default"

static struct cursor_pointer *cursor_pointer_find(
	struct cursor *cursor, const struct wlr_input_device *device)
{
	struct cursor_pointer *pointer;
	wl_list_for_each(pointer, &cursor->pointers, link) {
		if (pointer->device == device) {
			return pointer;
		}
	}
	return NULL;
}

static void cursor_pointer_note_release(struct cursor_pointer *pointer, uint32_t button)
{
	for (size_t i = 0; pointer != NULL && i < pointer->pressed_len; i++) {
		if (pointer->pressed[i] == button) {
			pointer->pressed[i] = pointer->pressed[--pointer->pressed_len];
		}
	}
}

/* What finds no room here finds none in the seat either. */
static void cursor_pointer_note_press(struct cursor_pointer *pointer, uint32_t button)
{
	cursor_pointer_note_release(pointer, button);
	if (pointer != NULL && pointer->pressed_len < WLR_POINTER_BUTTONS_CAP) {
		pointer->pressed[pointer->pressed_len++] = button;
	}
}

static void cursor_pointer_destroy(struct cursor_pointer *pointer)
{
	listener_detach(&pointer->destroy);
	wl_list_remove(&pointer->link);
	free(pointer);
}

static uint32_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void cursor_set_shape(struct cursor *cursor, const char *name)
{
	if (cursor->visible) {
		wlr_cursor_set_xcursor(cursor->cursor, cursor->theme, name);
	}
}

static void cursor_appear(struct cursor *cursor)
{
	if (!cursor->visible) {
		cursor->visible = true;
		cursor_set_shape(cursor, DEFAULT_SHAPE);
	}
}

/* Whether the surface that a button was pressed on still has the pointer to itself. */
static bool cursor_is_held(const struct cursor *cursor)
{
	const struct wlr_seat *wlr_seat = cursor->seat->wlr_seat;
	const struct wlr_surface *surface = wlr_seat->pointer_state.focused_surface;
	return wlr_seat->pointer_state.button_count > 0 && wlr_seat->drag == NULL &&
		surface != NULL && surface->mapped;
}

static void cursor_point(struct cursor *cursor, uint32_t time_ms)
{
	struct seat *seat = cursor->seat;
	double lx = cursor->cursor->x, ly = cursor->cursor->y;
	if (interactive_motion(&seat->interactive, lx, ly)) {
		return;
	}
	if (seat->wlr_seat->drag != NULL) {
		wlr_scene_node_set_position(&seat->desktop->overlay->node, (int)lx, (int)ly);
	}
	if (cursor_is_held(cursor)) {
		wlr_seat_pointer_notify_motion(
			seat->wlr_seat, time_ms, lx - cursor->origin_x, ly - cursor->origin_y);
		return;
	}
	double sx, sy;
	struct wlr_surface *surface = desktop_surface_at(seat->desktop, lx, ly, &sx, &sy, NULL);
	if (surface == NULL) {
		cursor_set_shape(cursor, DEFAULT_SHAPE);
		wlr_seat_pointer_notify_clear_focus(seat->wlr_seat);
		return;
	}
	cursor->origin_x = lx - sx;
	cursor->origin_y = ly - sy;
	wlr_seat_pointer_notify_enter(seat->wlr_seat, surface, sx, sy);
	wlr_seat_pointer_notify_motion(seat->wlr_seat, time_ms, sx, sy);
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
	cursor_point(cursor, now_ms());
	if (state->focused_surface != surface || state->sx != sx || state->sy != sy) {
		wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
	}
}

void cursor_refocus(struct cursor *cursor)
{
	if (cursor->refocus == NULL && cursor->cursor != NULL && cursor->visible) {
		struct wl_display *display = cursor->seat->desktop->display;
		cursor->refocus = wl_event_loop_add_idle(
			wl_display_get_event_loop(display), cursor_handle_refocus, cursor);
	}
}

void cursor_renew(struct cursor *cursor)
{
	if (!cursor->visible) {
		return;
	}
	wlr_cursor_unset_image(cursor->cursor);
	cursor_set_shape(cursor, DEFAULT_SHAPE);
	if (!cursor_is_held(cursor)) {
		wlr_seat_pointer_notify_clear_focus(cursor->seat->wlr_seat);
		cursor_refocus(cursor);
	}
}

static void cursor_handle_motion(struct wl_listener *listener, void *data)
{
	struct cursor *cursor = wl_container_of(listener, cursor, motion);
	const struct wlr_pointer_motion_event *event = data;
	wlr_cursor_move(cursor->cursor, &event->pointer->base, event->delta_x, event->delta_y);
	cursor_appear(cursor);
	cursor_point(cursor, event->time_msec);
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
	wlr_cursor_warp_absolute(cursor->cursor, &event->pointer->base, event->x, event->y);
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
	desktop_surface_at(
		seat->desktop, cursor->cursor->x, cursor->cursor->y, NULL, NULL, &toplevel);
	if (!cursor_begins_interactive(cursor, toplevel, event->button)) {
		/* first: it may end a popup's grab, which keeps the keyboard */
		wlr_seat_pointer_notify_button(
			seat->wlr_seat, event->time_msec, event->button, event->state);
	}
	if (toplevel != NULL) {
		seat_focus(seat, toplevel);
	}
}

static void cursor_release(struct cursor *cursor, uint32_t time_ms, uint32_t button)
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
	struct cursor_pointer *pointer = cursor_pointer_find(cursor, &event->pointer->base);
	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED) {
		cursor_pointer_note_press(pointer, event->button);
		cursor_press(cursor, event);
	} else {
		cursor_pointer_note_release(pointer, event->button);
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

static void cursor_listen(struct cursor *cursor, struct wlr_cursor_shape_manager_v1 *shapes)
{
	struct wlr_cursor *wlr_cursor = cursor->cursor;
	listener_attach(&cursor->motion, &wlr_cursor->events.motion, cursor_handle_motion);
	listener_attach(&cursor->motion_absolute, &wlr_cursor->events.motion_absolute,
		cursor_handle_motion_absolute);
	listener_attach(&cursor->button, &wlr_cursor->events.button, cursor_handle_button);
	listener_attach(&cursor->axis, &wlr_cursor->events.axis, cursor_handle_axis);
	listener_attach(&cursor->frame, &wlr_cursor->events.frame, cursor_handle_frame);
	listener_attach(&cursor->request_set_cursor,
		&cursor->seat->wlr_seat->events.request_set_cursor,
		cursor_handle_request_set_cursor);
	listener_attach(&cursor->request_set_shape, &shapes->events.request_set_shape,
		cursor_handle_request_set_shape);
}

bool cursor_init(struct cursor *cursor, struct seat *seat)
{
	struct wl_display *display = seat->desktop->display;
	cursor->seat = seat;
	wl_list_init(&cursor->pointers);
	cursor->cursor = wlr_cursor_create();
	cursor->theme = load_theme();
	struct wlr_cursor_shape_manager_v1 *shapes =
		wlr_cursor_shape_manager_v1_create(display, CURSOR_SHAPE_VERSION);
	if (cursor->cursor == NULL || cursor->theme == NULL || shapes == NULL) {
		return false;
	}
	wlr_cursor_attach_output_layout(cursor->cursor, seat->desktop->layout);
	cursor_listen(cursor, shapes);
	return true;
}

void cursor_finish(struct cursor *cursor)
{
	listener_detach(&cursor->motion);
	listener_detach(&cursor->motion_absolute);
	listener_detach(&cursor->button);
	listener_detach(&cursor->axis);
	listener_detach(&cursor->frame);
	listener_detach(&cursor->request_set_cursor);
	listener_detach(&cursor->request_set_shape);
	struct cursor_pointer *pointer, *tmp;
	if (cursor->seat != NULL) {
		wl_list_for_each_safe(pointer, tmp, &cursor->pointers, link) {
			cursor_pointer_destroy(pointer);
		}
	}
	if (cursor->refocus != NULL) {
		wl_event_source_remove(cursor->refocus);
		cursor->refocus = NULL;
	}
	if (cursor->theme != NULL) {
		wlr_xcursor_manager_destroy(cursor->theme);
	}
	if (cursor->cursor != NULL) {
		wlr_cursor_destroy(cursor->cursor);
		cursor->cursor = NULL;
	}
}

/* No one else would let go of what it held. */
static void cursor_pointer_handle_destroy(struct wl_listener *listener, void *data)
{
	struct cursor_pointer *pointer = wl_container_of(listener, pointer, destroy);
	struct cursor *cursor = pointer->cursor;
	for (size_t i = 0; i < pointer->pressed_len; i++) {
		cursor_release(cursor, now_ms(), pointer->pressed[i]);
	}
	if (pointer->pressed_len > 0) {
		wlr_seat_pointer_notify_frame(cursor->seat->wlr_seat);
	}
	cursor_pointer_destroy(pointer);
}

void cursor_add_pointer(
	struct cursor *cursor, struct wlr_input_device *device, struct wlr_output *output)
{
	struct cursor_pointer *pointer = calloc(1, sizeof(*pointer));
	if (pointer == NULL) {
		wlr_log(WLR_ERROR, "cursor: %s is not used: no memory", device->name);
		return;
	}
	pointer->cursor = cursor;
	pointer->device = device;
	wl_list_insert(&cursor->pointers, &pointer->link);
	listener_attach(&pointer->destroy, &device->events.destroy, cursor_pointer_handle_destroy);
	wlr_cursor_attach_input_device(cursor->cursor, device);
	if (output != NULL) {
		wlr_cursor_map_input_to_output(cursor->cursor, device, output);
	}
	/* a parent's pointer may be elsewhere: it shows once it has been over the window */
	if (output == NULL) {
		cursor_appear(cursor);
	}
	cursor_refocus(cursor);
}
