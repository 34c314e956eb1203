/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SEAT_H
#define GESSO_SEAT_H

#include "guards/virtual_pointer.h"
#include "screen/constraint.h"
#include "screen/cursor.h"
#include "screen/interactive.h"
#include "screen/touch.h"
#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * The one who sits before the screen: input devices, the keyboard focus, the
 * clipboard, and drags. Fed by the backend and by virtual devices; what the
 * pointer does is in cursor.c, constraint.c and interactive.c, keys are in keyboard.c, fingers
 * in touch.c.
 */

struct desktop;
struct layer;
struct toplevel;
struct wlr_backend;
struct wlr_keyboard;
struct wlr_session;
struct wlr_surface;
struct xkb_keymap;

struct seat {
	struct desktop *desktop;     /* borrowed, as is the next */
	struct wlr_session *session; /* NULL but on a bare display */
	struct wlr_seat *wlr_seat;
	struct cursor cursor;
	struct constraint constraint;
	struct interactive interactive;
	struct touch touch;
	struct toplevel *focused;  /* NULL if no window is */
	struct layer *layer;       /* the layer surface that has the keyboard; may be NULL */
	struct xkb_keymap *keymap; /* of all keyboards; NULL before the first */
	struct wl_list keyboards;  /* keyboard.link */
	struct virtual_pointers virtual_pointers;
	bool has_touch;

	/* private */
	struct wl_listener new_input;
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

/*
 * Gives the window the keyboard, unless a layer surface holds it, shows and raises it.
 * NULL takes it from all windows.
 */
void seat_focus(struct seat *seat, struct toplevel *toplevel);
/* The window is unmapped: if it had the focus, the one that had it before gets it. */
void seat_forget(struct seat *seat, struct toplevel *toplevel);

/* Hides the window until it gets the focus again, or gives it that. */
void seat_set_minimized(struct seat *seat, struct toplevel *toplevel, bool minimized);

/* What was pressed or touched; `toplevel` is the surface's, or NULL. Both may be. */
void seat_focus_surface(struct seat *seat, struct wlr_surface *surface, struct toplevel *toplevel);
/* A layer surface is clicked, or new: it gets the keyboard, if it may and wants it. */
void seat_focus_layer(struct seat *seat, struct layer *layer);
/* It changed what it wants, or is unmapped. */
void seat_update_layer(struct seat *seat, struct layer *layer);
void seat_forget_layer(struct seat *seat, struct layer *layer);

/* Now, as events count it: for those that no device sent. */
uint32_t seat_now_ms(void);

/* Tells clients what devices there are now. */
void seat_update_capabilities(struct seat *seat);

#endif
