/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SURFACE_OUTPUTS_H
#define GESSO_SURFACE_OUTPUTS_H

#include <wayland-server-core.h>

/*
 * Which outputs a surface is on, when it goes. wlroots 0.18 forgets them as the first
 * thing; then the surface's role goes, and what that uncovers can put the surface, which
 * is still in the scene, on an output once more. That entry would outlive it, and the
 * next wl_output that anyone binds would follow a pointer into freed memory. Fed by every
 * new surface; takes such entries out as the last thing.
 */

struct wlr_compositor;

struct surface_outputs {
	/* private */
	struct wl_listener new_surface, compositor_destroy;
};

/* Watches every surface of `compositor` from now on, until that is destroyed. */
void surface_outputs_watch(struct surface_outputs *outputs, struct wlr_compositor *compositor);

#endif
