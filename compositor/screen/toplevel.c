/* SPDX-License-Identifier: MIT */
#include "screen/toplevel.h"
#include "memory/each_frame.h"
#include "memory/ledger.h"
#include "screen/decoration.h"
#include "screen/desktop.h"
#include "screen/foreign.h"
#include "screen/interactive.h"
#include "screen/listener.h"
#include "screen/placement.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

static void toplevel_handle_map(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, map);
	placement_place(toplevel);
	wl_list_insert(&toplevel->desktop->toplevels, &toplevel->link);
	foreign_create(toplevel);
	seat_focus(toplevel->desktop->seat, toplevel);
}

static void toplevel_handle_unmap(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, unmap);
	struct desktop *desktop = toplevel->desktop;
	interactive_forget(&desktop->seat->interactive, toplevel);
	toplevel->bounds.known = false;
	toplevel->settled = (struct wlr_box){0};
	toplevel->minimized = false;
	wl_list_remove(&toplevel->link);
	wl_list_init(&toplevel->link);
	foreign_destroy(toplevel);
	seat_forget(desktop->seat, toplevel);
}

/*
 * Where a client sets no window geometry, its subsurfaces extend it. What is shown then
 * stays where it is, and the corner moves.
 */
static void toplevel_hold_content(struct toplevel *toplevel)
{
	const struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	const struct wlr_scene_node *node = &toplevel->tree->node;
	bool fills_output = xdg->current.maximized || xdg->current.fullscreen;
	if (fills_output || toplevel->anchor.edges != 0 ||
		!wlr_box_empty(&xdg->base->current.geometry)) {
		toplevel->bounds.known = false;
		return;
	}
	struct wlr_box bounds;
	wlr_xdg_surface_get_geometry(xdg->base, &bounds);
	int x = desktop_safe_coordinate(bounds.x), y = desktop_safe_coordinate(bounds.y);
	if (toplevel->bounds.known) {
		wlr_scene_node_set_position(&toplevel->tree->node,
			desktop_safe_coordinate(node->x + x - toplevel->bounds.x),
			desktop_safe_coordinate(node->y + y - toplevel->bounds.y));
	}
	toplevel->bounds.known = true;
	toplevel->bounds.x = x;
	toplevel->bounds.y = y;
}

static void toplevel_settle(struct toplevel *toplevel)
{
	struct wlr_box box = toplevel_box(toplevel);
	if (toplevel->anchor.edges == 0 && !wlr_box_empty(&box) &&
		wlr_box_equal(&box, &toplevel->settled)) {
		return;
	}
	placement_settle(toplevel);
	foreign_update(toplevel);
	toplevel->settled = toplevel_box(toplevel);
}

/* Most commits bring new pixels alone, to the same place: then there is nothing to compute. */
static bool toplevel_is_settled(const struct toplevel *toplevel)
{
	const struct wlr_surface_state *state = &toplevel->xdg->base->surface->current;
	const struct wlr_xdg_surface_state *xdg = &toplevel->xdg->base->current;
	const struct wlr_scene_node *node = &toplevel->tree->node;
	return toplevel->said.width == state->width && toplevel->said.height == state->height &&
		toplevel->said.configure_serial == xdg->configure_serial &&
		toplevel->anchor.edges == 0 && toplevel->settled.width > 0 &&
		toplevel->settled.x == node->x && toplevel->settled.y == node->y &&
		wlr_box_equal(&toplevel->said.geometry, &xdg->geometry) &&
		wl_list_empty(&state->subsurfaces_above) &&
		wl_list_empty(&state->subsurfaces_below);
}

static void toplevel_note_said(struct toplevel *toplevel)
{
	const struct wlr_surface_state *state = &toplevel->xdg->base->surface->current;
	const struct wlr_xdg_surface_state *xdg = &toplevel->xdg->base->current;
	bool alone = wl_list_empty(&state->subsurfaces_above) &&
		wl_list_empty(&state->subsurfaces_below);
	toplevel->said.width = alone ? state->width : 0;
	toplevel->said.height = alone ? state->height : 0;
	toplevel->said.configure_serial = xdg->configure_serial;
	toplevel->said.geometry = xdg->geometry;
}

EACH_FRAME static void toplevel_handle_commit(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, commit);
	if (toplevel->xdg->base->initial_commit) {
		wlr_xdg_toplevel_set_wm_capabilities(toplevel->xdg,
			WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE |
				WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE |
				WLR_XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN);
		decoration_answer(toplevel);
		placement_configure_first(toplevel);
	} else if (toplevel->xdg->base->surface->mapped && !toplevel_is_settled(toplevel)) {
		toplevel_hold_content(toplevel);
		toplevel_settle(toplevel);
		toplevel_note_said(toplevel);
	}
}

static void toplevel_handle_request_move(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, request_move);
	const struct wlr_xdg_toplevel_move_event *event = data;
	interactive_request_move(&toplevel->desktop->seat->interactive, toplevel, event->serial);
}

static void toplevel_handle_request_resize(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, request_resize);
	const struct wlr_xdg_toplevel_resize_event *event = data;
	interactive_request_resize(
		&toplevel->desktop->seat->interactive, toplevel, event->serial, event->edges);
}

/* Before the initial commit a request is only noted; wlroots keeps it in xdg->requested. */
static void toplevel_handle_request_maximize(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, request_maximize);
	if (toplevel->xdg->base->initialized) {
		placement_set_maximized(toplevel, toplevel->xdg->requested.maximized);
	}
}

static void toplevel_handle_request_fullscreen(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, request_fullscreen);
	if (toplevel->xdg->base->initialized) {
		placement_set_fullscreen(toplevel, toplevel->xdg->requested.fullscreen);
	}
}

static void toplevel_handle_request_minimize(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, request_minimize);
	if (toplevel->xdg->base->surface->mapped) {
		seat_set_minimized(toplevel->desktop->seat, toplevel, true);
	}
}

static void toplevel_pass_name(struct toplevel *toplevel)
{
	struct gesso_ledger_client *client = gesso_ledger_client_get(
		toplevel->desktop->ledger, wl_resource_get_client(toplevel->xdg->resource));
	const char *app_id = toplevel->xdg->app_id, *title = toplevel->xdg->title;
	bool has_app_id = app_id != NULL && app_id[0] != '\0';
	if (client != NULL) {
		gesso_ledger_client_set_name(
			client, has_app_id ? app_id : (title != NULL ? title : ""));
	}
	foreign_update(toplevel);
}

static void toplevel_handle_set_title(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, set_title);
	toplevel_pass_name(toplevel);
}

static void toplevel_handle_set_app_id(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, set_app_id);
	toplevel_pass_name(toplevel);
}

static void toplevel_handle_set_parent(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, set_parent);
	foreign_update(toplevel);
}

static void toplevel_handle_destroy(struct wl_listener *listener, void *data)
{
	struct toplevel *toplevel = wl_container_of(listener, toplevel, destroy);
	struct wl_listener *listeners[] = {&toplevel->map, &toplevel->unmap, &toplevel->commit,
		&toplevel->destroy, &toplevel->request_move, &toplevel->request_resize,
		&toplevel->request_maximize, &toplevel->request_fullscreen,
		&toplevel->request_minimize, &toplevel->set_title, &toplevel->set_app_id,
		&toplevel->set_parent};
	for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
		listener_detach(listeners[i]);
	}
	/* the xdg_surface may live on, and even become a window again with a new tree */
	toplevel->xdg->base->data = NULL;
	wlr_scene_node_destroy(&toplevel->tree->node);
	free(toplevel);
}

static void toplevel_listen(struct toplevel *toplevel)
{
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	struct wlr_surface *surface = xdg->base->surface;
	listener_attach(&toplevel->map, &surface->events.map, toplevel_handle_map);
	listener_attach(&toplevel->unmap, &surface->events.unmap, toplevel_handle_unmap);
	listener_attach(&toplevel->commit, &surface->events.commit, toplevel_handle_commit);
	listener_attach(&toplevel->destroy, &xdg->events.destroy, toplevel_handle_destroy);
	listener_attach(
		&toplevel->request_move, &xdg->events.request_move, toplevel_handle_request_move);
	listener_attach(&toplevel->request_resize, &xdg->events.request_resize,
		toplevel_handle_request_resize);
	listener_attach(&toplevel->request_maximize, &xdg->events.request_maximize,
		toplevel_handle_request_maximize);
	listener_attach(&toplevel->request_fullscreen, &xdg->events.request_fullscreen,
		toplevel_handle_request_fullscreen);
	listener_attach(&toplevel->request_minimize, &xdg->events.request_minimize,
		toplevel_handle_request_minimize);
	listener_attach(&toplevel->set_parent, &xdg->events.set_parent, toplevel_handle_set_parent);
	listener_attach(&toplevel->set_title, &xdg->events.set_title, toplevel_handle_set_title);
	listener_attach(&toplevel->set_app_id, &xdg->events.set_app_id, toplevel_handle_set_app_id);
}

void toplevel_create(struct desktop *desktop, struct wlr_xdg_toplevel *xdg)
{
	struct toplevel *toplevel = calloc(1, sizeof(*toplevel));
	if (toplevel == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	toplevel->desktop = desktop;
	toplevel->xdg = xdg;
	wl_list_init(&toplevel->link);
	toplevel->tree = wlr_scene_xdg_surface_create(&desktop->scene->tree, xdg->base);
	if (toplevel->tree == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		free(toplevel);
		return;
	}
	stack_raise_window(desktop, &toplevel->tree->node);
	toplevel->tree->node.data = toplevel;
	xdg->base->data = toplevel->tree;
	toplevel_listen(toplevel);
}

struct wlr_box toplevel_box(const struct toplevel *toplevel)
{
	struct wlr_box box;
	wlr_xdg_surface_get_geometry(toplevel->xdg->base, &box);
	wlr_scene_node_coords(&toplevel->tree->node, &box.x, &box.y);
	return (struct wlr_box){.x = desktop_safe_coordinate(box.x),
		.y = desktop_safe_coordinate(box.y),
		.width = desktop_safe_side(box.width),
		.height = desktop_safe_side(box.height)};
}

struct toplevel *toplevel_try_from_xdg(struct wlr_xdg_toplevel *xdg)
{
	struct wlr_scene_tree *tree = xdg != NULL ? xdg->base->data : NULL;
	return tree != NULL ? tree->node.data : NULL;
}

struct toplevel *toplevel_try_from_surface(struct wlr_surface *surface)
{
	return surface != NULL
		? toplevel_try_from_xdg(wlr_xdg_toplevel_try_from_wlr_surface(surface))
		: NULL;
}
