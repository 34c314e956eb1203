/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DESKTOP_H
#define GESSO_DESKTOP_H

#include "options.h"
#include "screen/foreign.h"
#include "screen/layer.h"
#include "screen/output_manager.h"
#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/util/box.h>

/*
 * How pixels are shown: the scene, the outputs that it is drawn on, and the
 * windows in it. Fed by the backend (outputs), by clients (surfaces) and by the
 * seat (focus, moves); drawn by output.c. What lies above what is in stack.h.
 *
 * node.data of a window's tree is its struct toplevel; that of every other node
 * is NULL.
 */

struct gesso_ledger;
struct gesso_render_context;
struct parent_ask;
struct seat;
struct toplevel;
struct wlr_backend;
struct wlr_layer_shell_v1;
struct wlr_output;
struct wlr_surface;

struct desktop {
	struct wl_display *display; /* borrowed, as are the next five */
	struct gesso_render_context *context;
	struct gesso_ledger *ledger;
	const struct options *options;
	struct seat *seat;
	struct wlr_backend *backend;

	struct wlr_scene *scene;
	struct wlr_scene_tree *overlay, *layer_trees[LAYERS_LEN]; /* of stack.c */
	struct wlr_output_layout *layout;
	struct wlr_scene_output_layout *scene_layout;
	struct wl_list outputs;        /* output.link */
	struct wl_list toplevels;      /* toplevel.link: mapped ones, the last focused first */
	struct wl_list layers;         /* layer.link: the newest first */
	struct wl_list popups;         /* popup.link: the newest first */
	struct wl_list entrusted;      /* of entrusted.c: buffers that the parent knows of */
	int cascade;                   /* how many windows were placed */
	struct parent_ask *parent_ask; /* NULL unless nested in a Wayland session */
	struct output_manager output_manager;
	struct foreign_manager foreign;
	struct wlr_layer_shell_v1 *layer_shell; /* the display's */

	/* private */
	bool layout_held;
	struct wl_listener new_output, layout_change;
	struct wl_listener new_toplevel, new_popup, new_decoration, new_layer;
};

/*
 * `desktop` is filled but for what follows `backend`. False on no memory. The globals
 * for windows and outputs are made too; the backend is not yet started.
 */
bool desktop_init(struct desktop *desktop);
/* Call once clients are gone, before the backend is. Takes a zeroed struct too. */
void desktop_finish(struct desktop *desktop);

/*
 * Several changes of the layout as one: windows, ground and cursor follow their outputs
 * at the end of it only.
 */
void desktop_begin_layout(struct desktop *desktop);
void desktop_end_layout(struct desktop *desktop);

/*
 * What lies at (`lx`, `ly`) in layout coordinates. Each out parameter may be
 * NULL. Returns the surface, with its own coordinates of that point in `sx`, `sy`,
 * and the window that it belongs to; all NULL where only ground is.
 */
struct wlr_surface *desktop_surface_at(struct desktop *desktop, double lx, double ly, double *sx,
	double *sy, struct toplevel **toplevel);

/* Has windows whose picture was lost with the renderer painted again by their clients. */
void desktop_ask_for_pictures(struct desktop *desktop);

/* Where new windows go: the output under the cursor, else the first. NULL if there is none. */
struct wlr_output *desktop_active_output(struct desktop *desktop);

/*
 * What clients say of sizes and places may be any number: these are as large as any
 * real one, and so small that sums of some do not overflow.
 */
int desktop_safe_coordinate(int px);
int desktop_safe_side(int px);

/* The output's rectangle in layout coordinates; empty if `output` is NULL or not shown. */
struct wlr_box desktop_output_box(struct desktop *desktop, struct wlr_output *output);
/* The same without what bars reserve. */
struct wlr_box desktop_usable_box(struct desktop *desktop, struct wlr_output *output);

#endif
