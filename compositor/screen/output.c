/* SPDX-License-Identifier: MIT */
#include "screen/output.h"
#include "renderer/render_context.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/parent.h"
#include "screen/parent_ask.h"
#include "screen/straight.h"
#include <stdlib.h>
#include <time.h>
#include <wayland-client.h>
#include <wlr/backend/drm.h>
#include <wlr/backend/wayland.h>
#include <wlr/backend/x11.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

#define RETRY_MS 100
/* For all outputs together. */
#define PARENT_ANSWER_MS 10000

/* The white of chalk in glue. */
static const float ground_color[4] = {0.910f, 0.894f, 0.855f, 1.0f};

/* A lone pixel is a colour for a whole rectangle: blended with its neighbours it would fade. */
static void choose_filter(struct wlr_scene_buffer *scene_buffer, int lx, int ly, void *data)
{
	const struct wlr_buffer *buffer = scene_buffer->buffer;
	bool lone_pixel = buffer != NULL && buffer->width == 1 && buffer->height == 1;
	wlr_scene_buffer_set_filter_mode(
		scene_buffer, lone_pixel ? WLR_SCALE_FILTER_NEAREST : WLR_SCALE_FILTER_BILINEAR);
}

static bool output_draw(struct output *output)
{
	struct wlr_scene_output *scene_output = output->scene_output;
	if (!output->wlr_output->needs_frame &&
		!pixman_region32_not_empty(&scene_output->pending_commit_damage)) {
		return true;
	}
	wlr_scene_output_for_each_buffer(scene_output, choose_filter, NULL);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	bool ok = straight_build_state(output, &state);
	if (!ok) {
		ok = wlr_scene_output_build_state(scene_output, &state, NULL);
		if (ok) {
			gesso_render_context_wait(output->desktop->context);
		}
	}
	ok = ok && wlr_output_commit_state(output->wlr_output, &state);
	straight_committed(output);
	wlr_output_state_finish(&state);
	return ok;
}

/* Without a commit no frame event would ever come again. */
static void output_draw_failed(struct output *output)
{
	if (!output->failing) {
		wlr_log(WLR_ERROR, "output: drawing a frame on %s failed: trying again every %d ms",
			output->wlr_output->name, RETRY_MS);
	}
	output->failing = true;
	wl_event_source_timer_update(output->retry, RETRY_MS);
}

static int output_handle_retry(void *data)
{
	struct output *output = data;
	wlr_output_schedule_frame(output->wlr_output);
	return 0;
}

static void output_handle_frame(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, frame);
	if (output_draw(output)) {
		output->failing = false;
	} else {
		output_draw_failed(output);
	}
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	wlr_scene_output_send_frame_done(output->scene_output, &now);
}

static void output_handle_request_state(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, request_state);
	const struct wlr_output_event_request_state *event = data;
	output->answered = true;
	if (output->starting) {
		if (event->state->committed & WLR_OUTPUT_STATE_MODE) {
			output->requested_width_px = event->state->custom_mode.width;
			output->requested_height_px = event->state->custom_mode.height;
		}
		return;
	}
	if (!wlr_output_commit_state(output->wlr_output, event->state)) {
		wlr_log(WLR_ERROR, "output: %s refused the state asked for",
			output->wlr_output->name);
	}
}

static void output_handle_destroy(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, destroy);
	struct desktop *desktop = output->desktop;
	/* an unplugged screen may come back, a closed window does not */
	bool may_return = wlr_output_is_drm(output->wlr_output);
	output_destroy(output);
	if (wl_list_empty(&desktop->outputs) && !may_return) {
		wlr_log(WLR_INFO, "output: the last one is gone: ending");
		wl_display_terminate(desktop->display);
	}
}

static bool output_is_nested(const struct output *output)
{
	return wlr_output_is_wl(output->wlr_output) || wlr_output_is_x11(output->wlr_output);
}

/* Without it everything is composed. */
static void listen_to_parent(struct desktop *desktop, struct wlr_backend *backend)
{
	if (desktop->parent_ask == NULL) {
		struct wl_display *parent = wlr_wl_backend_get_remote_display(backend);
		desktop->parent_ask = parent_ask_create(
			wl_display_get_event_loop(desktop->display), wl_display_get_fd(parent));
	}
}

static void output_set_up_nested(struct output *output)
{
	wlr_output_lock_attach_render(output->wlr_output, true);
	if (output->desktop->context->gles2 && output->desktop->context->software) {
		wlr_output_lock_software_cursors(output->wlr_output, true);
	}
	if (wlr_output_is_wl(output->wlr_output)) {
		listen_to_parent(output->desktop, output->wlr_output->backend);
		wlr_wl_output_set_title(output->wlr_output, "Gesso");
		wlr_wl_output_set_app_id(output->wlr_output, "gesso");
	} else {
		wlr_x11_output_set_title(output->wlr_output, "Gesso");
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
	if (options->scale > 0) {
		wlr_output_state_set_scale(state, options->scale);
	}
}

/* A parent that has no wish, or wishes for the backend's default, is not heard: ours holds. */
static bool output_turn_on(struct output *output)
{
	struct wlr_output *wlr_output = output->wlr_output;
	struct wlr_output_state state;
	output->starting = true;
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	set_first_mode(output, &state);
	bool ok = wlr_output_commit_state(wlr_output, &state);
	output->starting = false;
	wlr_output_state_finish(&state);

	int width_px = output->requested_width_px, height_px = output->requested_height_px;
	if (ok && width_px > 0 && height_px > 0 &&
		(width_px != wlr_output->width || height_px != wlr_output->height)) {
		wlr_output_state_init(&state);
		wlr_output_state_set_custom_mode(&state, width_px, height_px, 0);
		ok = wlr_output_commit_state(wlr_output, &state);
		wlr_output_state_finish(&state);
	}
	return ok;
}

static bool output_show_desktop(struct output *output)
{
	struct desktop *desktop = output->desktop;
	struct wlr_output_layout_output *place =
		wlr_output_layout_add_auto(desktop->layout, output->wlr_output);
	output->scene_output = wlr_scene_output_create(desktop->scene, output->wlr_output);
	output->ground = wlr_scene_rect_create(desktop->ground, 0, 0, ground_color);
	if (place == NULL || output->scene_output == NULL || output->ground == NULL) {
		return false;
	}
	wlr_scene_output_layout_add_output(desktop->scene_layout, place, output->scene_output);
	output_lay_ground(output);
	return true;
}

static bool output_init(struct output *output)
{
	struct desktop *desktop = output->desktop;
	output->retry = wl_event_loop_add_timer(
		wl_display_get_event_loop(desktop->display), output_handle_retry, output);
	if (output->retry == NULL ||
		!gesso_render_context_init_output(desktop->context, output->wlr_output)) {
		return false;
	}
	if (output_is_nested(output)) {
		output_set_up_nested(output);
	}
	return true;
}

static void output_start(struct output *output)
{
	struct wlr_output *wlr_output = output->wlr_output;
	output->pending = false;
	if (!output_turn_on(output) || !output_show_desktop(output)) {
		wlr_log(WLR_ERROR, "output: %s cannot be shown", wlr_output->name);
		output_destroy(output);
		return;
	}
	wlr_log(WLR_INFO, "output: %s, %d x %d pixels, scale %.2f", wlr_output->name,
		wlr_output->width, wlr_output->height, (double)wlr_output->scale);
}

void output_create(struct desktop *desktop, struct wlr_output *wlr_output)
{
	struct output *output = calloc(1, sizeof(*output));
	if (output == NULL) {
		wlr_log(WLR_ERROR, "output: %s is not shown: no memory", wlr_output->name);
		return;
	}
	output->desktop = desktop;
	output->wlr_output = wlr_output;
	output->composed_because = "nothing was shown yet";
	wl_list_insert(desktop->outputs.prev, &output->link);
	listener_attach(&output->request_state, &wlr_output->events.request_state,
		output_handle_request_state);
	listener_attach(&output->frame, &wlr_output->events.frame, output_handle_frame);
	listener_attach(&output->destroy, &wlr_output->events.destroy, output_handle_destroy);

	if (!output_init(output)) {
		wlr_log(WLR_ERROR, "output: %s cannot be shown", wlr_output->name);
		output_destroy(output);
	} else if (wlr_output_is_wl(wlr_output)) {
		output->starting = output->pending = true;
		wl_surface_commit(wlr_wl_output_get_surface(wlr_output));
	} else {
		output_start(output);
	}
}

static struct output *find_pending(struct desktop *desktop)
{
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		if (output->pending) {
			return output;
		}
	}
	return NULL;
}

/*
 * A parent may answer only once it is idle: hence two round trips. An answer with no
 * size, or with the one that the output has, is not passed on by wlroots.
 */
static void wait_for_answers(struct desktop *desktop, struct wl_display *parent)
{
	int64_t deadline_ms = parent_deadline_ms(PARENT_ANSWER_MS);
	bool ok = parent_roundtrip(parent, deadline_ms) && parent_roundtrip(parent, deadline_ms);
	struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		output->answered = output->answered || ok;
	}
}

void output_start_pending(struct desktop *desktop)
{
	struct output *output = find_pending(desktop);
	if (output != NULL) {
		wait_for_answers(
			desktop, wlr_wl_backend_get_remote_display(output->wlr_output->backend));
	}
	while ((output = find_pending(desktop)) != NULL) {
		if (output->answered) {
			output_start(output);
		} else {
			wlr_log(WLR_ERROR,
				"output: %s is not shown: the parent has not answered in %d s",
				output->wlr_output->name, PARENT_ANSWER_MS / 1000);
			output_destroy(output);
		}
	}
}

void output_destroy(struct output *output)
{
	listener_detach(&output->frame);
	listener_detach(&output->request_state);
	listener_detach(&output->destroy);
	wl_list_remove(&output->link);
	if (output->retry != NULL) {
		wl_event_source_remove(output->retry);
	}
	if (output->ground != NULL) {
		wlr_scene_node_destroy(&output->ground->node);
	}
	wlr_scene_output_destroy(output->scene_output);
	wlr_output_layout_remove(output->desktop->layout, output->wlr_output);
	free(output);
}

void output_lay_ground(struct output *output)
{
	struct wlr_box box = desktop_output_box(output->desktop, output->wlr_output);
	if (output->ground == NULL) {
		return;
	}
	wlr_scene_node_set_position(&output->ground->node, box.x, box.y);
	wlr_scene_rect_set_size(output->ground, box.width, box.height);
}
