/* SPDX-License-Identifier: MIT */
#include "toolkit_thread.h"
#include "check.h"
#include <poll.h>

static void ping_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct toolkit_thread *thread = data;
	toolkit_check_dispatching(thread->queue);
	thread->answers++;
	thread->answered = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener ping_listener = {.done = ping_handle_done};

/* False once the connection is lost. */
static bool read_once(struct toolkit_thread *thread)
{
	if (wl_display_prepare_read_queue(thread->display, thread->queue) != 0) {
		return true;
	}
	wl_display_flush(thread->display);
	struct pollfd socket = {.fd = wl_display_get_fd(thread->display), .events = POLLIN};
	if (poll(&socket, 1, 20) > 0) {
		return wl_display_read_events(thread->display) == 0;
	}
	wl_display_cancel_read(thread->display);
	return true;
}

static void *run(void *data)
{
	struct toolkit_thread *thread = data;
	struct wl_callback *ping = NULL;
	thread->answered = true;
	bool alive = true;
	while (alive && !(thread->end && thread->answered)) {
		if (thread->answered) {
			poll(NULL, 0, 2);
			thread->answered = false;
			ping = wl_display_sync(thread->wrapper);
			wl_callback_add_listener(ping, &ping_listener, thread);
		}
		alive = read_once(thread);
		alive = toolkit_dispatch(thread->display, thread->queue) >= 0 && alive;
	}
	if (!thread->answered) {
		wl_callback_destroy(ping);
	}
	return NULL;
}

void toolkit_thread_begin(struct toolkit_thread *thread, struct wl_display *display)
{
	*thread = (struct toolkit_thread){.display = display};
	thread->queue = wl_display_create_queue(display);
	thread->wrapper = wl_proxy_create_wrapper(display);
	wl_proxy_set_queue((struct wl_proxy *)thread->wrapper, thread->queue);
	CHECK_EQUAL(pthread_create(&thread->thread, NULL, run, thread), 0);
}

void toolkit_thread_end(struct toolkit_thread *thread)
{
	thread->end = true;
	CHECK_EQUAL(pthread_join(thread->thread, NULL), 0);
	wl_proxy_wrapper_destroy(thread->wrapper);
	wl_event_queue_destroy(thread->queue);
}
