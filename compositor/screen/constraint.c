/* SPDX-License-Identifier: MIT */
#include "screen/constraint.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include <math.h>
#include <pixman.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>
#include <wlr/types/wlr_relative_pointer_v1.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/util/region.h>

static bool is_locked(const struct wlr_pointer_constraint_v1 *wlr_constraint)
{
	return wlr_constraint->type == WLR_POINTER_CONSTRAINT_V1_LOCKED;
}

static bool holds_pointer(const struct wlr_pointer_constraint_v1 *wlr_constraint)
{
	const struct wlr_seat_pointer_state *state = &wlr_constraint->seat->pointer_state;
	return state->focused_surface == wlr_constraint->surface &&
		pixman_region32_contains_point(&wlr_constraint->region, (int)floor(state->sx),
			(int)floor(state->sy), NULL);
}

/* The window, not only the surface: a game's lock may be on a subsurface. */
static bool has_keyboard(struct wlr_seat *wlr_seat, struct wlr_surface *surface)
{
	struct wlr_surface *focused = wlr_seat->keyboard_state.focused_surface;
	return focused != NULL &&
		wlr_surface_get_root_surface(focused) == wlr_surface_get_root_surface(surface);
}

static bool may_stay(
	const struct constraint *constraint, const struct wlr_pointer_constraint_v1 *wlr_constraint)
{
	struct wlr_seat *wlr_seat = constraint->seat->wlr_seat;
	struct wlr_surface *surface = wlr_constraint->surface;
	if (wlr_seat->drag != NULL || wlr_seat->pointer_state.focused_surface != surface ||
		!has_keyboard(wlr_seat, surface)) {
		return false;
	}
	return is_locked(wlr_constraint) || holds_pointer(wlr_constraint);
}

/* To where the client has drawn its own cursor meanwhile. */
static void follow_hint(
	struct constraint *constraint, const struct wlr_pointer_constraint_v1 *wlr_constraint)
{
	struct cursor *cursor = &constraint->seat->cursor;
	double sx = wlr_constraint->current.cursor_hint.x;
	double sy = wlr_constraint->current.cursor_hint.y;
	struct wlr_seat *wlr_seat = constraint->seat->wlr_seat;
	if (!is_locked(wlr_constraint) || !wlr_constraint->current.cursor_hint.enabled ||
		wlr_seat->pointer_state.focused_surface != wlr_constraint->surface ||
		!wlr_surface_point_accepts_input(wlr_constraint->surface, sx, sy)) {
		return;
	}
	if (wlr_cursor_warp(cursor->cursor, NULL, cursor->origin_x + sx, cursor->origin_y + sy)) {
		wlr_seat_pointer_warp(wlr_seat, sx, sy);
	}
	cursor_refocus(cursor);
}

/* Forgotten first: letting go of it can destroy it, and moves the pointer. */
static struct wlr_pointer_constraint_v1 *take_active(struct constraint *constraint)
{
	struct wlr_pointer_constraint_v1 *active = constraint->active;
	constraint->active = NULL;
	listener_detach(&constraint->active_destroy);
	follow_hint(constraint, active);
	return active;
}

static void constraint_handle_active_destroy(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, active_destroy);
	take_active(constraint);
}

void constraint_update(struct constraint *constraint)
{
	struct wlr_seat *wlr_seat = constraint->seat->wlr_seat;
	if (constraint->active != NULL && !may_stay(constraint, constraint->active)) {
		wlr_pointer_constraint_v1_send_deactivated(take_active(constraint));
	}
	struct wlr_surface *surface = wlr_seat->pointer_state.focused_surface;
	if (constraint->active != NULL || surface == NULL) {
		return;
	}
	struct wlr_pointer_constraint_v1 *wanted =
		wlr_pointer_constraints_v1_constraint_for_surface(
			constraint->manager, surface, wlr_seat);
	if (wanted != NULL && may_stay(constraint, wanted) && holds_pointer(wanted)) {
		constraint->active = wanted;
		listener_attach(&constraint->active_destroy, &wanted->events.destroy,
			constraint_handle_active_destroy);
		wlr_pointer_constraint_v1_send_activated(wanted);
	}
}

void constraint_move(struct constraint *constraint, struct constraint_motion *motion)
{
	struct wlr_seat *wlr_seat = constraint->seat->wlr_seat;
	constraint_update(constraint);
	if (constraint->active != NULL || !motion->absolute) {
		wlr_relative_pointer_manager_v1_send_relative_motion(constraint->relative, wlr_seat,
			(uint64_t)motion->time_ms * 1000, motion->told_dx, motion->told_dy,
			motion->unaccel_dx, motion->unaccel_dy);
	}
	if (constraint->active == NULL) {
		return;
	}
	double sx = wlr_seat->pointer_state.sx, sy = wlr_seat->pointer_state.sy;
	double to_x = sx, to_y = sy;
	if (!is_locked(constraint->active)) {
		wlr_region_confine(&constraint->active->region, sx, sy, sx + motion->dx,
			sy + motion->dy, &to_x, &to_y);
	}
	motion->dx = to_x - sx;
	motion->dy = to_y - sy;
}

bool constraint_is_lock(const struct constraint *constraint)
{
	return constraint->active != NULL && is_locked(constraint->active);
}

/* wlroots counts the region that came with the request from the next commit on only. */
static void constraint_handle_new_constraint(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, new_constraint);
	struct wlr_pointer_constraint_v1 *created = data;
	if (pixman_region32_not_empty(&created->pending.region)) {
		pixman_region32_intersect(
			&created->region, &created->region, &created->pending.region);
	}
	constraint_update(constraint);
}

static void constraint_handle_pointer_focus(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, pointer_focus);
	constraint_update(constraint);
}

static void constraint_handle_keyboard_focus(struct wl_listener *listener, void *data)
{
	struct constraint *constraint = wl_container_of(listener, constraint, keyboard_focus);
	constraint_update(constraint);
}

bool constraint_init(struct constraint *constraint, struct seat *seat)
{
	struct wl_display *display = seat->wlr_seat->display;
	constraint->seat = seat;
	constraint->manager = wlr_pointer_constraints_v1_create(display);
	constraint->relative = wlr_relative_pointer_manager_v1_create(display);
	if (constraint->manager == NULL || constraint->relative == NULL) {
		return false;
	}
	listener_attach(&constraint->new_constraint, &constraint->manager->events.new_constraint,
		constraint_handle_new_constraint);
	listener_attach(&constraint->pointer_focus,
		&seat->wlr_seat->pointer_state.events.focus_change,
		constraint_handle_pointer_focus);
	listener_attach(&constraint->keyboard_focus,
		&seat->wlr_seat->keyboard_state.events.focus_change,
		constraint_handle_keyboard_focus);
	return true;
}

void constraint_finish(struct constraint *constraint)
{
	listener_detach(&constraint->new_constraint);
	listener_detach(&constraint->active_destroy);
	listener_detach(&constraint->pointer_focus);
	listener_detach(&constraint->keyboard_focus);
}
