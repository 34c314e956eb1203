/* SPDX-License-Identifier: MIT */
#ifndef GESSO_KEYBOARD_H
#define GESSO_KEYBOARD_H

/*
 * Keyboards, each by itself, and the key bindings, which are listed in gesso(1).
 */

struct seat;
struct wlr_keyboard;

/*
 * Has the layout that XKB_DEFAULT_* ask for, or "us" if there is none such. Without memory,
 * or any layout at all, the keyboard is not used, which is logged.
 */
void keyboard_create(struct seat *seat, struct wlr_keyboard *wlr_keyboard);

#endif
