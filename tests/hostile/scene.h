/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HOSTILE_SCENE_H
#define TESTS_HOSTILE_SCENE_H

#include "client.h"
#include "mouse.h"
#include "window.h"

/*
 * A compositor on pixman with an output of 400×300, a bystander that shows a window
 * of 80×60, and an offender that is about to do something. In the end the
 * bystander's window must still be drawn, a new client be served, the compositor
 * end cleanly, and no sanitizer have said anything.
 */

#define SCENE_WIDTH_PX 400
#define SCENE_HEIGHT_PX 300
#define SCENE_COLOR 0xff2468ac

struct scene {
	struct server server;
	struct client bystander, offender;
	struct window window; /* the bystander's */
	struct buffer buffer;
};

void scene_begin(struct scene *scene);
void scene_end(struct scene *scene);

/* Binds a global once more, in another version. NULL if it is not offered. */
void *scene_bind(struct client *client, const struct wl_interface *interface, uint32_t version);

/* The offender's xdg_wm_base in version 3, in place of the harness's. */
void scene_use_xdg_shell_3(struct scene *scene);

/* A window of the client's own memory, all of one colour. */
void scene_show(struct window *window, struct buffer *buffer, struct client *client, int width_px,
	int height_px, uint32_t color);

struct box {
	int x, y, width_px, height_px;
};

/* Where the screen shows that colour; width 0 or less if nowhere. */
struct box scene_find(struct scene *scene, uint32_t color);

/* A popup of 20×10 with its corner at 5, 6 of the parent. */
struct xdg_popup *scene_create_popup(
	struct client *client, struct xdg_surface *xdg_surface, struct xdg_surface *parent);

#endif
