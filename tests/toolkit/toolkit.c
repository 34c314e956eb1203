/* SPDX-License-Identifier: MIT */
#include "toolkit.h"
#include "check.h"
#include "toolkit_thread.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Whose events this thread dispatches now: nobody else may call a listener. */
static _Thread_local const void *dispatching;

int toolkit_dispatch(struct wl_display *display, struct wl_event_queue *queue)
{
	const void *outer = dispatching;
	dispatching = queue != NULL ? (const void *)queue : display;
	int events = queue != NULL ? wl_display_dispatch_queue_pending(display, queue)
				   : wl_display_dispatch_pending(display);
	dispatching = outer;
	return events;
}

void toolkit_check_dispatching(const void *owner)
{
	CHECK(dispatching == owner);
}

static void silent_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct toolkit *toolkit = data;
	toolkit_check_dispatching(toolkit->silent);
	toolkit->silent_heard++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener silent_listener = {.done = silent_handle_done};

static void wm_base_handle_ping(void *data, struct xdg_wm_base *wm_base, uint32_t serial)
{
	struct toolkit *toolkit = data;
	toolkit_check_dispatching(toolkit->queue);
	xdg_wm_base_pong(wm_base, serial);
}

static const struct xdg_wm_base_listener wm_base_listener = {.ping = wm_base_handle_ping};

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct toolkit *toolkit = data;
	toolkit_check_dispatching(toolkit->display);
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		toolkit->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
		wl_proxy_set_queue((struct wl_proxy *)toolkit->compositor, toolkit->queue);
	} else if (strcmp(interface, xdg_wm_base_interface.name) == 0) {
		toolkit->wm_base = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
		wl_proxy_set_queue((struct wl_proxy *)toolkit->wm_base, toolkit->queue);
		xdg_wm_base_add_listener(toolkit->wm_base, &wm_base_listener, toolkit);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

void toolkit_begin(struct toolkit *toolkit, const char *socket, int answer_timeout_ms)
{
	*toolkit = (struct toolkit){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
	CHECK_INT(>=, toolkit->epoll_fd, 0);
	toolkit->display = wl_display_connect(socket);
	CHECK(toolkit->display != NULL);
	struct epoll_event event = {.events = EPOLLIN};
	CHECK_EQUAL(epoll_ctl(toolkit->epoll_fd, EPOLL_CTL_ADD, wl_display_get_fd(toolkit->display),
			    &event),
		0);
	toolkit->queue = wl_display_create_queue(toolkit->display);
	toolkit->silent = wl_display_create_queue(toolkit->display);
	toolkit->silent_wrapper = wl_proxy_create_wrapper(toolkit->display);
	wl_proxy_set_queue((struct wl_proxy *)toolkit->silent_wrapper, toolkit->silent);
	toolkit->registry = wl_display_get_registry(toolkit->display);
	wl_registry_add_listener(toolkit->registry, &registry_listener, toolkit);
	toolkit->gesso = gesso_client_create(toolkit->display, answer_timeout_ms);
	CHECK(toolkit->gesso != NULL);
	toolkit_thread_begin(&toolkit->thread, toolkit->display);
	while (toolkit->compositor == NULL || toolkit->wm_base == NULL) {
		toolkit_turn(toolkit, 1000);
	}
}

static void destroy_window(struct toolkit_window *window)
{
	if (window->frame_callback != NULL) {
		wl_callback_destroy(window->frame_callback);
	}
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
	gesso_swapchain_destroy(window->swapchain);
}

void toolkit_end(struct toolkit *toolkit)
{
	toolkit_thread_end(&toolkit->thread);
	for (int i = 0; i < toolkit->windows_len; i++) {
		destroy_window(&toolkit->windows[i]);
	}
	gesso_client_destroy(toolkit->gesso);
	if (!toolkit->lost) {
		CHECK_INT(>=, wl_display_roundtrip(toolkit->display), 0);
		CHECK_EQUAL(toolkit->silent_heard, 0);
		toolkit_dispatch(toolkit->display, toolkit->silent);
		CHECK_EQUAL(toolkit->silent_heard, toolkit->silent_sent);
	}
	xdg_wm_base_destroy(toolkit->wm_base);
	wl_compositor_destroy(toolkit->compositor);
	wl_registry_destroy(toolkit->registry);
	wl_proxy_wrapper_destroy(toolkit->silent_wrapper);
	wl_event_queue_destroy(toolkit->silent);
	wl_event_queue_destroy(toolkit->queue);
	wl_display_disconnect(toolkit->display);
	close(toolkit->epoll_fd);
}

/* Both reads are prepared, as of two event sources; one of them reads. */
static void prepare_reads(struct toolkit *toolkit)
{
	while (wl_display_prepare_read_queue(toolkit->display, toolkit->queue) != 0) {
		toolkit_dispatch(toolkit->display, toolkit->queue);
	}
	while (wl_display_prepare_read(toolkit->display) != 0) {
		toolkit_dispatch(toolkit->display, NULL);
	}
}

static bool wait_for_events(struct toolkit *toolkit, int most_ms)
{
	struct epoll_event event = {.events = EPOLLIN};
	if (wl_display_flush(toolkit->display) < 0 && errno == EAGAIN) {
		event.events |= EPOLLOUT;
	}
	epoll_ctl(toolkit->epoll_fd, EPOLL_CTL_MOD, wl_display_get_fd(toolkit->display), &event);
	int timeout_ms = gesso_client_next_timeout_ms(toolkit->gesso);
	if (timeout_ms < 0 || timeout_ms > most_ms) {
		timeout_ms = most_ms;
	}
	event.events = 0;
	int count = epoll_wait(toolkit->epoll_fd, &event, 1, timeout_ms);
	return count > 0 && (event.events & ~(uint32_t)EPOLLOUT) != 0;
}

static void send_silent(struct toolkit *toolkit)
{
	if (toolkit->silent_sent < 50) {
		struct wl_callback *callback = wl_display_sync(toolkit->silent_wrapper);
		wl_callback_add_listener(callback, &silent_listener, toolkit);
		toolkit->silent_sent++;
	}
}

void toolkit_turn(struct toolkit *toolkit, int most_ms)
{
	toolkit->turns++;
	send_silent(toolkit);
	prepare_reads(toolkit);
	wl_display_flush(toolkit->display);
	bool readable = wait_for_events(toolkit, most_ms);
	wl_display_cancel_read(toolkit->display);
	if (!readable) {
		wl_display_cancel_read(toolkit->display);
	} else if (wl_display_read_events(toolkit->display) < 0) {
		toolkit->lost = true;
	}
	if (toolkit_dispatch(toolkit->display, toolkit->queue) < 0 ||
		toolkit_dispatch(toolkit->display, NULL) < 0 ||
		gesso_client_dispatch(toolkit->gesso) == GESSO_ERROR_CONNECTION) {
		toolkit->lost = true;
	}
	for (int i = 0; i < toolkit->windows_len && !toolkit->lost; i++) {
		toolkit_window_try_paint(&toolkit->windows[i]);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void toolkit_run_ms(struct toolkit *toolkit, int ms)
{
	int64_t end_ms = now_ms() + ms;
	for (int64_t left_ms = ms; left_ms > 0 && !toolkit->lost; left_ms = end_ms - now_ms()) {
		toolkit_turn(toolkit, left_ms < 50 ? (int)left_ms : 50);
	}
}

void toolkit_run_frames(struct toolkit *toolkit, uint64_t frames)
{
	uint64_t wanted[TOOLKIT_WINDOWS_MAX];
	for (int i = 0; i < toolkit->windows_len; i++) {
		wanted[i] = toolkit->windows[i].frames + frames;
	}
	for (int i = 0; i < toolkit->windows_len;) {
		CHECK(!toolkit->lost);
		/* a wakeup that is lost is not made up for by a timer of ours */
		toolkit_turn(toolkit, 1000000);
		i += toolkit->windows[i].frames >= wanted[i];
	}
}

void toolkit_settle(struct toolkit *toolkit)
{
	toolkit->finished = true;
	for (int i = 0; i < toolkit->windows_len; i++) {
		while (toolkit->windows[i].frame_callback != NULL) {
			CHECK(!toolkit->lost);
			toolkit_turn(toolkit, 1000);
		}
	}
}

bool toolkit_is_on(const struct toolkit *toolkit, enum gesso_client_path path)
{
	for (int i = 0; i < toolkit->windows_len; i++) {
		struct gesso_swapchain_info info;
		gesso_swapchain_get_info(toolkit->windows[i].swapchain, &info);
		if (info.path != path) {
			return false;
		}
	}
	return true;
}
