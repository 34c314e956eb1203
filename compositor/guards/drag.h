/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_DRAG_H
#define SCREEN_DRAG_H

/*
 * A drag that a client asked for and is not to have. wlroots frees it with its source;
 * one without a source, which is within one client, it would keep for ever.
 */

struct wlr_drag;

/* Takes the drag, which was not started. */
void drag_refuse(struct wlr_drag *drag);

#endif
