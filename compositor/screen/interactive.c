/* SPDX-License-Identifier: MIT */
#include "screen/interactive.h"
#include "screen/foreign.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/edges.h>
#include <wlr/xcursor.h>

/* No window is made smaller than this with the pointer. */
#define MIN_SIDE_PX 16

static bool may_begin(const struct interactive *interactive, const struct toplevel *toplevel)
{
	const struct wlr_xdg_toplevel_configure *told = &toplevel->xdg->scheduled;
	return interactive->mode == INTERACTIVE_NONE && toplevel->xdg->base->surface->mapped &&
		!told->maximized && !told->fullscreen;
}

static bool request_is_valid(
	const struct interactive *interactive, const struct toplevel *toplevel, uint32_t serial)
{
	struct wlr_seat *wlr_seat = interactive->seat->wlr_seat;
	struct wlr_surface *focused = wlr_seat->pointer_state.focused_surface;
	return focused != NULL &&
		wlr_surface_get_root_surface(focused) == toplevel->xdg->base->surface &&
		wlr_seat_validate_pointer_grab_serial(wlr_seat, NULL, serial);
}

static void begin(struct interactive *interactive, enum interactive_mode mode,
	struct toplevel *toplevel, uint32_t edges)
{
	const struct wlr_cursor *cursor = interactive->seat->cursor.cursor;
	interactive->mode = mode;
	interactive->toplevel = toplevel;
	interactive->start_x = cursor->x;
	interactive->start_y = cursor->y;
	interactive->start = toplevel_box(toplevel);
	interactive->edges = edges;
	interactive->own_button = 0;
	wlr_seat_pointer_notify_clear_focus(interactive->seat->wlr_seat);
}

static void begin_resize(struct interactive *interactive, struct toplevel *toplevel, uint32_t edges)
{
	begin(interactive, INTERACTIVE_RESIZE, toplevel, edges);
	toplevel->anchor.edges = edges & (WLR_EDGE_LEFT | WLR_EDGE_TOP);
	toplevel->anchor.right = interactive->start.x + interactive->start.width;
	toplevel->anchor.bottom = interactive->start.y + interactive->start.height;
	toplevel->anchor.ended = false;
	toplevel->anchor.last_serial = wlr_xdg_toplevel_set_resizing(toplevel->xdg, true);
	cursor_set_shape(&interactive->seat->cursor, wlr_xcursor_get_resize_name(edges));
}

void interactive_request_move(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t serial)
{
	if (request_is_valid(interactive, toplevel, serial) && may_begin(interactive, toplevel)) {
		begin(interactive, INTERACTIVE_MOVE, toplevel, WLR_EDGE_NONE);
		cursor_set_shape(&interactive->seat->cursor, "grabbing");
	}
}

void interactive_request_resize(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t serial, uint32_t edges)
{
	if (edges != WLR_EDGE_NONE && request_is_valid(interactive, toplevel, serial) &&
		may_begin(interactive, toplevel)) {
		begin_resize(interactive, toplevel, edges);
	}
}

bool interactive_begin_move(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t button)
{
	if (!may_begin(interactive, toplevel)) {
		return false;
	}
	begin(interactive, INTERACTIVE_MOVE, toplevel, WLR_EDGE_NONE);
	interactive->own_button = button;
	cursor_set_shape(&interactive->seat->cursor, "grabbing");
	return true;
}

bool interactive_begin_resize(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t button)
{
	if (!may_begin(interactive, toplevel)) {
		return false;
	}
	const struct wlr_cursor *cursor = interactive->seat->cursor.cursor;
	struct wlr_box box = toplevel_box(toplevel);
	uint32_t edges = cursor->x < box.x + box.width / 2.0 ? WLR_EDGE_LEFT : WLR_EDGE_RIGHT;
	edges |= cursor->y < box.y + box.height / 2.0 ? WLR_EDGE_TOP : WLR_EDGE_BOTTOM;
	begin_resize(interactive, toplevel, edges);
	interactive->own_button = button;
	return true;
}

/* A limit of 0 is none. */
static int limit_side(int side_px, int min_px, int max_px)
{
	if (max_px > 0 && side_px > max_px) {
		side_px = max_px;
	}
	min_px = min_px > MIN_SIDE_PX ? min_px : MIN_SIDE_PX;
	return side_px < min_px ? min_px : side_px;
}

static void resize_to(struct interactive *interactive, int dx, int dy)
{
	struct wlr_xdg_toplevel *xdg = interactive->toplevel->xdg;
	int width_px = interactive->start.width, height_px = interactive->start.height;
	if (interactive->edges & (WLR_EDGE_LEFT | WLR_EDGE_RIGHT)) {
		width_px = limit_side(width_px + (interactive->edges & WLR_EDGE_LEFT ? -dx : dx),
			xdg->current.min_width, xdg->current.max_width);
	}
	if (interactive->edges & (WLR_EDGE_TOP | WLR_EDGE_BOTTOM)) {
		height_px = limit_side(height_px + (interactive->edges & WLR_EDGE_TOP ? -dy : dy),
			xdg->current.min_height, xdg->current.max_height);
	}
	if (width_px != xdg->scheduled.width || height_px != xdg->scheduled.height) {
		interactive->toplevel->anchor.last_serial =
			wlr_xdg_toplevel_set_size(xdg, width_px, height_px);
	}
}

bool interactive_motion(struct interactive *interactive, double lx, double ly)
{
	int dx = (int)(lx - interactive->start_x), dy = (int)(ly - interactive->start_y);
	switch (interactive->mode) {
	case INTERACTIVE_NONE:
		return false;
	case INTERACTIVE_MOVE:
		wlr_scene_node_set_position(&interactive->toplevel->tree->node,
			interactive->start.x + dx, interactive->start.y + dy);
		return true;
	case INTERACTIVE_RESIZE:
		resize_to(interactive, dx, dy);
		return true;
	}
	return false;
}

bool interactive_takes_release(struct interactive *interactive, uint32_t button)
{
	if (interactive->own_button == 0 || interactive->own_button != button) {
		return false;
	}
	interactive->own_button = 0;
	return true;
}

void interactive_end(struct interactive *interactive)
{
	if (interactive->own_button != 0) {
		return;
	}
	if (interactive->mode == INTERACTIVE_RESIZE) {
		interactive->toplevel->anchor.ended = true;
		interactive->toplevel->anchor.last_serial =
			wlr_xdg_toplevel_set_resizing(interactive->toplevel->xdg, false);
	}
	if (interactive->toplevel != NULL) {
		foreign_update(interactive->toplevel);
	}
	interactive->mode = INTERACTIVE_NONE;
	interactive->toplevel = NULL;
}

void interactive_forget(struct interactive *interactive, struct toplevel *toplevel)
{
	if (interactive->toplevel == toplevel) {
		toplevel->anchor.edges = 0;
		interactive->mode = INTERACTIVE_NONE;
		interactive->toplevel = NULL;
	}
}
