/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_WINDOW_H
#define GESSO_DEMO_WINDOW_H

#include "connection.h"
#include "document.h"
#include "gesso-client.h"
#include "options.h"
#include "pacing.h"
#include "view.h"

/*
 * One xdg_toplevel with its swapchain. Painted when something has changed, or
 * again and again when it is animated; never before the last frame was shown.
 */

struct window {
	struct wl_list link; /* connection.windows */
	struct connection *connection;
	const struct options *options;
	struct document *document; /* borrowed; NULL for scene full */
	struct view view;

	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	struct zxdg_toplevel_decoration_v1 *decoration;
	struct wl_callback *frame_callback; /* the last frame was not shown yet */
	struct gesso_swapchain *swapchain;  /* from the first configure on */

	int width, height; /* window units */
	int pending_width, pending_height;
	int scale; /* buffer pixels in a window unit */
	bool configured, closed;
	bool dirty; /* something else must be painted */

	bool shown; /* the first frame was */
	uint64_t frames;
	uint64_t frames_max; /* 0: no end */
	int64_t paint_ns;
	struct pacing pacing;
	int64_t next_frame_ns; /* with a rate */
};

/* NULL on no memory. `document` and `options` must outlive it. */
struct window *window_create(struct connection *connection, const struct options *options,
	struct document *document, const char *title);
/* Takes it out of the connection's list. */
void window_destroy(struct window *window);

/*
 * Paints a frame if one is due and a buffer is free. GESSO_OK also when there was
 * nothing to do; an error is final and was printed.
 */
enum gesso_result window_try_paint(struct window *window);

/* When a frame is due by the rate; CLOCK_NEVER if events decide. */
int64_t window_next_frame_ns(const struct window *window);

/* Whether what it shows is up to date, or, when it is animated, any frame. */
bool window_is_shown(const struct window *window);

/* Forgets what was painted so far: `frames` more are to be painted and counted. */
void window_begin_frames(struct window *window, int frames);

/* Whether all frames that were asked for have been shown. */
bool window_is_done(const struct window *window);

#endif
