/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FOREIGN_H
#define GESSO_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * Windows as taskbars, docks and switchers see and steer them
 * (wlr-foreign-toplevel-management-unstable-v1): title, state and outputs of every
 * mapped window, and requests to activate, fill, minimize or close it. It shows one
 * client another's windows: hosts hide the global from sandboxed clients.
 *
 * All that is told of windows goes to every taskbar, and one that does not read in time is
 * ended once its connection's buffer is full. So what may be told in a second is bounded:
 * while there is no room, windows that changed wait their turn, and what they are then is
 * told. Names are cut to FOREIGN_NAME_BYTES, and a client's windows past
 * FOREIGN_MAX_OF_A_CLIENT are not told at all, so that what a new taskbar is told fits too.
 */

#define FOREIGN_NAME_BYTES 512
#define FOREIGN_MAX_OF_A_CLIENT 256

struct desktop;
struct toplevel;
struct wl_global;
struct wlr_foreign_toplevel_manager_v1;

struct foreign_manager {
	struct wlr_foreign_toplevel_manager_v1 *wlr; /* the display's */
	/* private */
	struct wl_list waiting; /* foreign.link: who changed first comes first */
	int64_t room_bytes, counted_ns;
	struct wl_event_source *timer;
};

/* Makes the global. False on no memory. */
bool foreign_init(struct desktop *desktop);
/* Call once clients are gone. Takes a zeroed struct too. */
void foreign_finish(struct desktop *desktop);
const struct wl_global *foreign_global(const struct desktop *desktop);

/* The window was mapped, or is unmapped. */
void foreign_create(struct toplevel *toplevel);
void foreign_destroy(struct toplevel *toplevel);

/* Tells what changed since the last time, in its turn; nothing of a window that is not mapped. */
void foreign_update(struct toplevel *toplevel);

#endif
