/* SPDX-License-Identifier: MIT */
#include "screen/touch.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_touch.h>

static struct touch_point *touch_find(struct touch *touch, int32_t id)
{
	for (size_t i = 0; i < TOUCH_POINTS_MAX; i++) {
		if (touch->points[i].touch != NULL && touch->points[i].id == id) {
			return &touch->points[i];
		}
	}
	return NULL;
}

static void touch_remove(struct touch *touch, int32_t id)
{
	struct touch_point *point = touch_find(touch, id);
	if (point != NULL) {
		listener_detach(&point->unmap);
		point->touch = NULL;
	}
}

/* A drag outlives what it began on, as a menu that closes. */
static void touch_point_handle_unmap(struct wl_listener *listener, void *data)
{
	struct touch_point *point = wl_container_of(listener, point, unmap);
	struct wlr_seat *wlr_seat = point->touch->seat->wlr_seat;
	if (wlr_seat->drag != NULL) {
		listener_detach(&point->unmap);
		return;
	}
	touch_remove(point->touch, point->id);
	if (wlr_seat_touch_get_point(wlr_seat, point->id) != NULL) {
		wlr_seat_touch_notify_up(wlr_seat, seat_now_ms(), point->id);
		wlr_seat_touch_notify_frame(wlr_seat);
	}
}

static void touch_add(
	struct touch *touch, int32_t id, struct wlr_surface *surface, double x, double y)
{
	for (size_t i = 0; i < TOUCH_POINTS_MAX; i++) {
		struct touch_point *point = &touch->points[i];
		if (point->touch == NULL) {
			*point = (struct touch_point){
				.touch = touch, .id = id, .origin_x = x, .origin_y = y};
			listener_attach(
				&point->unmap, &surface->events.unmap, touch_point_handle_unmap);
			return;
		}
	}
}

static bool touch_is_full(const struct touch *touch)
{
	for (size_t i = 0; i < TOUCH_POINTS_MAX; i++) {
		if (touch->points[i].touch == NULL) {
			return false;
		}
	}
	return true;
}

static void touch_handle_down(struct wl_listener *listener, void *data)
{
	struct touch *touch = wl_container_of(listener, touch, down);
	const struct wlr_touch_down_event *event = data;
	struct seat *seat = touch->seat;
	double lx, ly, sx, sy;
	wlr_cursor_absolute_to_layout_coords(
		seat->cursor.cursor, &event->touch->base, event->x, event->y, &lx, &ly);
	struct toplevel *toplevel;
	struct wlr_surface *surface =
		desktop_surface_at(seat->desktop, lx, ly, &sx, &sy, &toplevel);
	if (surface == NULL || touch_is_full(touch) || touch_find(touch, event->touch_id) != NULL) {
		return;
	}
	if (wlr_seat_touch_notify_down(
		    seat->wlr_seat, surface, event->time_msec, event->touch_id, sx, sy) != 0) {
		touch_add(touch, event->touch_id, surface, lx - sx, ly - sy);
	}
	seat_focus_surface(seat, surface, toplevel);
}

/* A drag follows the finger over all surfaces, everything else stays where it began. */
static void touch_handle_motion(struct wl_listener *listener, void *data)
{
	struct touch *touch = wl_container_of(listener, touch, motion);
	const struct wlr_touch_motion_event *event = data;
	struct seat *seat = touch->seat;
	struct touch_point *point = touch_find(touch, event->touch_id);
	if (point == NULL || wlr_seat_touch_get_point(seat->wlr_seat, event->touch_id) == NULL) {
		return;
	}
	double lx, ly, sx, sy;
	wlr_cursor_absolute_to_layout_coords(
		seat->cursor.cursor, &event->touch->base, event->x, event->y, &lx, &ly);
	const struct wlr_drag *drag = seat->wlr_seat->drag;
	if (drag != NULL && drag->grab_type == WLR_DRAG_GRAB_KEYBOARD_TOUCH) {
		stack_move_overlay(seat->desktop, lx, ly);
		struct wlr_surface *surface =
			desktop_surface_at(seat->desktop, lx, ly, &sx, &sy, NULL);
		if (surface != NULL) {
			wlr_seat_touch_point_focus(
				seat->wlr_seat, surface, event->time_msec, event->touch_id, sx, sy);
		} else {
			wlr_seat_touch_point_clear_focus(
				seat->wlr_seat, event->time_msec, event->touch_id);
		}
	}
	wlr_seat_touch_notify_motion(seat->wlr_seat, event->time_msec, event->touch_id,
		lx - point->origin_x, ly - point->origin_y);
}

static void touch_handle_up(struct wl_listener *listener, void *data)
{
	struct touch *touch = wl_container_of(listener, touch, up);
	const struct wlr_touch_up_event *event = data;
	touch_remove(touch, event->touch_id);
	if (wlr_seat_touch_get_point(touch->seat->wlr_seat, event->touch_id) != NULL) {
		wlr_seat_touch_notify_up(touch->seat->wlr_seat, event->time_msec, event->touch_id);
	}
}

static void touch_handle_cancel(struct wl_listener *listener, void *data)
{
	struct touch *touch = wl_container_of(listener, touch, cancel);
	const struct wlr_touch_cancel_event *event = data;
	struct wlr_seat *wlr_seat = touch->seat->wlr_seat;
	touch_remove(touch, event->touch_id);
	struct wlr_touch_point *point = wlr_seat_touch_get_point(wlr_seat, event->touch_id);
	if (point != NULL) {
		wlr_seat_touch_notify_cancel(wlr_seat, point->client);
	}
}

static void touch_handle_frame(struct wl_listener *listener, void *data)
{
	struct touch *touch = wl_container_of(listener, touch, frame);
	wlr_seat_touch_notify_frame(touch->seat->wlr_seat);
}

bool touch_init(struct touch *touch, struct seat *seat)
{
	struct wlr_cursor *cursor = seat->cursor.cursor;
	touch->seat = seat;
	listener_attach(&touch->down, &cursor->events.touch_down, touch_handle_down);
	listener_attach(&touch->up, &cursor->events.touch_up, touch_handle_up);
	listener_attach(&touch->motion, &cursor->events.touch_motion, touch_handle_motion);
	listener_attach(&touch->cancel, &cursor->events.touch_cancel, touch_handle_cancel);
	listener_attach(&touch->frame, &cursor->events.touch_frame, touch_handle_frame);
	return true;
}

void touch_finish(struct touch *touch)
{
	listener_detach(&touch->down);
	listener_detach(&touch->up);
	listener_detach(&touch->motion);
	listener_detach(&touch->cancel);
	listener_detach(&touch->frame);
	for (size_t i = 0; i < TOUCH_POINTS_MAX; i++) {
		listener_detach(&touch->points[i].unmap);
	}
}
