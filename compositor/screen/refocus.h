/* SPDX-License-Identifier: MIT */
#ifndef GESSO_REFOCUS_H
#define GESSO_REFOCUS_H

#include <wayland-server-core.h>

/*
 * Clients change what lies under a pointer that rests: a surface grows or shrinks, a
 * subsurface moves, is restacked or gets another input region. Fed by every commit; has
 * the cursor look again, unless something that the user does with it is under way.
 */

struct seat;
struct wlr_compositor;

struct refocus {
	struct seat *seat; /* borrowed */

	/* private */
	struct wl_listener new_surface, compositor_destroy;
};

/* Watches every surface of `compositor` from now on, until that is destroyed. */
void refocus_watch(struct refocus *refocus, struct wlr_compositor *compositor, struct seat *seat);

#endif
