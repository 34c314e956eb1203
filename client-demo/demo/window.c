/* SPDX-License-Identifier: MIT */
#include "window.h"
#include "library/clock.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <stdio.h>
#include <stdlib.h>

#define SIDE_MAX_PX 16384

static void apply_size(struct window *window)
{
	if (window->pending_width > 0)
		window->width = window->pending_width;
	if (window->pending_height > 0)
		window->height = window->pending_height;
	window->dirty |= view_set_window(&window->view, window->width, window->height);
}

static void xdg_surface_handle_configure(
	void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct window *window = data;
	xdg_surface_ack_configure(xdg_surface, serial);
	apply_size(window);
	if (!window->configured)
		window->dirty = true;
	window->configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = xdg_surface_handle_configure,
};

static void toplevel_handle_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states)
{
	struct window *window = data;
	window->pending_width = width;
	window->pending_height = height;
}

static void toplevel_handle_close(void *data, struct xdg_toplevel *toplevel)
{
	struct window *window = data;
	window->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_handle_configure,
	.close = toplevel_handle_close,
};

static void surface_handle_enter(void *data, struct wl_surface *surface, struct wl_output *output)
{
}

static void surface_handle_leave(void *data, struct wl_surface *surface, struct wl_output *output)
{
}

static void surface_handle_scale(void *data, struct wl_surface *surface, int32_t scale)
{
	struct window *window = data;
	if (scale == window->scale || scale < 1 || scale > 8)
		return;
	window->scale = scale;
	window->dirty = true;
}

static void surface_handle_transform(void *data, struct wl_surface *surface, uint32_t transform)
{
}

static const struct wl_surface_listener surface_listener = {
	.enter = surface_handle_enter,
	.leave = surface_handle_leave,
	.preferred_buffer_scale = surface_handle_scale,
	.preferred_buffer_transform = surface_handle_transform,
};

static void init_view(struct window *window)
{
	const struct options *options = window->options;
	struct document *document = window->document;
	window->view = (struct view){
		.zoom = options->zoom,
		.document_width = document ? document->width : 0,
		.document_height = document ? document->height : 0,
	};
	view_set_window(&window->view, window->width, window->height);
	view_scroll_to(&window->view, options->scroll_x, options->scroll_y);
}

static void create_toplevel(struct window *window, const char *title)
{
	struct connection *connection = window->connection;
	window->xdg_surface = xdg_wm_base_get_xdg_surface(connection->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_app_id(window->toplevel, "gesso-demo");
	xdg_toplevel_set_title(window->toplevel, title);
	if (window->options->fullscreen)
		xdg_toplevel_set_fullscreen(window->toplevel, NULL);
	if (connection->decoration_manager) {
		window->decoration = zxdg_decoration_manager_v1_get_toplevel_decoration(
			connection->decoration_manager, window->toplevel);
		zxdg_toplevel_decoration_v1_set_mode(
			window->decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
	wl_surface_commit(window->surface);
}

struct window *window_create(struct connection *connection, const struct options *options,
	struct document *document, const char *title)
{
	struct window *window = calloc(1, sizeof(*window));
	if (!window)
		return NULL;
	window->connection = connection;
	window->options = options;
	window->document = document;
	window->width = options->width_px;
	window->height = options->height_px;
	window->scale = 1;
	window->frames_max = (uint64_t)(options->warm_up ? options->warm_up : options->frames);
	init_view(window);
	window->surface = wl_compositor_create_surface(connection->compositor);
	wl_surface_add_listener(window->surface, &surface_listener, window);
	create_toplevel(window, title);
	wl_list_insert(connection->windows.prev, &window->link);
	return window;
}

void window_destroy(struct window *window)
{
	wl_list_remove(&window->link);
	if (window->frame_callback)
		wl_callback_destroy(window->frame_callback);
	if (window->decoration)
		zxdg_toplevel_decoration_v1_destroy(window->decoration);
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
	gesso_swapchain_destroy(window->swapchain);
	free(window);
}
