/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SEAT_H
#define GESSO_SEAT_H

#include "screen/cursor.h"
#include "screen/interactive.h"
#include "screen/touch.h"
#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * The one who sits before the screen: input devices, the keyboard focus, the
 * clipboard, and drags. Fed by the backend and by virtual devices; what the
 * pointer does is in cursor.c and interactive.c, keys are in keyboard.c, fingers
 * in touch.c.
 */

struct desktop;
struct toplevel;
struct wlr_backend;
struct wlr_keyboard;
struct wlr_session;
struct xkb_keymap;

struct seat {
	struct desktop *desktop;     /* borrowed, as is the next */
	struct wlr_session *session; /* NULL but on a bare display */
	struct wlr_seat *wlr_seat;
	struct cursor cursor;
	struct interactive interactive;
	struct touch touch;
	struct toplevel *focused;  /* NULL if no window is */
	struct xkb_keymap *keymap; /* for every keyboard that brings none */
	struct wl_list keyboards;  /* keyboard.link */
	bool has_touch;

	/* private */
	struct wl_listener new_input, new_virtual_pointer;
	struct wl_listener request_set_selection, request_set_primary_selection;
	struct wl_listener request_start_drag, start_drag, pointer_grab_begin;
};

/*
 * Makes the seat, its globals, and the managers for virtual devices, which are
 * given back in `privileged` (two of them): hosts hide them from sandboxed
 * clients. False on no memory.
 */
bool seat_init(struct seat *seat, struct desktop *desktop, struct wlr_session *session,
	const struct wl_global *privileged[static 2]);
/* Call before the display is destroyed. Takes a zeroed struct too. */
void seat_finish(struct seat *seat);

/* Gives the window the keyboard, and raises it. NULL takes it from all. */
void seat_focus(struct seat *seat, struct toplevel *toplevel);
/* The window is unmapped: if it had the focus, the one that had it before gets it. */
void seat_forget(struct seat *seat, struct toplevel *toplevel);

/* Tells clients what devices there are now. */
void seat_update_capabilities(struct seat *seat);

#endif
