/* SPDX-License-Identifier: MIT */
#ifndef GESSO_VIRTUAL_POINTER_H
#define GESSO_VIRTUAL_POINTER_H

#include <wayland-server-core.h>

/*
 * wlr-virtual-pointer-unstable-v1: pointers that clients play. wlroots 0.18 hands on at once
 * what the protocol wants together with the next `frame`, and sets no bound to how many a
 * client makes. So the cursor is given a pointer of our own in each one's place, which tells
 * what came when the frame does; a client with more than VIRTUAL_POINTER_MAX is ended with
 * wl_display's error `implementation`.
 */

#define VIRTUAL_POINTER_MAX 16

struct seat;

struct virtual_pointers {
	/* private */
	struct wlr_virtual_pointer_manager_v1 *manager;
	struct seat *seat;
	struct wl_listener new_pointer, manager_destroy;
};

/* Goes with the display. Returns the global; NULL if there is no memory. */
struct wl_global *virtual_pointers_init(
	struct virtual_pointers *pointers, struct wl_display *display, struct seat *seat);
/* The seat goes: no more are given to it. Takes a zeroed struct too. */
void virtual_pointers_finish(struct virtual_pointers *pointers);

#endif
