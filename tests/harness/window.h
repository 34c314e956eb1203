/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WINDOW_H
#define TESTS_WINDOW_H

#include "buffer.h"

/*
 * Surfaces: a toplevel, and plain subsurfaces of it. Showing a buffer waits for
 * the frame callback, so that what is captured next has it.
 */

struct window {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	int width_px, height_px; /* of the last configure; 0 if the client may choose */
	bool configured;
};

struct layer {
	struct client *client;
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
};

/* Makes a toplevel, and waits for and acknowledges its first configure. */
void window_create(struct window *window, struct client *client, const char *app_id);
void window_destroy(struct window *window);
void window_show(struct window *window, struct buffer *buffer);

/* A desynchronised subsurface at x, y of the window, which must be shown already. */
void layer_create(struct layer *layer, struct window *parent, int x, int y);
void layer_destroy(struct layer *layer);
void layer_show(struct layer *layer, struct buffer *buffer);

/* Attaches (buffer may be NULL), damages and commits; does not wait. */
void surface_commit(struct wl_surface *surface, struct buffer *buffer);
/* The same with damage of one rectangle of the buffer; `width` 0 damages nothing. */
void surface_commit_damage(struct wl_surface *surface, struct buffer *buffer, int x, int y,
	int width_px, int height_px);
/* The same two, and then a wait for the frame callback. */
void surface_commit_wait(struct client *client, struct wl_surface *surface, struct buffer *buffer);
void surface_commit_damage_wait(struct client *client, struct wl_surface *surface,
	struct buffer *buffer, int x, int y, int width_px, int height_px);

#endif
