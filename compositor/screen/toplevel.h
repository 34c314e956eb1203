/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TOPLEVEL_H
#define GESSO_TOPLEVEL_H

#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

/*
 * A window: an xdg_toplevel and its tree in the scene. Fed by its client's
 * requests; placement.c says where it lies, seat.c whether it has the focus,
 * interactive.c moves and resizes it with the pointer.
 */

struct desktop;
struct foreign;
struct wlr_surface;
struct wlr_xdg_toplevel;
struct wlr_xdg_toplevel_decoration_v1;

struct toplevel {
	/* What is looked at for each frame lies together. */
	struct wl_listener commit;
	struct wlr_xdg_toplevel *xdg;
	struct wlr_scene_tree *tree; /* at the top left corner of the window geometry */
	/* Where the last commit left it; empty once that is to be looked at again. */
	struct wlr_box settled;
	/* What the last commit said of that; size 0 where subsurfaces have a say in it. */
	struct {
		int width, height; /* the surface's */
		uint32_t configure_serial;
		struct wlr_box geometry;
	} said;
	/* While a resize from the left or the top is under way: what must not move. */
	struct {
		uint32_t edges; /* enum wlr_edges; 0 if none is */
		int right, bottom;
		uint32_t last_serial; /* settled once this configure is committed */
		bool ended;
	} anchor;

	struct wl_list link; /* desktop.toplevels while mapped, else by itself */
	struct desktop *desktop;
	struct wlr_xdg_toplevel_decoration_v1 *decoration; /* NULL if it has none */
	bool placed;                                       /* has been mapped once */
	bool minimized;                                    /* hidden until it gets the focus */
	struct foreign *foreign; /* what others see of it; NULL unless mapped */
	/* The bounds' corner at the last commit, while mapped with no window geometry set. */
	struct {
		bool known;
		int x, y;
	} bounds;
	struct wlr_box normal; /* when neither maximized nor fullscreen; size 0: as it likes */
	struct wl_listener map, unmap, destroy;
	struct wl_listener request_move, request_resize, request_maximize, request_fullscreen;
	struct wl_listener request_minimize, set_title, set_app_id, set_parent;
};

void toplevel_create(struct desktop *desktop, struct wlr_xdg_toplevel *xdg);

/* The window's geometry in layout coordinates. */
struct wlr_box toplevel_box(const struct toplevel *toplevel);

/* NULL if it is no window's, or that window is gone. Takes NULL. */
struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface);
struct toplevel *toplevel_try_from_xdg(struct wlr_xdg_toplevel *xdg);

#endif
