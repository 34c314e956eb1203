/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CURSOR_H
#define GESSO_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_seat.h>

/*
 * The pointer: its picture (cursor_picture.c), which surface it is over, and its
 * buttons. Fed by every pointer device (cursor_device.c) through one wlr_cursor, within
 * what constraint.c leaves of a motion; feeds the wlr_seat, and hands motion to
 * interactive.c while a window is moved or resized.
 *
 * While a button is held the surface that it was pressed on keeps the pointer. A
 * device that goes lets go of its buttons.
 */

struct seat;
struct wlr_input_device;
struct wlr_output;

/* One pointer device, and what it holds pressed. */
struct cursor_device {
	struct wl_list link; /* cursor.devices */
	struct cursor *cursor;
	const struct wlr_input_device *device;
	uint32_t pressed[WLR_POINTER_BUTTONS_CAP];
	size_t pressed_len;
	/* Where in the layout an absolute device was last, wherever the pointer is. */
	bool placed;
	double lx, ly;
	struct wl_listener destroy;
};

struct cursor {
	struct seat *seat;
	struct wlr_cursor *cursor;
	struct wlr_xcursor_manager *theme;
	struct wl_list devices; /* cursor_device.link */
	bool visible;           /* a pointer has been there: until then no picture is drawn */
	/* Where in the layout the focused surface's corner was when last entered. */
	double origin_x, origin_y;

	/* private */
	struct wl_event_source *refocus; /* NULL if none is due */
	struct wl_listener motion, motion_absolute, button, axis, frame;
	struct wl_listener request_set_cursor, request_set_shape;
};

bool cursor_init(struct cursor *cursor, struct seat *seat);
/* Takes a zeroed struct too. */
void cursor_finish(struct cursor *cursor);

/* `output` is what absolute positions are relative to; NULL: the whole layout. */
void cursor_add_pointer(
	struct cursor *cursor, struct wlr_input_device *device, struct wlr_output *output);

/* Something moved under the pointer: finds what is there now, once the loop is idle. */
void cursor_refocus(struct cursor *cursor);

/* For a renderer made anew: the picture is the theme's until the client sets its own again. */
void cursor_renew(struct cursor *cursor);

/* Shows a picture of the theme, by its name there. */
void cursor_set_shape(struct cursor *cursor, const char *name);

#endif
