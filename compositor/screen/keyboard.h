/* SPDX-License-Identifier: MIT */
#ifndef GESSO_KEYBOARD_H
#define GESSO_KEYBOARD_H

/*
 * Keyboards, each by itself, and the key bindings, which are listed in gesso(1).
 */

struct seat;
struct wlr_keyboard;
struct xkb_keymap;

/*
 * The layout that XKB_DEFAULT_* ask for, or "us" if there is none such. NULL if
 * there is no layout at all, logged. The caller unrefs it.
 */
struct xkb_keymap *keyboard_default_keymap(void);

void keyboard_create(struct seat *seat, struct wlr_keyboard *wlr_keyboard);

#endif
