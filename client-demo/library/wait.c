/* SPDX-License-Identifier: MIT */
#include "client.h"
#include "clock.h"
#include <errno.h>
#include <poll.h>

/* What came of `events`, 0 at the deadline, -1 on an error. */
static int poll_until(int fd, short events, int64_t deadline_ns)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	for (;;) {
		int ready = poll(&poll_fd, 1, clock_ms_until(deadline_ns));
		if (ready >= 0)
			return ready > 0 ? poll_fd.revents : 0;
		if (errno != EINTR)
			return -1;
		if (clock_now_ns() >= deadline_ns)
			return 0;
	}
}

/*
 * Flushes until something can be read: other threads that read wait for this one,
 * so it goes on reading from a compositor that takes nothing. What poll_until says.
 */
static int flush_and_poll(struct wl_display *display, int64_t deadline_ns)
{
	for (;;) {
		short events = POLLIN;
		if (wl_display_flush(display) < 0) {
			if (errno == EAGAIN)
				events |= POLLOUT;
			else if (errno != EPIPE) /* what came before it hung up is to be read */
				return -1;
		}
		int ready = poll_until(wl_display_get_fd(display), events, deadline_ns);
		if (ready != POLLOUT)
			return ready;
	}
}

/* Ends the read that was prepared. Negative on an error. */
static int read_until(struct gesso_client *client, int64_t deadline_ns)
{
	int ready = flush_and_poll(client->display, deadline_ns);
	if (ready > 0)
		return wl_display_read_events(client->display);
	wl_display_cancel_read(client->display);
	return ready;
}

enum gesso_result client_wait_until(struct gesso_client *client, int64_t deadline_ns)
{
	for (;;) {
		int64_t timer_ns = client_next_deadline_ns(client);
		int64_t until_ns = clock_earlier(deadline_ns, timer_ns);
		int read = 0;
		if (wl_display_prepare_read_queue(client->display, client->queue) == 0)
			read = read_until(client, until_ns);
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
	enum gesso_result result =
		client_wait_until(client, clock_after_ms(timeout_ms < 0 ? 0 : timeout_ms));
	client->untold = false;
	return result;
}
