/* SPDX-License-Identifier: MIT */
#include "connection.h"
#include "seat.h"
#include "window.h"
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>
#include <wayland-cursor.h>

#define SCROLL_FACTOR 4.0
#define ZOOM_PER_UNIT 0.985

/* The theme is loaded when the pointer first comes: it costs memory. */
static struct wl_cursor *find_cursor(struct seat *seat)
{
	const char *size = getenv("XCURSOR_SIZE");
	struct wl_shm *shm = seat->connection->shm;
	if (!seat->cursor_theme && shm)
		seat->cursor_theme = wl_cursor_theme_load(
			getenv("XCURSOR_THEME"), size && atoi(size) > 0 ? atoi(size) : 24, shm);
	if (!seat->cursor_theme)
		return NULL;
	struct wl_cursor *cursor = wl_cursor_theme_get_cursor(seat->cursor_theme, "grab");
	return cursor ? cursor : wl_cursor_theme_get_cursor(seat->cursor_theme, "left_ptr");
}

static void set_cursor(struct seat *seat, uint32_t serial)
{
	struct wl_cursor *cursor = find_cursor(seat);
	if (!cursor)
		return;
	struct wl_cursor_image *image = cursor->images[0];
	if (!seat->cursor_surface)
		seat->cursor_surface = wl_compositor_create_surface(seat->connection->compositor);
	wl_surface_attach(seat->cursor_surface, wl_cursor_image_get_buffer(image), 0, 0);
	wl_surface_damage_buffer(seat->cursor_surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(seat->cursor_surface);
	wl_pointer_set_cursor(seat->pointer, serial, seat->cursor_surface,
		(int32_t)image->hotspot_x, (int32_t)image->hotspot_y);
}

static void pointer_handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = data;
	seat->pointer_focus = seat_find_window(seat, surface);
	seat->x = wl_fixed_to_double(x);
	seat->y = wl_fixed_to_double(y);
	set_cursor(seat, serial);
}

static void pointer_handle_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface)
{
	struct seat *seat = data;
	seat->pointer_focus = NULL;
	seat->dragging = false;
}

static void pointer_handle_motion(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = data;
	struct window *window = seat->pointer_focus;
	double dx = seat->x - wl_fixed_to_double(x), dy = seat->y - wl_fixed_to_double(y);
	if (!window || !seat->dragging) {
		seat->x -= dx;
		seat->y -= dy;
		return;
	}
	/* the view moves by whole units: what is left over waits for the next motion */
	double whole_dx = trunc(dx), whole_dy = trunc(dy);
	seat->x -= whole_dx;
	seat->y -= whole_dy;
	if (view_scroll_by(&window->view, whole_dx, whole_dy))
		window->dirty = true;
}

static void pointer_handle_button(void *data, struct wl_pointer *pointer, uint32_t serial,
	uint32_t time_ms, uint32_t button, uint32_t button_state)
{
	struct seat *seat = data;
	if (button == BTN_LEFT)
		seat->dragging = button_state == WL_POINTER_BUTTON_STATE_PRESSED;
}

static bool control_is_held(const struct seat *seat)
{
	return seat->state &&
		xkb_state_mod_name_is_active(
			seat->state, XKB_MOD_NAME_CTRL, XKB_STATE_MODS_EFFECTIVE) > 0;
}

static void pointer_handle_axis(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis, wl_fixed_t value)
{
	struct seat *seat = data;
	struct window *window = seat->pointer_focus;
	double amount = wl_fixed_to_double(value);
	if (!window)
		return;
	if (control_is_held(seat))
		window->dirty |=
			view_zoom_at(&window->view, pow(ZOOM_PER_UNIT, amount), seat->x, seat->y);
	else if (axis == WL_POINTER_AXIS_VERTICAL_SCROLL)
		window->dirty |= view_scroll_by(&window->view, 0, amount * SCROLL_FACTOR);
	else
		window->dirty |= view_scroll_by(&window->view, amount * SCROLL_FACTOR, 0);
}

static void pointer_handle_frame(void *data, struct wl_pointer *pointer)
{
}

static void pointer_handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
}

static void pointer_handle_axis_stop(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis)
{
}

static void pointer_handle_axis_discrete(
	void *data, struct wl_pointer *pointer, uint32_t axis, int32_t discrete)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_handle_enter,
	.leave = pointer_handle_leave,
	.motion = pointer_handle_motion,
	.button = pointer_handle_button,
	.axis = pointer_handle_axis,
	.frame = pointer_handle_frame,
	.axis_source = pointer_handle_axis_source,
	.axis_stop = pointer_handle_axis_stop,
	.axis_discrete = pointer_handle_axis_discrete,
};

void pointer_set(struct seat *seat, bool present)
{
	if (present == (seat->pointer != NULL))
		return;
	if (present) {
		seat->pointer = wl_seat_get_pointer(seat->seat);
		wl_pointer_add_listener(seat->pointer, &pointer_listener, seat);
		return;
	}
	wl_pointer_destroy(seat->pointer);
	if (seat->cursor_surface)
		wl_surface_destroy(seat->cursor_surface);
	if (seat->cursor_theme)
		wl_cursor_theme_destroy(seat->cursor_theme);
	seat->pointer = NULL;
	seat->cursor_surface = NULL;
	seat->cursor_theme = NULL;
	seat->pointer_focus = NULL;
	seat->dragging = false;
}
