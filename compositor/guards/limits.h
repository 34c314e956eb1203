/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIMITS_H
#define GESSO_LIMITS_H

#include <stdint.h>
#include <wayland-server-core.h>

/*
 * How much of the scene one client may take. wlroots walks chains of surfaces up
 * and down, for each commit and each frame, so that a client with very many, or
 * very deep ones, would stop all others. Fed by every new surface; a client that
 * goes beyond is ended with wl_display's error `implementation`, which names the
 * limit.
 */

/* Subsurfaces one in the other, below a window, a popup or a cursor; popups likewise. */
#define LIMITS_MAX_DEPTH 64

struct wlr_compositor;

struct limits {
	uint64_t max_surfaces; /* that a client has at one time */
	/* private */
	struct wl_listener new_surface, compositor_destroy;
};

/* Counts every surface of `compositor` from now on, until that is destroyed. */
void limits_watch(struct limits *limits, struct wlr_compositor *compositor, uint64_t max_surfaces);

#endif
