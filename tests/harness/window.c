/* SPDX-License-Identifier: MIT */
#include "window.h"
#include "check.h"
#include "shown.h"
#include <stddef.h>

static void xdg_surface_handle_configure(
	void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	struct window *window = data;
	xdg_surface_ack_configure(xdg_surface, serial);
	window->configured = true;
}

static const struct xdg_surface_listener xdg_surface_listener = {
	.configure = xdg_surface_handle_configure,
};

static void toplevel_handle_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states)
{
	struct window *window = data;
	window->width_px = width;
	window->height_px = height;
}

static void toplevel_handle_close(void *data, struct xdg_toplevel *toplevel)
{
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_handle_configure,
	.close = toplevel_handle_close,
};

void window_create(struct window *window, struct client *client, const char *app_id)
{
	*window = (struct window){.client = client};
	window->surface = wl_compositor_create_surface(client->compositor);
	window->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, window->surface);
	xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_app_id(window->toplevel, app_id);
	xdg_toplevel_set_title(window->toplevel, app_id);
	wl_surface_commit(window->surface);
	while (!window->configured) {
		client_dispatch(client);
	}
}

void window_destroy(struct window *window)
{
	xdg_toplevel_destroy(window->toplevel);
	xdg_surface_destroy(window->xdg_surface);
	wl_surface_destroy(window->surface);
	*window = (struct window){0};
}

void window_show(struct window *window, struct buffer *buffer)
{
	surface_commit_wait(window->client, window->surface, buffer);
}

void layer_create(struct layer *layer, struct window *parent, int x, int y)
{
	struct client *client = parent->client;
	layer->client = client;
	layer->surface = wl_compositor_create_surface(client->compositor);
	layer->subsurface = wl_subcompositor_get_subsurface(
		client->subcompositor, layer->surface, parent->surface);
	wl_subsurface_set_desync(layer->subsurface);
	wl_subsurface_set_position(layer->subsurface, x, y);
	wl_surface_commit(parent->surface);
}

void layer_destroy(struct layer *layer)
{
	wl_subsurface_destroy(layer->subsurface);
	wl_surface_destroy(layer->surface);
	*layer = (struct layer){0};
}

void layer_show(struct layer *layer, struct buffer *buffer)
{
	surface_commit_wait(layer->client, layer->surface, buffer);
}

void surface_commit_damage(struct wl_surface *surface, struct buffer *buffer, int x, int y,
	int width_px, int height_px)
{
	wl_surface_attach(surface, buffer != NULL ? buffer->wl_buffer : NULL, 0, 0);
	if (buffer != NULL) {
		buffer->busy = true;
		if (width_px > 0) {
			wl_surface_damage_buffer(surface, x, y, width_px, height_px);
		}
	}
	wl_surface_commit(surface);
	if (buffer != NULL) {
		shown_note_commit(buffer);
	}
}

void surface_commit(struct wl_surface *surface, struct buffer *buffer)
{
	surface_commit_damage(surface, buffer, 0, 0, buffer != NULL ? buffer->width_px : 0,
		buffer != NULL ? buffer->height_px : 0);
}

static void frame_handle_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener frame_listener = {.done = frame_handle_done};

void surface_commit_damage_wait(struct client *client, struct wl_surface *surface,
	struct buffer *buffer, int x, int y, int width_px, int height_px)
{
	bool done = false;
	struct wl_callback *callback = wl_surface_frame(surface);
	wl_callback_add_listener(callback, &frame_listener, &done);
	surface_commit_damage(surface, buffer, x, y, width_px, height_px);
	while (!done) {
		client_dispatch(client);
	}
	wl_callback_destroy(callback);
}

void surface_commit_wait(struct client *client, struct wl_surface *surface, struct buffer *buffer)
{
	surface_commit_damage_wait(
		client, surface, buffer, 0, 0, buffer->width_px, buffer->height_px);
}
