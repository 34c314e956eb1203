/* SPDX-License-Identifier: MIT */
#include "client.h"
#include "clock.h"
#include <errno.h>
#include <poll.h>

/* 1 when `events` came, 0 at the deadline, -1 on an error. */
static int poll_until(int fd, short events, int64_t deadline_ns)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	for (;;) {
		int ready = poll(&poll_fd, 1, clock_ms_until(deadline_ns));
		if (ready >= 0)
			return ready;
		if (errno != EINTR)
			return -1;
		if (clock_now_ns() >= deadline_ns)
			return 0;
	}
}

/* False on an error; a compositor that does not read by the deadline is none. */
static bool flush_until(struct wl_display *display, int64_t deadline_ns)
{
	while (wl_display_flush(display) < 0) {
		if (errno != EAGAIN)
			return errno ==
				EPIPE; /* what it sent before it hung up is still to be read */
		int ready = poll_until(wl_display_get_fd(display), POLLOUT, deadline_ns);
		if (ready <= 0)
			return ready == 0;
	}
	return true;
}

static int read_until(struct gesso_client *client, int64_t deadline_ns)
{
	int ready = poll_until(wl_display_get_fd(client->display), POLLIN, deadline_ns);
	if (ready <= 0) {
		wl_display_cancel_read(client->display);
		return ready;
	}
	return wl_display_read_events(client->display);
}

enum gesso_result client_wait_until(struct gesso_client *client, int64_t deadline_ns)
{
	for (;;) {
		int64_t timer_ns = client_next_deadline_ns(client);
		int64_t until_ns = clock_earlier(deadline_ns, timer_ns);
		int read = 0;
		if (wl_display_prepare_read_queue(client->display, client->queue) == 0) {
			if (!flush_until(client->display, until_ns)) {
				wl_display_cancel_read(client->display);
				return GESSO_ERROR_CONNECTION;
			}
			read = read_until(client, until_ns);
		}
		int events = client_dispatch(client);
		if (read < 0 || events < 0)
			return GESSO_ERROR_CONNECTION;
		int64_t now_ns = clock_now_ns();
		if (events > 0 || now_ns >= timer_ns)
			return GESSO_OK;
		if (now_ns >= deadline_ns)
			return GESSO_BUSY;
	}
}

enum gesso_result gesso_client_wait(struct gesso_client *client, int timeout_ms)
{
	return client_wait_until(client, clock_after_ms(timeout_ms < 0 ? 0 : timeout_ms));
}
