/* SPDX-License-Identifier: MIT */
#include "screen/placement.h"
#include "screen/desktop.h"
#include "screen/foreign.h"
#include "screen/interactive.h"
#include "screen/layer.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/edges.h>

#define CASCADE_STEP_PX 32
/* So much of a window stays in sight when outputs change. */
#define REACHABLE_PX 64

static bool fills_output(const struct toplevel *toplevel)
{
	return toplevel->xdg->scheduled.maximized || toplevel->xdg->scheduled.fullscreen;
}

static struct wlr_box home_box(struct toplevel *toplevel)
{
	struct desktop *desktop = toplevel->desktop;
	struct wlr_output *output = NULL;
	if (toplevel->xdg->scheduled.fullscreen) {
		output = toplevel->xdg->requested.fullscreen_output;
	}
	if (output != NULL && !output->enabled) {
		output = NULL;
	}
	if (output == NULL && toplevel->placed) {
		struct wlr_box box = toplevel_box(toplevel);
		output = wlr_output_layout_output_at(
			desktop->layout, box.x + box.width / 2.0, box.y + box.height / 2.0);
	}
	if (output == NULL) {
		output = desktop_active_output(desktop);
	}
	return toplevel->xdg->scheduled.fullscreen ? desktop_output_box(desktop, output)
						   : desktop_usable_box(desktop, output);
}

static void fill(struct toplevel *toplevel, const struct wlr_box *box)
{
	toplevel->settled = (struct wlr_box){0};
	if (!wlr_box_empty(box)) {
		wlr_scene_node_set_position(&toplevel->tree->node, box->x, box->y);
		wlr_xdg_toplevel_set_size(toplevel->xdg, box->width, box->height);
	}
}

static void restore(struct toplevel *toplevel)
{
	toplevel->settled = (struct wlr_box){0};
	wlr_scene_node_set_position(&toplevel->tree->node, toplevel->normal.x, toplevel->normal.y);
	wlr_xdg_toplevel_set_size(toplevel->xdg, toplevel->normal.width, toplevel->normal.height);
}

/* `maximized` and `fullscreen` as they are to be from now on. */
static void change_state(struct toplevel *toplevel, bool maximized, bool fullscreen)
{
	if (toplevel->placed && !fills_output(toplevel)) {
		toplevel->normal = toplevel_box(toplevel);
	}
	interactive_forget(&toplevel->desktop->seat->interactive, toplevel);
	toplevel->anchor.edges = 0;
	wlr_xdg_toplevel_set_maximized(toplevel->xdg, maximized);
	wlr_xdg_toplevel_set_fullscreen(toplevel->xdg, fullscreen);
	if (maximized || fullscreen) {
		struct wlr_box home = home_box(toplevel);
		fill(toplevel, &home);
	} else {
		restore(toplevel);
	}
	foreign_update(toplevel);
	layer_arrange(toplevel->desktop, NULL);
}

void placement_set_maximized(struct toplevel *toplevel, bool maximized)
{
	change_state(toplevel, maximized, toplevel->xdg->scheduled.fullscreen);
}

void placement_set_fullscreen(struct toplevel *toplevel, bool fullscreen)
{
	change_state(toplevel, toplevel->xdg->scheduled.maximized, fullscreen);
}

void placement_refill(struct desktop *desktop)
{
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &desktop->toplevels, link) {
		const struct wlr_xdg_toplevel_configure *told = &toplevel->xdg->scheduled;
		if (told->maximized && !told->fullscreen) {
			struct wlr_box home = home_box(toplevel);
			fill(toplevel, &home);
		}
	}
}

void placement_configure_first(struct toplevel *toplevel)
{
	enum options_window wanted = toplevel->desktop->options->window;
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	bool dialog = xdg->parent != NULL;
	toplevel->placed = false;
	toplevel->normal = (struct wlr_box){0};
	struct wlr_box home = home_box(toplevel);
	if (!wlr_box_empty(&home)) {
		wlr_xdg_toplevel_set_bounds(xdg, home.width, home.height);
	}
	change_state(toplevel,
		xdg->requested.maximized || (wanted == OPTIONS_WINDOW_MAXIMIZED && !dialog),
		xdg->requested.fullscreen || (wanted == OPTIONS_WINDOW_FULLSCREEN && !dialog));
}

static int clamp(int value, int min, int max)
{
	return value > max ? (max > min ? max : min) : (value < min ? min : value);
}

static void place_over_parent(struct toplevel *toplevel, const struct toplevel *parent)
{
	struct wlr_box home = home_box(toplevel), box = toplevel_box(toplevel);
	struct wlr_box over = toplevel_box(parent);
	toplevel->normal.x = clamp(
		over.x + (over.width - box.width) / 2, home.x, home.x + home.width - box.width);
	toplevel->normal.y = clamp(
		over.y + (over.height - box.height) / 2, home.y, home.y + home.height - box.height);
}

/* Steps down and to the right, from the top or the left again where room ends. */
static void place_in_cascade(struct toplevel *toplevel)
{
	struct wlr_box home = home_box(toplevel), box = toplevel_box(toplevel);
	int steps_x = (home.width - box.width) / CASCADE_STEP_PX;
	int steps_y = (home.height - box.height) / CASCADE_STEP_PX;
	int step = toplevel->desktop->cascade++;
	toplevel->normal.x = home.x + (steps_x > 0 ? step % (steps_x + 1) : 0) * CASCADE_STEP_PX;
	toplevel->normal.y = home.y + (steps_y > 0 ? step % (steps_y + 1) : 0) * CASCADE_STEP_PX;
}

void placement_place(struct toplevel *toplevel)
{
	struct toplevel *parent = toplevel_try_from_xdg(toplevel->xdg->parent);
	if (parent != NULL) {
		place_over_parent(toplevel, parent);
	} else {
		place_in_cascade(toplevel);
	}
	if (!fills_output(toplevel)) {
		wlr_scene_node_set_position(
			&toplevel->tree->node, toplevel->normal.x, toplevel->normal.y);
	}
	toplevel->placed = true;
	placement_settle(toplevel);
}

static void settle_anchor(struct toplevel *toplevel)
{
	struct wlr_box box = toplevel_box(toplevel);
	wlr_scene_node_set_position(&toplevel->tree->node,
		toplevel->anchor.edges & WLR_EDGE_LEFT ? toplevel->anchor.right - box.width : box.x,
		toplevel->anchor.edges & WLR_EDGE_TOP ? toplevel->anchor.bottom - box.height
						      : box.y);
	uint32_t serial = toplevel->xdg->base->current.configure_serial;
	if (toplevel->anchor.ended && (int32_t)(serial - toplevel->anchor.last_serial) >= 0) {
		toplevel->anchor.edges = 0;
	}
}

void placement_settle(struct toplevel *toplevel)
{
	if (toplevel->anchor.edges != 0) {
		settle_anchor(toplevel);
	} else if (toplevel->xdg->scheduled.fullscreen) {
		struct wlr_box home = home_box(toplevel), box = toplevel_box(toplevel);
		if (!wlr_box_empty(&home)) {
			wlr_scene_node_set_position(&toplevel->tree->node,
				home.x + clamp((home.width - box.width) / 2, 0, home.width),
				home.y + clamp((home.height - box.height) / 2, 0, home.height));
		}
	}
}

/* The window's box, moved along from `from` to `to` and to where it can be seen there. */
static struct wlr_box moved(
	const struct wlr_box *window, const struct wlr_box *from, const struct wlr_box *to)
{
	struct wlr_box box = *window;
	if (!wlr_box_empty(from)) {
		box.x += to->x - from->x;
		box.y += to->y - from->y;
	}
	int reach_x = box.width < REACHABLE_PX ? box.width : REACHABLE_PX;
	int reach_y = box.height < REACHABLE_PX ? box.height : REACHABLE_PX;
	box.x = clamp(box.x, to->x + reach_x - box.width, to->x + to->width - reach_x);
	box.y = clamp(box.y, to->y, to->y + to->height - reach_y);
	return box;
}

void placement_refit(
	struct toplevel *toplevel, const struct wlr_box *from, const struct wlr_box *to)
{
	if (wlr_box_empty(to)) {
		return;
	}
	if (fills_output(toplevel)) {
		toplevel->normal = moved(&toplevel->normal, from, to);
		fill(toplevel, to);
		return;
	}
	struct wlr_box box = toplevel_box(toplevel);
	box = moved(&box, from, to);
	wlr_scene_node_set_position(&toplevel->tree->node, box.x, box.y);
}
