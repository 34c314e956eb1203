/* SPDX-License-Identifier: MIT */
#include "screen/popup.h"
#include "guards/limits.h"
#include "screen/cursor.h"
#include "screen/desktop.h"
#include "screen/layer.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

struct popup {
	struct wl_list link; /* desktop.popups */
	struct desktop *desktop;
	struct wlr_xdg_popup *xdg;
	struct wlr_scene_tree *tree; /* NULL: held */
	int depth;                   /* 1 on a window, 2 on that one's popup, and so on */
	struct wl_listener commit, reposition, map, unmap, destroy;
	struct wl_listener tree_destroy;
};

/* Where the surface that the chain of parents ends in has its corner. False if it is broken. */
static bool popup_find_origin(const struct popup *popup, struct wlr_box *root)
{
	struct wlr_surface *parent = popup->xdg->parent;
	const struct wlr_xdg_popup *above;
	while (parent != NULL && (above = wlr_xdg_popup_try_from_wlr_surface(parent)) != NULL) {
		parent = above->parent;
	}
	const struct toplevel *toplevel = toplevel_try_from_surface(parent);
	const struct layer *layer = layer_try_from_surface(parent);
	if (toplevel != NULL) {
		/* wlroots counts from the corner of the window's surface, not of its geometry */
		const struct wlr_box *geometry = &toplevel->xdg->base->current.geometry;
		*root = toplevel_box(toplevel);
		root->x -= desktop_safe_coordinate(geometry->x);
		root->y -= desktop_safe_coordinate(geometry->y);
	} else if (layer != NULL) {
		wlr_scene_node_coords(&layer->scene->tree->node, &root->x, &root->y);
		root->width = layer->wlr_layer->surface->current.width;
		root->height = layer->wlr_layer->surface->current.height;
	}
	return toplevel != NULL || layer != NULL;
}

static struct wlr_output *popup_output(const struct popup *popup, const struct wlr_box *root)
{
	struct wlr_output_layout *layout = popup->desktop->layout;
	int lx, ly;
	wlr_scene_node_coords(&popup->tree->node.parent->node, &lx, &ly);
	struct wlr_output *output = wlr_output_layout_output_at(layout, lx, ly);
	if (output == NULL) {
		output = wlr_output_layout_output_at(
			layout, root->x + root->width / 2.0, root->y + root->height / 2.0);
	}
	return output != NULL ? output : desktop_active_output(popup->desktop);
}

/* False if there is no surface that it could be placed by. */
static bool popup_unconstrain(struct popup *popup)
{
	struct wlr_box root = {0};
	if (popup->tree == NULL || !popup_find_origin(popup, &root)) {
		return false;
	}
	struct wlr_box output = desktop_output_box(popup->desktop, popup_output(popup, &root));
	struct wlr_box box = {.x = output.x - root.x,
		.y = output.y - root.y,
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
	struct wlr_xdg_surface *base = popup->xdg->base;
	if (base->initialized) {
		popup_unconstrain(popup);
	} else if (base->configure_idle != NULL) {
		/* wlroots would end itself later: the initial commit is answered with this place */
		wl_event_source_remove(base->configure_idle);
		base->configure_idle = NULL;
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
	wl_list_remove(&popup->link);
	if (popup->tree != NULL) {
		wlr_scene_node_destroy(&popup->tree->node);
	}
	free(popup);
}

/* NULL if `grab` is not the one of the popup's shell. */
static struct wlr_xdg_popup_grab *popup_grab_of(
	const struct popup *popup, const struct wlr_seat_pointer_grab *grab)
{
	struct wlr_xdg_popup_grab *candidate;
	wl_list_for_each(candidate, &popup->xdg->base->client->shell->popup_grabs, link) {
		if (&candidate->pointer_grab == grab) {
			return candidate;
		}
	}
	return NULL;
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
}

static void popup_hang(struct popup *popup, struct wlr_scene_tree *parent)
{
	popup->tree = wlr_scene_xdg_surface_create(parent, popup->xdg->base);
	popup->xdg->base->data = popup->tree;
	if (popup->tree != NULL) {
		listener_attach(&popup->tree_destroy, &popup->tree->node.events.destroy,
			popup_handle_tree_destroy);
	}
}

void popup_adopt(struct desktop *desktop, struct wlr_xdg_popup *xdg, struct wlr_scene_tree *tree)
{
	struct popup *popup;
	wl_list_for_each(popup, &desktop->popups, link) {
		if (popup->xdg == xdg && popup->tree == NULL) {
			popup->depth = 1;
			popup_hang(popup, tree);
			return;
		}
	}
}

void popup_mend_grab(struct desktop *desktop, struct wlr_seat_pointer_grab *grab)
{
	struct popup *popup;
	bool mended = false;
	wl_list_for_each_reverse(popup, &desktop->popups, link) {
		struct wlr_xdg_popup_grab *ours = popup_grab_of(popup, grab);
		if (ours != NULL && !mended) {
			wl_list_init(&ours->popups);
			mended = true;
		}
		if (ours != NULL && popup->xdg->seat == grab->seat) {
			wl_list_insert(&ours->popups, &popup->xdg->grab_link);
		}
	}
}

/* How deep a popup on this one would be; 0 if none can be there. */
static int depth_on(struct desktop *desktop, struct wlr_xdg_surface *parent)
{
	struct popup *popup;
	if (parent == NULL || parent->data == NULL) {
		return 0;
	}
	wl_list_for_each(popup, &desktop->popups, link) {
		if (popup->xdg->base == parent) {
			return popup->depth < LIMITS_MAX_DEPTH ? popup->depth + 1 : 0;
		}
	}
	return 1;
}

void popup_create(struct desktop *desktop, struct wlr_xdg_popup *xdg)
{
	struct wlr_xdg_surface *parent =
		xdg->parent != NULL ? wlr_xdg_surface_try_from_wlr_surface(xdg->parent) : NULL;
	int depth = depth_on(desktop, parent);
	if (xdg->parent != NULL && depth == 0) {
		/* it may be among its own children, which go first */
		wl_list_remove(&xdg->link);
		wl_list_init(&xdg->link);
		wlr_xdg_popup_destroy(xdg);
		return;
	}
	struct popup *popup = calloc(1, sizeof(*popup));
	if (popup == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	popup->desktop = desktop;
	popup->xdg = xdg;
	popup->depth = depth;
	wl_list_insert(&desktop->popups, &popup->link);
	popup_listen(popup);
	if (depth > 0) {
		popup_hang(popup, parent->data);
	}
}
