/* SPDX-License-Identifier: MIT */
#include "screen/output_setup.h"
#include "nested/parent.h"
#include "nested/parent_ask.h"
#include "renderer/render_context.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include "screen/stack.h"
#include <wayland-client.h>
#include <wlr/backend/wayland.h>
#include <wlr/backend/x11.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_output_management_v1.h>
#include <wlr/types/wlr_scene.h>

/* The white of chalk in glue. */
static const float ground_color[4] = {0.910f, 0.894f, 0.855f, 1.0f};

static void handle_taken(void *data)
{
	struct desktop *desktop = data;
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->scene_output != NULL) {
			wlr_output_schedule_frame(output->wlr_output);
		}
	}
}

/* Without it everything is composed. */
static void listen_to_parent(struct desktop *desktop, struct wlr_backend *backend)
{
	if (desktop->parent_ask == NULL) {
		struct wl_display *parent = wlr_wl_backend_get_remote_display(backend);
		desktop->parent_ask = parent_ask_create(wl_display_get_event_loop(desktop->display),
			wl_display_get_fd(parent), handle_taken, desktop);
	}
}

void output_setup_prepare(struct output *output)
{
	struct wlr_output *wlr_output = output->wlr_output;
	const struct gesso_render_context *context = output->desktop->context;
	/* no one would wait for the picture of a cursor to be rasterised */
	if (context->gles2 && context->software) {
		wlr_output_lock_software_cursors(wlr_output, true);
	}
	if (!wlr_output_is_wl(wlr_output) && !wlr_output_is_x11(wlr_output)) {
		return;
	}
	wlr_output_lock_attach_render(wlr_output, true);
	if (wlr_output_is_wl(wlr_output)) {
		listen_to_parent(output->desktop, wlr_output->backend);
		straight_init(output);
		wlr_wl_output_set_title(wlr_output, "Gesso");
		wlr_wl_output_set_app_id(wlr_output, "gesso");
	} else {
		wlr_x11_output_set_title(wlr_output, "Gesso");
	}
}

void output_setup_announce(struct output *output)
{
	output->starting = output->pending = true;
	output->answered = false;
	wl_surface_commit(wlr_wl_output_get_surface(output->wlr_output));
}

static struct wl_display *find_parent(const struct desktop *desktop)
{
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->pending) {
			return wlr_wl_backend_get_remote_display(output->wlr_output->backend);
		}
	}
	return NULL;
}

/*
 * A parent may answer only once it is idle: hence two round trips. An answer with no
 * size, or with the one that the output has, is not passed on by wlroots.
 */
void output_setup_wait(struct desktop *desktop, int timeout_ms)
{
	struct wl_display *parent = find_parent(desktop);
	if (parent == NULL) {
		return;
	}
	int64_t deadline_ms = parent_deadline_ms(timeout_ms);
	bool ok = parent_roundtrip(parent, deadline_ms) && parent_roundtrip(parent, deadline_ms);
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		output->answered = output->answered || ok;
	}
}

static void set_first_mode(const struct output *output, struct wlr_output_state *state)
{
	const struct options *options = output->desktop->options;
	struct wlr_output_mode *mode = wlr_output_preferred_mode(output->wlr_output);
	if (mode != NULL) {
		wlr_output_state_set_mode(state, mode);
	} else if (output->requested_width_px > 0 && output->requested_height_px > 0) {
		wlr_output_state_set_custom_mode(
			state, output->requested_width_px, output->requested_height_px, 0);
	} else {
		wlr_output_state_set_custom_mode(state, options->width_px, options->height_px, 0);
	}
}

/* A parent that has no wish, or wishes for the backend's default, is not heard: ours holds. */
static bool turn_on(struct output *output, struct wlr_output_state *state)
{
	struct wlr_output *wlr_output = output->wlr_output;
	output->starting = true;
	bool ok = wlr_output_commit_state(wlr_output, state);
	output->starting = false;

	int width_px = output->requested_width_px, height_px = output->requested_height_px;
	if (ok && width_px > 0 && height_px > 0 &&
		(width_px != wlr_output->width || height_px != wlr_output->height)) {
		struct wlr_output_state again;
		wlr_output_state_init(&again);
		wlr_output_state_set_custom_mode(&again, width_px, height_px, 0);
		ok = wlr_output_commit_state(wlr_output, &again);
		wlr_output_state_finish(&again);
	}
	output->requested_width_px = output->requested_height_px = 0;
	return ok;
}

static bool show(struct output *output)
{
	struct desktop *desktop = output->desktop;
	output->scene_output = wlr_scene_output_create(desktop->scene, output->wlr_output);
	output->ground = stack_ground(desktop, ground_color);
	if (output->scene_output == NULL || output->ground == NULL) {
		return false;
	}
	struct wlr_output_layout_output *place =
		wlr_output_layout_add_auto(desktop->layout, output->wlr_output);
	if (place == NULL) {
		return false;
	}
	wlr_scene_output_layout_add_output(desktop->scene_layout, place, output->scene_output);
	return true;
}

void output_setup_hide(struct output *output)
{
	if (output->ground != NULL) {
		wlr_scene_node_destroy(&output->ground->node);
	}
	wlr_scene_output_destroy(output->scene_output);
	output->ground = NULL;
	output->scene_output = NULL;
	wlr_output_layout_remove(output->desktop->layout, output->wlr_output);
}

bool output_setup_first(struct output *output)
{
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	set_first_mode(output, &state);
	if (output->desktop->options->scale > 0) {
		wlr_output_state_set_scale(&state, output->desktop->options->scale);
	}
	bool ok = turn_on(output, &state);
	wlr_output_state_finish(&state);
	return ok && show(output);
}

/* What is off may have no mode to come back to. */
static bool commit_on(struct output *output, const struct wlr_output_head_v1_state *wanted)
{
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_head_v1_state_apply(wanted, &state);
	bool parent_decides = output->requested_width_px > 0 && output->requested_height_px > 0;
	bool modeless = wanted->mode == NULL && wanted->custom_mode.width == 0;
	if (modeless || (parent_decides && !output->wlr_output->enabled)) {
		set_first_mode(output, &state);
	}
	straight_leave(output, &state);
	bool ok = output->wlr_output->enabled ? wlr_output_commit_state(output->wlr_output, &state)
					      : turn_on(output, &state);
	straight_committed(output, ok);
	wlr_output_state_finish(&state);
	return ok;
}

static bool commit_off(struct output *output)
{
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, false);
	straight_hide(output);
	bool ok = wlr_output_commit_state(output->wlr_output, &state);
	wlr_output_state_finish(&state);
	if (ok) {
		output_setup_hide(output);
	}
	return ok;
}

/* Whether another output lies where this one would. */
static bool is_taken(const struct output *output, int x, int y)
{
	struct wlr_box box = {.x = x, .y = y}, common;
	wlr_output_effective_resolution(output->wlr_output, &box.width, &box.height);
	struct output *other;
	wl_list_for_each(other, &output->desktop->outputs, link) {
		struct wlr_box theirs = desktop_output_box(output->desktop, other->wlr_output);
		if (other != output && wlr_box_intersection(&common, &box, &theirs)) {
			return true;
		}
	}
	return false;
}

bool output_setup_change(struct output *output, const struct wlr_output_head_v1_state *wanted)
{
	struct wlr_output_layout *layout = output->desktop->layout;
	if (!wanted->enabled) {
		return !output->wlr_output->enabled || commit_off(output);
	}
	const struct wlr_output_layout_output *place =
		wlr_output_layout_get(layout, output->wlr_output);
	bool stays = place != NULL && place->auto_configured && place->x == wanted->x &&
		place->y == wanted->y;
	bool was_on = output->scene_output != NULL;
	if (!commit_on(output, wanted) || (!was_on && !show(output))) {
		return false;
	}
	if (stays || (!was_on && is_taken(output, wanted->x, wanted->y))) {
		return true;
	}
	return wlr_output_layout_add(layout, output->wlr_output, wanted->x, wanted->y) != NULL;
}
