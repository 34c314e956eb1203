/* SPDX-License-Identifier: MIT */
#ifndef GESSO_POPUP_H
#define GESSO_POPUP_H

/*
 * Menus and tooltips: an xdg_popup hangs in the tree of its parent and is kept
 * within the parent's output. One without a parent is held: it has no place, is
 * never shown, and wlroots refuses its first commit. One whose parent is itself
 * held or gone is dismissed.
 */

struct desktop;
struct wlr_xdg_popup;

void popup_create(struct desktop *desktop, struct wlr_xdg_popup *xdg);

#endif
