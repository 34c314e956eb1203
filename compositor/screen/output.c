/* SPDX-License-Identifier: MIT */
#include "screen/output.h"
#include "guards/overdraw.h"
#include "memory/clock.h"
#include "memory/each_frame.h"
#include "renderer/render_context.h"
#include "screen/desktop.h"
#include "screen/filter.h"
#include "screen/layer.h"
#include "screen/listener.h"
#include "screen/output_manager.h"
#include "screen/output_setup.h"
#include <stdlib.h>
#include <time.h>
#include <wlr/backend/drm.h>
#include <wlr/backend/wayland.h>
#include <wlr/backend/x11.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/log.h>

#define RETRY_MS 100
/* After a window's own buffer was not shown after all. */
#define COMPOSE_MS 10000
/* For all outputs together. */
#define PARENT_ANSWER_MS 10000

static void plan_buffer(struct wlr_scene_buffer *scene_buffer, int lx, int ly, void *data)
{
	straight_plan_add(data, scene_buffer, lx, ly);
}

static void output_begin_composing(struct output *output)
{
	wlr_log(WLR_ERROR, "output: %s takes a window's own buffer and fails to show it: composing",
		output->wlr_output->name);
	if (output->composes_until_ms == 0) {
		wlr_output_lock_attach_render(output->wlr_output, true);
	}
	output->composes_until_ms = clock_now_ms() + COMPOSE_MS;
}

static void output_end_composing(struct output *output)
{
	if (output->composes_until_ms != 0) {
		wlr_output_lock_attach_render(output->wlr_output, false);
		output->composes_until_ms = 0;
	}
}

static bool output_build_straight(struct output *output, struct wlr_output_state *state)
{
	struct straight_plan plan;
	if (straight_is_possible(output)) {
		straight_plan_begin(&plan, output);
		wlr_scene_output_for_each_buffer(output->scene_output, plan_buffer, &plan);
	}
	return straight_build_state(output, &plan, state);
}

/* `handed_on` is set if what is to be shown is a window's own buffer. */
static bool output_build_state(
	struct output *output, struct wlr_output_state *state, bool *handed_on)
{
	if (output->nested && output_build_straight(output, state)) {
		*handed_on = true;
		return true;
	}
	bool ok = wlr_scene_output_build_state(output->scene_output, state, NULL);
	*handed_on = ok && wlr_client_buffer_get(state->buffer) != NULL;
	if (ok && !*handed_on) {
		gesso_render_context_wait(output->desktop->context);
	}
	if (output->nested) {
		straight_leave(output, state);
	}
	return ok;
}

EACH_FRAME static bool output_show(struct output *output, bool *handed_on)
{
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	bool ok = output_build_state(output, &state, handed_on) &&
		wlr_output_commit_state(output->wlr_output, &state);
	if (output->nested) {
		straight_committed(output, ok);
	}
	wlr_output_state_finish(&state);
	return ok;
}

static bool output_draw(struct output *output)
{
	struct desktop *desktop = output->desktop;
	bool handed_on;
	if (!output->wlr_output->needs_frame &&
		!pixman_region32_not_empty(&output->scene_output->pending_commit_damage)) {
		return true;
	}
	size_t buffers = filter_choose_in(&desktop->scene->tree, filter_common_scale(desktop));
	if (!overdraw_check(output->scene_output, buffers)) {
		wl_event_source_timer_update(output->retry, 1);
		return true;
	}
	if (output->composes_until_ms != 0 && clock_now_ms() >= output->composes_until_ms) {
		output_end_composing(output);
	}
	if (output_show(output, &handed_on)) {
		return true;
	}
	if (!handed_on) {
		return false;
	}
	output_begin_composing(output);
	return output_show(output, &handed_on);
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
	if (output->scene_output != NULL) {
		wlr_output_schedule_frame(output->wlr_output);
	}
	return 0;
}

/*
 * Of two pictures that are due at the same time an X server may show either last, and one that
 * was sent for a new size, blank, is followed at once by the event of a later commit without
 * a picture, at which wlroots asks for a frame. So a frame is drawn only once all that was
 * committed before it has been presented.
 */
static bool is_ordered(const struct output *output)
{
	return output->unpresented == 0;
}

EACH_FRAME static void output_handle_commit(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, commit);
	const struct wlr_output_event_commit *event = data;
	struct wlr_output *wlr_output = output->wlr_output;
	if (!wlr_output->enabled) {
		return; /* which has no present event */
	}
	if (output->present.notify != NULL) {
		output->unpresented++;
	}
	/* wlroots takes it for the frame that was asked for, as by a capture or after an expose */
	if (!(event->state->committed & WLR_OUTPUT_STATE_BUFFER)) {
		wlr_output_schedule_frame(wlr_output);
	}
}

static void output_handle_present(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, present);
	if (output->unpresented > 0) {
		output->unpresented--;
	}
}

EACH_FRAME static void output_handle_frame(struct wl_listener *listener, void *data)
{
	struct output *output = wl_container_of(listener, output, frame);
	if (output->nested) {
		straight_asked(output);
	}
	if (output->scene_output == NULL || !is_ordered(output)) {
		return;
	}
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
	if (output->starting || !output->wlr_output->enabled) {
		if (event->state->committed & WLR_OUTPUT_STATE_MODE) {
			output->requested_width_px = event->state->custom_mode.width;
			output->requested_height_px = event->state->custom_mode.height;
		}
		return;
	}
	struct wlr_output_state state = *event->state;
	straight_leave(output, &state);
	bool ok = wlr_output_commit_state(output->wlr_output, &state);
	straight_committed(output, ok);
	if (!ok) {
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
	output_manager_outputs_changed(&desktop->output_manager);
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
	output_setup_prepare(output);
	return true;
}

static void output_start(struct output *output)
{
	struct wlr_output *wlr_output = output->wlr_output;
	output->pending = false;
	if (!output_setup_first(output)) {
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
	output->nested = wlr_output_is_wl(wlr_output);
	wl_list_insert(desktop->outputs.prev, &output->link);
	listener_attach(&output->request_state, &wlr_output->events.request_state,
		output_handle_request_state);
	listener_attach(&output->frame, &wlr_output->events.frame, output_handle_frame);
	listener_attach(&output->commit, &wlr_output->events.commit, output_handle_commit);
	if (wlr_output_is_x11(wlr_output)) {
		listener_attach(
			&output->present, &wlr_output->events.present, output_handle_present);
	}
	listener_attach(&output->destroy, &wlr_output->events.destroy, output_handle_destroy);

	if (!output_init(output)) {
		wlr_log(WLR_ERROR, "output: %s cannot be shown", wlr_output->name);
		output_destroy(output);
	} else if (wlr_output_is_wl(wlr_output)) {
		output_setup_announce(output);
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

void output_start_pending(struct desktop *desktop)
{
	output_setup_wait(desktop, PARENT_ANSWER_MS);
	struct output *output;
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
	listener_detach(&output->commit);
	listener_detach(&output->present);
	listener_detach(&output->request_state);
	listener_detach(&output->destroy);
	layer_close(output->desktop, output->wlr_output);
	/* windows that lie there find their way by its place */
	output_setup_hide(output);
	straight_finish(output);
	output_end_composing(output);
	wl_list_remove(&output->link);
	if (output->retry != NULL) {
		wl_event_source_remove(output->retry);
	}
	free(output);
}

void output_fit(struct output *output)
{
	output->box = desktop_output_box(output->desktop, output->wlr_output);
	if (output->ground != NULL) {
		wlr_scene_node_set_position(&output->ground->node, output->box.x, output->box.y);
		wlr_scene_rect_set_size(output->ground, output->box.width, output->box.height);
	}
}
