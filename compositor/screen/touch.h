/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TOUCH_H
#define GESSO_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * Fingers. A finger stays with the surface that it came down on, and gives that
 * window the focus. Where that surface goes, its client is told that the finger is up,
 * and the finger does nothing more until it comes down again.
 */

#define TOUCH_POINTS_MAX 16

struct seat;

struct touch {
	struct seat *seat;
	struct touch_point {
		struct touch *touch; /* NULL: no finger */
		int32_t id;
		double origin_x, origin_y; /* the surface's corner in the layout */
		struct wl_listener unmap;  /* of the surface */
	} points[TOUCH_POINTS_MAX];

	/* private */
	struct wl_listener down, up, motion, cancel, frame;
};

bool touch_init(struct touch *touch, struct seat *seat);
/* Takes a zeroed struct too. */
void touch_finish(struct touch *touch);

#endif
