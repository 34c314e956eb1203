/* SPDX-License-Identifier: MIT */
#include "nested/straight_watch.h"
#include "memory/clock.h"
#include "screen/listener.h"
#include "screen/output.h"
#include <wlr/interfaces/wlr_output.h>
#include <wlr/util/log.h>

#define LATE_MS 1000
#define REST_MS 10000

static int handle_late(void *data)
{
	struct straight_watch *watch = data;
	struct wlr_output *wlr_output = watch->output->wlr_output;
	if (!wlr_output->frame_pending || watch->output->straight.layers.count == 0) {
		return 0;
	}
	wlr_log(WLR_INFO, "straight: %s: the parent asks for no frame: composing one",
		wlr_output->name);
	watch->rests_until_ms = clock_now_ms() + REST_MS;
	wlr_output_send_frame(wlr_output);
	return 0;
}

static void watch_handle_needs_frame(struct wl_listener *listener, void *data)
{
	struct straight_watch *watch = wl_container_of(listener, watch, needs_frame);
	if (watch->output->wlr_output->frame_pending && watch->output->straight.layers.count > 0) {
		wl_event_source_timer_update(watch->late, LATE_MS);
	}
}

bool straight_watch_init(struct straight_watch *watch, struct output *output)
{
	struct wlr_output *wlr_output = output->wlr_output;
	watch->output = output;
	watch->late = wl_event_loop_add_timer(wlr_output->event_loop, handle_late, watch);
	if (watch->late == NULL) {
		return false;
	}
	listener_attach(
		&watch->needs_frame, &wlr_output->events.needs_frame, watch_handle_needs_frame);
	return true;
}

void straight_watch_finish(struct straight_watch *watch)
{
	listener_detach(&watch->needs_frame);
	if (watch->late != NULL) {
		wl_event_source_remove(watch->late);
	}
	watch->late = NULL;
}

void straight_watch_asked(struct straight_watch *watch)
{
	if (watch->late != NULL) {
		wl_event_source_timer_update(watch->late, 0);
	}
}

bool straight_watch_rests(const struct straight_watch *watch)
{
	return watch->rests_until_ms != 0 && clock_now_ms() < watch->rests_until_ms;
}
