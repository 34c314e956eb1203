/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_SEAT_H
#define GESSO_DEMO_SEAT_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>
#include <xkbcommon/xkbcommon.h>

/* Keyboard and pointer: they scroll and zoom the view of the window they are on. */

struct connection;
struct window;

struct seat {
	struct connection *connection;
	struct wl_seat *seat;
	bool quit; /* q was pressed */

	/* keyboard.c */
	struct wl_keyboard *keyboard;
	struct xkb_context *xkb_context;
	struct xkb_keymap *keymap;
	struct xkb_state *state;
	struct window *keyboard_focus; /* or NULL */
	uint32_t repeat_key;           /* evdev code of the key held; 0 for none */
	int repeat_delay_ms, repeat_period_ms;
	int64_t repeat_ns; /* when it is due */

	/* pointer.c */
	struct wl_pointer *pointer;
	struct window *pointer_focus; /* or NULL */
	double x, y;                  /* window units */
	bool dragging;
	struct wl_cursor_theme *cursor_theme;
	struct wl_surface *cursor_surface;
};

/* Takes `wl_seat`. NULL on no memory. */
struct seat *seat_create(struct connection *connection, struct wl_seat *wl_seat);
/* Takes NULL. */
void seat_destroy(struct seat *seat);
/* To be called before a window goes. Takes NULL. */
void seat_forget_window(struct seat *seat, const struct window *window);

/* Key repeat: when it is due (CLOCK_NEVER), and doing it. Take NULL. */
int64_t seat_next_repeat_ns(const struct seat *seat);
void seat_repeat(struct seat *seat);

/* The window that `surface` belongs to, or NULL. */
struct window *seat_find_window(const struct seat *seat, const struct wl_surface *surface);

void keyboard_set(struct seat *seat, bool present);
void pointer_set(struct seat *seat, bool present);

#endif
