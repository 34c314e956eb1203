/* SPDX-License-Identifier: MIT */
#include "screen/popup.h"
#include "screen/cursor.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

struct popup {
	struct desktop *desktop;
	struct wlr_xdg_popup *xdg;
	struct wlr_scene_tree *tree; /* NULL: held */
	struct wl_listener commit, reposition, map, unmap, destroy;
	struct wl_listener tree_destroy;
};

/* The window that the chain of parents ends in. NULL if it is broken. */
static struct toplevel *popup_root(const struct popup *popup)
{
	struct wlr_surface *parent = popup->xdg->parent;
	struct wlr_xdg_popup *above;
	while (parent != NULL && (above = wlr_xdg_popup_try_from_wlr_surface(parent)) != NULL) {
		parent = above->parent;
	}
	return toplevel_try_from_surface(parent);
}

static struct wlr_output *popup_output(const struct popup *popup, const struct toplevel *root)
{
	struct wlr_output_layout *layout = popup->desktop->layout;
	int lx, ly;
	wlr_scene_node_coords(&popup->tree->node.parent->node, &lx, &ly);
	struct wlr_output *output = wlr_output_layout_output_at(layout, lx, ly);
	if (output == NULL) {
		struct wlr_box box = toplevel_box(root);
		output = wlr_output_layout_output_at(
			layout, box.x + box.width / 2.0, box.y + box.height / 2.0);
	}
	return output != NULL ? output : desktop_active_output(popup->desktop);
}

/* False if there is no window that it could be placed by. */
static bool popup_unconstrain(struct popup *popup)
{
	struct toplevel *root = popup_root(popup);
	if (popup->tree == NULL || root == NULL) {
		return false;
	}
	struct wlr_box output = desktop_output_box(popup->desktop, popup_output(popup, root));
	struct wlr_box window = toplevel_box(root);
	/* wlroots counts from the corner of the window's surface, not of its geometry */
	struct wlr_box box = {.x = output.x - window.x + root->xdg->base->current.geometry.x,
		.y = output.y - window.y + root->xdg->base->current.geometry.y,
		.width = output.width,
		.height = output.height};
	if (wlr_box_empty(&output)) {
		wlr_xdg_surface_schedule_configure(popup->xdg->base);
	} else {
		wlr_xdg_popup_unconstrain_from_box(popup->xdg, &box);
	}
	return true;
}

static void popup_handle_commit(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, commit);
	if (popup->xdg->base->initial_commit && !popup_unconstrain(popup)) {
		wlr_xdg_popup_destroy(popup->xdg);
	}
}

static void popup_handle_reposition(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, reposition);
	if (popup->xdg->base->initialized) {
		popup_unconstrain(popup);
	}
}

static void popup_handle_map(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, map);
	cursor_refocus(&popup->desktop->seat->cursor);
}

static void popup_handle_unmap(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, unmap);
	cursor_refocus(&popup->desktop->seat->cursor);
}

static void popup_handle_tree_destroy(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, tree_destroy);
	listener_detach(&popup->tree_destroy);
	popup->tree = NULL;
	popup->xdg->base->data = NULL;
}

static void popup_handle_destroy(struct wl_listener *listener, void *data)
{
	struct popup *popup = wl_container_of(listener, popup, destroy);
	listener_detach(&popup->commit);
	listener_detach(&popup->reposition);
	listener_detach(&popup->map);
	listener_detach(&popup->unmap);
	listener_detach(&popup->destroy);
	if (popup->tree != NULL) {
		wlr_scene_node_destroy(&popup->tree->node);
	}
	free(popup);
}

static void popup_listen(struct popup *popup)
{
	struct wlr_xdg_popup *xdg = popup->xdg;
	struct wlr_surface *surface = xdg->base->surface;
	listener_attach(&popup->commit, &surface->events.commit, popup_handle_commit);
	listener_attach(&popup->map, &surface->events.map, popup_handle_map);
	listener_attach(&popup->unmap, &surface->events.unmap, popup_handle_unmap);
	listener_attach(&popup->reposition, &xdg->events.reposition, popup_handle_reposition);
	listener_attach(&popup->destroy, &xdg->events.destroy, popup_handle_destroy);
	if (popup->tree != NULL) {
		listener_attach(&popup->tree_destroy, &popup->tree->node.events.destroy,
			popup_handle_tree_destroy);
	}
}

void popup_create(struct desktop *desktop, struct wlr_xdg_popup *xdg)
{
	struct popup *popup = calloc(1, sizeof(*popup));
	if (popup == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	popup->desktop = desktop;
	popup->xdg = xdg;
	struct wlr_xdg_surface *parent =
		xdg->parent != NULL ? wlr_xdg_surface_try_from_wlr_surface(xdg->parent) : NULL;
	if (parent != NULL && parent->data != NULL) {
		popup->tree = wlr_scene_xdg_surface_create(parent->data, xdg->base);
		xdg->base->data = popup->tree;
	}
	popup_listen(popup);
}
