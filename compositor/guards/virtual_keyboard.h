/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_VIRTUAL_KEYBOARD_H
#define SCREEN_VIRTUAL_KEYBOARD_H

#include <wayland-server-core.h>

/*
 * virtual-keyboard-unstable-v1: keyboards that clients play. wlroots' own maps the
 * keymap's descriptor and reads on to the end of the text, which a client can leave out,
 * or past the file's end: this one copies it first.
 */

struct seat;

/* Goes with the display. NULL if there is no memory. */
struct wl_global *virtual_keyboard_create_global(struct wl_display *display, struct seat *seat);

#endif
