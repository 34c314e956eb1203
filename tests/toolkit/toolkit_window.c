/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "toolkit_thread.h"
#include <drm_fourcc.h>

static void xdg_surface_handle_configure(
	void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct toolkit_window *window = data;
	toolkit_check_dispatching(window->toolkit->queue);
	xdg_surface_ack_configure(xdg_surface, serial);
	window->wants_frame = window->wants_frame || !window->configured;
	window->configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = xdg_surface_handle_configure,
};

static void toplevel_handle_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states)
{
	struct toolkit_window *window = data;
	toolkit_check_dispatching(window->toolkit->queue);
}

static void toplevel_handle_close(void *data, struct xdg_toplevel *toplevel)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_handle_configure,
	.close = toplevel_handle_close,
};

struct toolkit_window *toolkit_add_window(struct toolkit *toolkit, int width_px, int height_px,
	const struct gesso_swapchain_options *options)
{
	CHECK_INT(<, toolkit->windows_len, TOOLKIT_WINDOWS_MAX);
	struct toolkit_window *window = &toolkit->windows[toolkit->windows_len];
	*window = (struct toolkit_window){
		.toolkit = toolkit,
		.width_px = width_px,
		.height_px = height_px,
		.color = 0x102030u << toolkit->windows_len,
	};
	window->surface = wl_compositor_create_surface(toolkit->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(toolkit->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	window->swapchain = gesso_swapchain_create(
		toolkit->gesso, window->surface, width_px, height_px, DRM_FORMAT_XRGB8888, options);
	CHECK(window->swapchain != NULL);
	wl_surface_commit(window->surface);
	toolkit->windows_len++;
	return window;
}

static void frame_handle_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct toolkit_window *window = data;
	toolkit_check_dispatching(window->toolkit->queue);
	wl_callback_destroy(callback);
	window->frame_callback = NULL;
	window->wants_frame = true;
}

static const struct wl_callback_listener frame_listener = {.done = frame_handle_done};

static void paint(struct toolkit_window *window, const struct gesso_frame *frame)
{
	CHECK_EQUAL(frame->width_px, window->width_px);
	CHECK_EQUAL(frame->height_px, window->height_px);
	window->color = (window->color + 0x010307) & 0xffffff;
	for (int y = 0; y < frame->height_px; y++) {
		uint32_t *row =
			(uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride_bytes);
		for (int x = 0; x < frame->width_px; x++) {
			row[x] = window->color;
		}
	}
	CHECK_EQUAL(gesso_swapchain_end_frame(window->swapchain, NULL, 0), GESSO_OK);
	window->frame_callback = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame_callback, &frame_listener, window);
	wl_surface_commit(window->surface);
	window->wants_frame = false;
	window->frames++;
}

void toolkit_window_try_paint(struct toolkit_window *window)
{
	struct gesso_frame frame;
	if (!window->wants_frame || window->toolkit->finished) {
		return;
	}
	CHECK_EQUAL(gesso_swapchain_resize(window->swapchain, window->width_px, window->height_px),
		GESSO_OK);
	enum gesso_result result = gesso_swapchain_begin_frame(window->swapchain, &frame);
	if (result == GESSO_BUSY) {
		window->busy++;
	} else if (result == GESSO_ERROR_CONNECTION) {
		window->toolkit->lost = true;
	} else {
		CHECK_EQUAL(result, GESSO_OK);
		paint(window, &frame);
	}
}

enum gesso_result toolkit_paint_waiting(struct toolkit_window *window, int timeout_ms)
{
	struct gesso_frame frame;
	enum gesso_result result =
		gesso_swapchain_begin_frame_wait(window->swapchain, timeout_ms, &frame);
	if (result != GESSO_OK) {
		return result;
	}
	if (window->frame_callback != NULL) {
		wl_callback_destroy(window->frame_callback);
		window->frame_callback = NULL;
	}
	paint(window, &frame);
	return GESSO_OK;
}
