/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_WATCH_H
#define GESSO_STRAIGHT_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * A parent says with the window's own surface when it is time for the next frame, and may
 * not where other windows of its own leave only a layer to be seen. So while there are
 * layers, a frame that is due and not asked for within a second is composed all the same,
 * and for ten seconds no layer is used.
 */

struct output;

struct straight_watch {
	struct output *output;
	struct wl_event_source *late;
	struct wl_listener needs_frame;
	int64_t rests_until_ms; /* CLOCK_MONOTONIC */
};

/* False on no memory. */
bool straight_watch_init(struct straight_watch *watch, struct output *output);
/* Takes a zeroed struct too. */
void straight_watch_finish(struct straight_watch *watch);

/* The parent asked for a frame. */
void straight_watch_asked(struct straight_watch *watch);

bool straight_watch_rests(const struct straight_watch *watch);

#endif
