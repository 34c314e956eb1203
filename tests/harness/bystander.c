/* SPDX-License-Identifier: MIT */
#include "bystander.h"
#include "case.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <time.h>

#define SIDE_PX 16
#define ANSWER_SECONDS 30

static void commit(struct bystander *bystander);

static void bystander_handle_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct bystander *bystander = data;
	wl_callback_destroy(callback);
	bystander->frames++;
	commit(bystander);
}

static const struct wl_callback_listener frame_listener = {.done = bystander_handle_done};

static void commit(struct bystander *bystander)
{
	bystander->callback = wl_surface_frame(bystander->window.surface);
	wl_callback_add_listener(bystander->callback, &frame_listener, bystander);
	surface_commit(bystander->window.surface, &bystander->buffer);
}

void bystander_begin(struct bystander *bystander, const struct server *server)
{
	*bystander = (struct bystander){0};
	client_connect(&bystander->client, server);
	/* outputs may come and go without end */
	wl_registry_destroy(bystander->client.registry);
	bystander->client.registry = NULL;
	window_create(&bystander->window, &bystander->client, "bystander");
	buffer_create_shm(
		&bystander->buffer, &bystander->client, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	commit(bystander);
}

void bystander_end(struct bystander *bystander)
{
	wl_callback_destroy(bystander->callback);
	window_destroy(&bystander->window);
	buffer_destroy(&bystander->buffer);
	client_roundtrip(&bystander->client);
	client_disconnect(&bystander->client);
}

/* One turn of reading, which waits for `wait_ms`. */
static void turn(struct bystander *bystander, int wait_ms)
{
	struct wl_display *display = bystander->client.display;
	while (wl_display_prepare_read(display) != 0) {
		CHECK_INT(>=, wl_display_dispatch_pending(display), 0);
	}
	if (wl_display_flush(display) < 0) {
		CHECK_EQUAL(errno, EAGAIN);
	}
	struct pollfd ready = {.fd = wl_display_get_fd(display), .events = POLLIN};
	if (poll(&ready, 1, wait_ms) <= 0) {
		wl_display_cancel_read(display);
	} else if (wl_display_read_events(display) < 0) {
		FAIL("the bystander has lost its connection");
	}
	if (wl_display_dispatch_pending(display) < 0) {
		FAIL("the bystander has lost its connection");
	}
}

void bystander_serve(struct bystander *bystander)
{
	turn(bystander, 0);
}

static time_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void sync_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	bool *done = data;
	*done = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener sync_listener = {.done = sync_handle_done};

void bystander_check_answered(struct bystander *bystander)
{
	bool done = false;
	time_t end_s = now_s() + case_seconds(ANSWER_SECONDS);
	struct wl_callback *callback = wl_display_sync(bystander->client.display);
	wl_callback_add_listener(callback, &sync_listener, &done);
	while (!done) {
		turn(bystander, 1000);
		if (now_s() > end_s) {
			FAIL("the bystander is not answered");
		}
	}
}

bool bystander_wait_shown(struct bystander *bystander, int seconds)
{
	uint64_t wanted = bystander->frames + 2;
	time_t end_s = now_s() + seconds;
	while (bystander->frames < wanted && now_s() <= end_s) {
		turn(bystander, 1000);
	}
	return bystander->frames >= wanted;
}

void bystander_check_shown(struct bystander *bystander)
{
	if (!bystander_wait_shown(bystander, case_seconds(ANSWER_SECONDS))) {
		FAIL("the bystander's window is not shown");
	}
}
