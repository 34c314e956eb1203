/* SPDX-License-Identifier: MIT */
#include "screen/layer.h"
#include "guards/requests.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/popup.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_shell.h>

#define LAYER_SHELL_VERSION 4

#define ANCHOR_HORIZONTAL (ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT | ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT)
#define ANCHOR_VERTICAL (ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP | ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM)

/* By protocol an error; Debian's wlroots has the check taken out. */
static void layer_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct layer *layer = wl_container_of(listener, layer, client_commit);
	const struct wlr_layer_surface_v1_state *pending = &layer->wlr_layer->pending;
	if ((pending->desired_width == 0 &&
		    (pending->anchor & ANCHOR_HORIZONTAL) != ANCHOR_HORIZONTAL) ||
		(pending->desired_height == 0 &&
			(pending->anchor & ANCHOR_VERTICAL) != ANCHOR_VERTICAL)) {
		wlr_surface_reject_pending(layer->wlr_layer->surface, layer->wlr_layer->resource,
			ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
			"a size of 0 without anchors at both edges");
	}
}

/* Any number may be asked for. */
static void layer_make_safe(struct wlr_layer_surface_v1_state *state)
{
	int32_t *margins[] = {&state->margin.top, &state->margin.right, &state->margin.bottom,
		&state->margin.left, &state->exclusive_zone};
	for (size_t i = 0; i < sizeof(margins) / sizeof(margins[0]); i++) {
		*margins[i] = desktop_safe_coordinate(*margins[i]);
	}
	state->desired_width = (uint32_t)desktop_safe_side((int)state->desired_width);
	state->desired_height = (uint32_t)desktop_safe_side((int)state->desired_height);
}

static void layer_handle_commit(struct wl_listener *listener, void *data)
{
	struct layer *layer = wl_container_of(listener, layer, commit);
	struct wlr_layer_surface_v1 *wlr_layer = layer->wlr_layer;
	struct desktop *desktop = layer->desktop;
	layer_make_safe(&wlr_layer->current);
	if (wlr_layer->initial_commit || !wlr_layer->initialized) {
		layer->arranged = false;
	}
	struct wlr_scene_tree *parent = stack_layer(desktop, wlr_layer->current.layer);
	if (parent != NULL && layer->scene->tree->node.parent != parent) {
		wlr_scene_node_reparent(&layer->scene->tree->node, parent);
	}
	bool newly_mapped = wlr_layer->surface->mapped && !layer->was_mapped;
	layer_arrange(desktop, wlr_layer->output);
	layer->was_mapped = wlr_layer->surface->mapped;
	if (newly_mapped && layer_takes_keyboard(layer)) {
		seat_focus_layer(desktop->seat, layer);
	} else {
		seat_update_layer(desktop->seat, layer);
	}
	cursor_refocus(&desktop->seat->cursor);
}

static void layer_handle_unmap(struct wl_listener *listener, void *data)
{
	struct layer *layer = wl_container_of(listener, layer, unmap);
	layer->was_mapped = false;
	seat_forget_layer(layer->desktop->seat, layer);
}

static void layer_handle_new_popup(struct wl_listener *listener, void *data)
{
	struct layer *layer = wl_container_of(listener, layer, new_popup);
	popup_adopt(layer->desktop, data, layer->scene->tree);
}

static void layer_handle_destroy(struct wl_listener *listener, void *data)
{
	struct layer *layer = wl_container_of(listener, layer, destroy);
	struct desktop *desktop = layer->desktop;
	struct wlr_output *output = layer->wlr_layer->output;
	listener_detach(&layer->client_commit);
	listener_detach(&layer->commit);
	listener_detach(&layer->unmap);
	listener_detach(&layer->destroy);
	listener_detach(&layer->new_popup);
	wl_list_remove(&layer->link);
	free(layer);
	layer_arrange(desktop, output);
}

static bool layer_create(struct desktop *desktop, struct wlr_layer_surface_v1 *wlr_layer)
{
	struct layer *layer = calloc(1, sizeof(*layer));
	if (layer == NULL) {
		return false;
	}
	layer->desktop = desktop;
	layer->wlr_layer = wlr_layer;
	struct wlr_scene_tree *parent = stack_layer(desktop, wlr_layer->pending.layer);
	layer->scene = parent != NULL ? wlr_scene_layer_surface_v1_create(parent, wlr_layer) : NULL;
	if (layer->scene == NULL) {
		free(layer);
		return false;
	}
	wlr_layer->data = layer;
	wl_list_insert(&desktop->layers, &layer->link);
	struct wlr_surface *surface = wlr_layer->surface;
	listener_attach(
		&layer->client_commit, &surface->events.client_commit, layer_handle_client_commit);
	listener_attach(&layer->commit, &surface->events.commit, layer_handle_commit);
	listener_attach(&layer->unmap, &surface->events.unmap, layer_handle_unmap);
	listener_attach(&layer->destroy, &wlr_layer->events.destroy, layer_handle_destroy);
	listener_attach(&layer->new_popup, &wlr_layer->events.new_popup, layer_handle_new_popup);
	return true;
}

static void desktop_handle_new_layer(struct wl_listener *listener, void *data)
{
	struct desktop *desktop = wl_container_of(listener, desktop, new_layer);
	struct wlr_layer_surface_v1 *wlr_layer = data;
	if (wlr_layer->output == NULL) {
		wlr_layer->output = desktop_active_output(desktop);
	}
	if (wlr_layer->output == NULL) {
		wlr_layer_surface_v1_destroy(wlr_layer);
	} else if (!layer_create(desktop, wlr_layer)) {
		wl_resource_post_no_memory(wlr_layer->resource);
		wlr_layer_surface_v1_destroy(wlr_layer);
	}
}

/*
 * wlroots ends itself where an xdg_popup that was dismissed already is given to a layer
 * surface: this is asked before it, and closes the layer surface, which then ignores it.
 */
static void layer_handle_get_popup(void *data, const struct wl_protocol_logger_message *message)
{
	struct wl_resource *popup = (struct wl_resource *)message->arguments[0].o;
	if (wl_resource_get_user_data(popup) == NULL) {
		wlr_layer_surface_v1_destroy(wlr_layer_surface_v1_from_resource(message->resource));
	}
}

bool layer_init(struct desktop *desktop)
{
	wl_list_init(&desktop->layers);
	desktop->layer_shell = wlr_layer_shell_v1_create(desktop->display, LAYER_SHELL_VERSION);
	struct requests *requests = requests_get(desktop->display);
	if (desktop->layer_shell == NULL || requests == NULL ||
		!requests_watch(requests, WL_PROTOCOL_LOGGER_REQUEST, "zwlr_layer_surface_v1",
			"get_popup", layer_handle_get_popup, NULL)) {
		return false;
	}
	listener_attach(&desktop->new_layer, &desktop->layer_shell->events.new_surface,
		desktop_handle_new_layer);
	return true;
}

void layer_finish(struct desktop *desktop)
{
	listener_detach(&desktop->new_layer);
}

const struct wl_global *layer_global(const struct desktop *desktop)
{
	return desktop->layer_shell->global;
}

void layer_close(struct desktop *desktop, struct wlr_output *output)
{
	struct layer *layer, *tmp;
	wl_list_for_each_safe(layer, tmp, &desktop->layers, link) {
		if (layer->wlr_layer->output == output) {
			wlr_layer_surface_v1_destroy(layer->wlr_layer);
		}
	}
}

struct layer *layer_try_from_surface(struct wlr_surface *surface)
{
	const struct wlr_xdg_popup *popup;
	surface = surface != NULL ? wlr_surface_get_root_surface(surface) : NULL;
	while (surface != NULL && (popup = wlr_xdg_popup_try_from_wlr_surface(surface)) != NULL) {
		surface =
			popup->parent != NULL ? wlr_surface_get_root_surface(popup->parent) : NULL;
	}
	const struct wlr_layer_surface_v1 *wlr_layer =
		surface != NULL ? wlr_layer_surface_v1_try_from_wlr_surface(surface) : NULL;
	return wlr_layer != NULL ? wlr_layer->data : NULL;
}

bool layer_is_exclusive(const struct layer *layer)
{
	const struct wlr_layer_surface_v1_state *current = &layer->wlr_layer->current;
	return current->keyboard_interactive ==
		ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_EXCLUSIVE &&
		current->layer >= ZWLR_LAYER_SHELL_V1_LAYER_TOP;
}

bool layer_takes_keyboard(const struct layer *layer)
{
	return layer->wlr_layer->surface->mapped &&
		layer->wlr_layer->current.keyboard_interactive !=
		ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_NONE;
}
