/* SPDX-License-Identifier: MIT */
#include "nested/parent.h"
#include "memory/clock.h"
#include <errno.h>
#include <poll.h>
#include <wayland-client.h>

int64_t parent_deadline_ms(int64_t from_now_ms)
{
	return clock_now_ms() + from_now_ms;
}

/* False once the deadline is past. */
static bool wait_for(struct wl_display *parent, short events, int64_t deadline_ms)
{
	struct pollfd ready = {.fd = wl_display_get_fd(parent), .events = events};
	int count;
	do {
		int64_t left_ms = deadline_ms - clock_now_ms();
		count = poll(&ready, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (count < 0 && errno == EINTR);
	return count > 0;
}

static bool flush(struct wl_display *parent, int64_t deadline_ms)
{
	while (wl_display_flush(parent) < 0) {
		if (errno != EAGAIN || !wait_for(parent, POLLOUT, deadline_ms)) {
			return false;
		}
	}
	return true;
}

static bool dispatch(struct wl_display *parent, int64_t deadline_ms)
{
	while (wl_display_prepare_read(parent) != 0) {
		if (wl_display_dispatch_pending(parent) < 0) {
			return false;
		}
	}
	if (!flush(parent, deadline_ms) || !wait_for(parent, POLLIN, deadline_ms)) {
		wl_display_cancel_read(parent);
		return false;
	}
	return wl_display_read_events(parent) >= 0 && wl_display_dispatch_pending(parent) >= 0;
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener done_listener = {.done = handle_done};

bool parent_roundtrip(struct wl_display *parent, int64_t deadline_ms)
{
	bool done = false, ok = true;
	struct wl_callback *callback = wl_display_sync(parent);
	if (callback == NULL) {
		return false;
	}
	wl_callback_add_listener(callback, &done_listener, &done);
	while (!done && ok) {
		ok = dispatch(parent, deadline_ms);
	}
	wl_callback_destroy(callback);
	return done;
}
