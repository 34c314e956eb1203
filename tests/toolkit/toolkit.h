/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOOLKIT_H
#define TESTS_TOOLKIT_H

#include "gesso-client.h"
#include "xdg-shell-client-protocol.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

/*
 * A program as GTK and Qt make them, with the client library in it: an event loop
 * of its own on epoll, reads prepared on two queues at once, a queue that another
 * thread dispatches, one that nobody dispatches for now, and windows that repaint by
 * frame callback. Each listener checks that it is called by its own queue's owner.
 */

#define TOOLKIT_WINDOWS_MAX 2

struct toolkit;

struct toolkit_window {
	struct toolkit *toolkit;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct wl_callback *frame_callback;
	struct gesso_swapchain *swapchain;
	int width_px, height_px; /* of the next frame; the caller may change them */
	uint32_t color;          /* 0x00RRGGBB of the last frame, different in each */
	bool configured;
	bool wants_frame;
	uint64_t frames; /* committed */
	uint64_t busy;   /* begin_frame said GESSO_BUSY */
};

/* The queue that another thread dispatches. */
struct toolkit_thread {
	pthread_t thread;
	struct wl_display *display;
	struct wl_event_queue *queue;
	struct wl_display *wrapper; /* the display on `queue` */
	bool answered;
	volatile bool end;
	volatile uint64_t answers; /* of wl_display.sync */
};

struct toolkit {
	struct wl_display *display;
	struct wl_event_queue *queue;  /* windows and frame callbacks */
	struct wl_event_queue *silent; /* dispatched by toolkit_hear_silent() alone */
	struct wl_display *silent_wrapper;
	uint64_t silent_sent, silent_heard;
	struct wl_registry *registry; /* on the default queue */
	struct wl_compositor *compositor;
	struct xdg_wm_base *wm_base;
	struct gesso_client *gesso;
	struct toolkit_thread thread;
	struct toolkit_window windows[TOOLKIT_WINDOWS_MAX];
	int windows_len;
	int epoll_fd;
	uint64_t turns;
	bool lost;     /* the connection */
	bool finished; /* no window begins another frame */
};

/* Connects, and starts the thread. Answers may take `answer_timeout_ms`. */
void toolkit_begin(struct toolkit *toolkit, const char *socket, int answer_timeout_ms);
/* Also after the connection was lost. Checks that no event went to the wrong queue. */
void toolkit_end(struct toolkit *toolkit);

/* `options` may be NULL. */
struct toolkit_window *toolkit_add_window(struct toolkit *toolkit, int width_px, int height_px,
	const struct gesso_swapchain_options *options);

/* One turn of the loop, which sleeps for at most `most_ms`, or less if the library says so. */
void toolkit_turn(struct toolkit *toolkit, int most_ms);
/* Turns until each window has committed so many frames more. The case's alarm bounds it. */
void toolkit_run_frames(struct toolkit *toolkit, uint64_t frames);
/* Turns for so long. */
void toolkit_run_ms(struct toolkit *toolkit, int ms);
/* Turns until what was committed last is shown, and no more is painted. */
void toolkit_settle(struct toolkit *toolkit);

/* Whether each window paints on `path`. */
bool toolkit_is_on(const struct toolkit *toolkit, enum gesso_client_path path);

/* Paints a frame by waiting for it, without the loop. */
enum gesso_result toolkit_paint_waiting(struct toolkit_window *window, int timeout_ms);

#endif
