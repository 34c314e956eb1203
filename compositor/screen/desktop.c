/* SPDX-License-Identifier: MIT */
#include "screen/desktop.h"
#include "allocators/layout.h"
#include "nested/parent_ask.h"
#include "screen/cursor.h"
#include "screen/decoration.h"
#include "screen/foreign.h"
#include "screen/listener.h"
#include "screen/output.h"
#include "screen/placement.h"
#include "screen/popup.h"
#include "screen/seat.h"
#include "screen/stack.h"
#include "screen/toplevel.h"
#include <wlr/backend.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/types/wlr_xdg_output_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

#define XDG_SHELL_VERSION 6
#define MAX_COORDINATE_PX (1 << 24)

static void desktop_handle_new_output(struct wl_listener *listener, void *data)
{
	struct desktop *desktop = wl_container_of(listener, desktop, new_output);
	output_create(desktop, data);
}

/* The output that the middle of the window was on before the layout changed; may be NULL. */
static struct output *find_home(struct desktop *desktop, const struct toplevel *toplevel)
{
	struct wlr_box box = toplevel_box(toplevel);
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (wlr_box_contains_point(
			    &output->box, box.x + box.width / 2.0, box.y + box.height / 2.0)) {
			return output;
		}
	}
	return NULL;
}

/* A window goes with its output, or to another one if that is gone. */
static void fit_windows(struct desktop *desktop)
{
	struct wlr_box nowhere = {0};
	struct wlr_box active = desktop_output_box(desktop, desktop_active_output(desktop));
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &desktop->toplevels, link) {
		const struct output *home = find_home(desktop, toplevel);
		struct wlr_box box =
			desktop_output_box(desktop, home != NULL ? home->wlr_output : NULL);
		placement_refit(toplevel, home != NULL ? &home->box : &nowhere,
			wlr_box_empty(&box) ? &active : &box);
		foreign_update(toplevel);
	}
}

/* Onto an output, if it is on none any more. */
static void fit_cursor(struct desktop *desktop)
{
	struct wlr_cursor *cursor = desktop->seat->cursor.cursor;
	bool outside = wlr_output_layout_output_at(desktop->layout, cursor->x, cursor->y) == NULL;
	if (outside && desktop_active_output(desktop) != NULL) {
		wlr_cursor_warp_closest(cursor, NULL, cursor->x, cursor->y);
	}
	cursor_refocus(&desktop->seat->cursor);
}

static void fit(struct desktop *desktop)
{
	fit_windows(desktop);
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		output_fit(output);
	}
	layer_arrange(desktop, NULL);
	fit_cursor(desktop);
	output_manager_outputs_changed(&desktop->output_manager);
}

static void desktop_handle_layout_change(struct wl_listener *listener, void *data)
{
	struct desktop *desktop = wl_container_of(listener, desktop, layout_change);
	if (!desktop->layout_held) {
		fit(desktop);
	}
}

void desktop_begin_layout(struct desktop *desktop)
{
	desktop->layout_held = true;
}

void desktop_end_layout(struct desktop *desktop)
{
	desktop->layout_held = false;
	fit(desktop);
}

static void desktop_handle_new_toplevel(struct wl_listener *listener, void *data)
{
	struct desktop *desktop = wl_container_of(listener, desktop, new_toplevel);
	toplevel_create(desktop, data);
}

static void desktop_handle_new_popup(struct wl_listener *listener, void *data)
{
	struct desktop *desktop = wl_container_of(listener, desktop, new_popup);
	popup_create(desktop, data);
}

static void desktop_handle_new_decoration(struct wl_listener *listener, void *data)
{
	decoration_create(data);
}

static bool init_scene(struct desktop *desktop)
{
	desktop->layout = wlr_output_layout_create(desktop->display);
	desktop->scene = wlr_scene_create();
	if (desktop->layout == NULL || desktop->scene == NULL) {
		return false;
	}
	desktop->scene_layout = wlr_scene_attach_output_layout(desktop->scene, desktop->layout);
	return desktop->scene_layout != NULL &&
		wlr_xdg_output_manager_v1_create(desktop->display, desktop->layout) != NULL;
}

bool desktop_init(struct desktop *desktop)
{
	wl_list_init(&desktop->outputs);
	wl_list_init(&desktop->toplevels);
	wl_list_init(&desktop->popups);
	wl_list_init(&desktop->entrusted);
	if (!init_scene(desktop)) {
		return false;
	}
	struct wlr_xdg_shell *shell = wlr_xdg_shell_create(desktop->display, XDG_SHELL_VERSION);
	struct wlr_xdg_decoration_manager_v1 *decorations =
		wlr_xdg_decoration_manager_v1_create(desktop->display);
	if (shell == NULL || decorations == NULL || !foreign_init(desktop) ||
		!layer_init(desktop) || !output_manager_init(&desktop->output_manager, desktop)) {
		return false;
	}
	listener_attach(&desktop->new_output, &desktop->backend->events.new_output,
		desktop_handle_new_output);
	listener_attach(&desktop->layout_change, &desktop->layout->events.change,
		desktop_handle_layout_change);
	listener_attach(
		&desktop->new_toplevel, &shell->events.new_toplevel, desktop_handle_new_toplevel);
	listener_attach(&desktop->new_popup, &shell->events.new_popup, desktop_handle_new_popup);
	listener_attach(&desktop->new_decoration, &decorations->events.new_toplevel_decoration,
		desktop_handle_new_decoration);
	return true;
}

void desktop_finish(struct desktop *desktop)
{
	foreign_finish(desktop);
	listener_detach(&desktop->new_output);
	listener_detach(&desktop->layout_change);
	listener_detach(&desktop->new_toplevel);
	listener_detach(&desktop->new_popup);
	listener_detach(&desktop->new_decoration);
	layer_finish(desktop);
	output_manager_finish(&desktop->output_manager);
	if (desktop->scene == NULL) {
		return;
	}
	struct output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &desktop->outputs, link) {
		output_destroy(output);
	}
	parent_ask_destroy(desktop->parent_ask);
	wlr_scene_node_destroy(&desktop->scene->tree.node);
}

struct wlr_surface *desktop_surface_at(struct desktop *desktop, double lx, double ly, double *sx,
	double *sy, struct toplevel **toplevel)
{
	double node_x, node_y;
	struct wlr_scene_node *node = stack_node_at(desktop, lx, ly, &node_x, &node_y);
	if (toplevel != NULL) {
		*toplevel = NULL;
	}
	if (node == NULL || node->type != WLR_SCENE_NODE_BUFFER) {
		return NULL;
	}
	struct wlr_scene_surface *scene_surface =
		wlr_scene_surface_try_from_buffer(wlr_scene_buffer_from_node(node));
	if (scene_surface == NULL) {
		return NULL;
	}
	if (sx != NULL && sy != NULL) {
		*sx = node_x;
		*sy = node_y;
	}
	struct wlr_scene_tree *tree = node->parent;
	while (toplevel != NULL && tree != NULL && *toplevel == NULL) {
		*toplevel = tree->node.data;
		tree = tree->node.parent;
	}
	/* a popup can be seen whose window cannot, or not yet */
	if (toplevel != NULL && *toplevel != NULL && !(*toplevel)->xdg->base->surface->mapped) {
		*toplevel = NULL;
	}
	return scene_surface->surface;
}

void desktop_ask_for_pictures(struct desktop *desktop)
{
	struct toplevel *toplevel;
	wl_list_for_each(toplevel, &desktop->toplevels, link) {
		const struct wlr_surface *surface = toplevel->xdg->base->surface;
		if (surface->buffer != NULL && surface->buffer->texture == NULL) {
			wlr_xdg_surface_schedule_configure(toplevel->xdg->base);
		}
	}
}

struct wlr_output *desktop_active_output(struct desktop *desktop)
{
	struct wlr_cursor *cursor = desktop->seat->cursor.cursor;
	struct wlr_output *output =
		wlr_output_layout_output_at(desktop->layout, cursor->x, cursor->y);
	struct output *first;
	wl_list_for_each(first, &desktop->outputs, link) {
		if (output == NULL && wlr_output_layout_get(desktop->layout, first->wlr_output)) {
			output = first->wlr_output;
		}
	}
	return output;
}

int desktop_safe_coordinate(int px)
{
	return px < -MAX_COORDINATE_PX ? -MAX_COORDINATE_PX
				       : (px > MAX_COORDINATE_PX ? MAX_COORDINATE_PX : px);
}

int desktop_safe_side(int px)
{
	return px < 0 ? 0 : (px > GESSO_MAX_SIDE_PX ? GESSO_MAX_SIDE_PX : px);
}

struct wlr_box desktop_output_box(struct desktop *desktop, struct wlr_output *output)
{
	struct wlr_box box = {0};
	if (output != NULL) {
		wlr_output_layout_get_box(desktop->layout, output, &box);
	}
	return box;
}

struct wlr_box desktop_usable_box(struct desktop *desktop, struct wlr_output *wlr_output)
{
	const struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->wlr_output == wlr_output && !wlr_box_empty(&output->usable)) {
			return output->usable;
		}
	}
	return desktop_output_box(desktop, wlr_output);
}
