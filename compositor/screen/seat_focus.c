/* SPDX-License-Identifier: MIT */
#include "screen/desktop.h"
#include "screen/foreign.h"
#include "screen/layer.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include "screen/toplevel.h"
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>

/* To the layer surface that has it, else to the focused window. */
static void seat_give_keyboard(struct seat *seat)
{
	struct wlr_surface *surface = NULL;
	if (seat->layer != NULL) {
		surface = seat->layer->wlr_layer->surface;
	} else if (seat->focused != NULL) {
		surface = seat->focused->xdg->base->surface;
	}
	const struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat->wlr_seat);
	if (surface == NULL) {
		wlr_seat_keyboard_notify_clear_focus(seat->wlr_seat);
	} else if (keyboard != NULL) {
		wlr_seat_keyboard_notify_enter(seat->wlr_seat, surface, keyboard->keycodes,
			keyboard->num_keycodes, &keyboard->modifiers);
	} else {
		wlr_seat_keyboard_notify_enter(seat->wlr_seat, surface, NULL, 0, NULL);
	}
}

static void seat_activate(struct seat *seat, struct toplevel *toplevel)
{
	struct toplevel *before = seat->focused;
	seat->focused = toplevel;
	if (before != NULL && before != toplevel) {
		wlr_xdg_toplevel_set_activated(before->xdg, false);
		foreign_update(before);
	}
	if (toplevel == NULL) {
		seat_give_keyboard(seat);
		layer_arrange(seat->desktop, NULL);
		return;
	}
	toplevel->minimized = false;
	wlr_scene_node_set_enabled(&toplevel->tree->node, true);
	stack_raise_window(seat->desktop, &toplevel->tree->node);
	wl_list_remove(&toplevel->link);
	wl_list_insert(&seat->desktop->toplevels, &toplevel->link);
	cursor_refocus(&seat->cursor);
	if (before != toplevel) {
		wlr_xdg_toplevel_set_activated(toplevel->xdg, true);
	}
	seat_give_keyboard(seat);
	foreign_update(toplevel);
	layer_arrange(seat->desktop, NULL);
}

void seat_focus(struct seat *seat, struct toplevel *toplevel)
{
	if (seat->layer != NULL && !layer_is_exclusive(seat->layer)) {
		seat->layer = NULL;
	}
	seat_activate(seat, toplevel);
}

/* To the one that had it last, of those that can be seen. */
static void seat_pass_focus_on(struct seat *seat)
{
	struct toplevel *next;
	wl_list_for_each(next, &seat->desktop->toplevels, link) {
		if (!next->minimized) {
			seat_activate(seat, next);
			return;
		}
	}
	seat_activate(seat, NULL);
}

void seat_forget(struct seat *seat, struct toplevel *toplevel)
{
	cursor_refocus(&seat->cursor);
	if (seat->focused == toplevel) {
		seat->focused = NULL;
		seat_pass_focus_on(seat);
	}
}

void seat_set_minimized(struct seat *seat, struct toplevel *toplevel, bool minimized)
{
	if (toplevel->minimized == minimized) {
		return;
	}
	if (!minimized) {
		seat_focus(seat, toplevel);
		return;
	}
	interactive_forget(&seat->interactive, toplevel);
	toplevel->minimized = true;
	wlr_scene_node_set_enabled(&toplevel->tree->node, false);
	cursor_refocus(&seat->cursor);
	if (seat->focused == toplevel) {
		seat_pass_focus_on(seat);
	}
	foreign_update(toplevel);
}

/* The newest of those that keep it from all others. */
static struct layer *find_exclusive(struct seat *seat)
{
	struct layer *layer;
	wl_list_for_each(layer, &seat->desktop->layers, link) {
		if (layer_is_exclusive(layer) && layer_takes_keyboard(layer)) {
			return layer;
		}
	}
	return NULL;
}

static void seat_set_layer(struct seat *seat, struct layer *layer)
{
	if (seat->layer != layer) {
		seat->layer = layer;
		seat_give_keyboard(seat);
		layer_arrange(seat->desktop, NULL);
	}
}

void seat_focus_layer(struct seat *seat, struct layer *layer)
{
	bool held = seat->layer != NULL && layer_is_exclusive(seat->layer);
	if (layer_takes_keyboard(layer) && (!held || layer_is_exclusive(layer))) {
		seat_set_layer(seat, layer);
	}
}

void seat_update_layer(struct seat *seat, struct layer *layer)
{
	if (seat->layer == layer && !layer_takes_keyboard(layer)) {
		seat_set_layer(seat, find_exclusive(seat));
	} else if (layer_takes_keyboard(layer) && layer_is_exclusive(layer) &&
		(seat->layer == NULL || !layer_is_exclusive(seat->layer))) {
		seat_set_layer(seat, layer);
	}
}

void seat_forget_layer(struct seat *seat, struct layer *layer)
{
	if (seat->layer == layer) {
		seat_set_layer(seat, find_exclusive(seat));
	}
}

void seat_focus_surface(struct seat *seat, struct wlr_surface *surface, struct toplevel *toplevel)
{
	struct layer *layer = toplevel == NULL ? layer_try_from_surface(surface) : NULL;
	if (toplevel != NULL) {
		seat_focus(seat, toplevel);
	} else if (layer != NULL) {
		seat_focus_layer(seat, layer);
	}
}
