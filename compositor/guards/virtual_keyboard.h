/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_VIRTUAL_KEYBOARD_H
#define SCREEN_VIRTUAL_KEYBOARD_H

#include <wayland-server-core.h>

/*
 * virtual-keyboard-unstable-v1: keyboards that clients play. wlroots' own maps the
 * keymap's descriptor and reads on to the end of the text, which a client can leave out,
 * or past the file's end: this one copies it first (keymap.h). Each keyboard costs a
 * descriptor and its keymap's text, and each keymap time: a client with more than
 * VIRTUAL_KEYBOARD_MAX, or whose keymaps have taken a fiftieth of its time once they took
 * half a second, is ended with wl_display's error `implementation`. The same keymap once
 * more is not compiled again.
 */

#define VIRTUAL_KEYBOARD_MAX 16

struct seat;

/* Goes with the display. NULL if there is no memory. */
struct wl_global *virtual_keyboard_create_global(struct wl_display *display, struct seat *seat);

#endif
