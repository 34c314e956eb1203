/* SPDX-License-Identifier: MIT */
#ifndef GESSO_POPUP_H
#define GESSO_POPUP_H

/*
 * Menus and tooltips: an xdg_popup hangs in the tree of its parent, a window, another
 * popup or a layer surface, and is kept within the parent's output. One without a parent is held: it has no place, is
 * never shown, and wlroots refuses its first commit. One whose parent is itself
 * held or gone is dismissed at once, and so is one that would lie too deep
 * (limits.h): chains of parents are short and never closed.
 */

struct desktop;
struct wlr_scene_tree;
struct wlr_seat_pointer_grab;
struct wlr_xdg_popup;

void popup_create(struct desktop *desktop, struct wlr_xdg_popup *xdg);

/* A popup that is held is given to a layer surface, whose tree is `tree`. */
void popup_adopt(struct desktop *desktop, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *tree);

/*
 * Call when any pointer grab begins. wlroots puts a popup that grabs twice into its
 * list of grabbing popups twice, which makes a ring of the list: it is laid anew, so
 * that the second grab changes nothing.
 */
void popup_mend_grab(struct desktop *desktop, struct wlr_seat_pointer_grab *grab);

#endif
