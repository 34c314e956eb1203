/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MOUSE_H
#define TESTS_MOUSE_H

#include "client.h"

/* A virtual pointer, and what the client's own wl_pointer was told last. */
struct mouse {
	struct client *client;
	struct zwlr_virtual_pointer_v1 *device; /* NULL once it was unplugged */
	struct wl_pointer *pointer;
	int width_px, height_px; /* of the screen */
	uint32_t enter_serial, button_serial;
	struct wl_surface *entered;
	int x, y;         /* in `entered` */
	uint32_t buttons; /* how many are held, as told */
	uint32_t axes, sources;
};

/* On a screen of that size. */
void mouse_create(struct mouse *mouse, struct client *client, int width_px, int height_px);
/* To a place on the screen. Each of these returns once it was told to clients. */
void mouse_move(struct mouse *mouse, int x, int y);
void mouse_button(struct mouse *mouse, bool pressed);
/* The device goes, and what it holds is let go of. */
void mouse_unplug(struct mouse *mouse);
void mouse_destroy(struct mouse *mouse);

#endif
