/* SPDX-License-Identifier: MIT */
#ifndef SCREEN_SCREENCOPY_H
#define SCREEN_SCREENCOPY_H

#include <wayland-server-core.h>

/*
 * Screenshots, which are wlroots' own. Of a buffer that it refuses to copy into, wlroots
 * 0.18 keeps a lock for ever: with it the pages and the descriptor of a client that is
 * gone. Such a refusal is seen here, as it is posted, and the lock is given back.
 */

struct screencopy;

/* Goes with the display. NULL if there is no memory. */
struct screencopy *screencopy_create(struct wl_display *display);
const struct wl_global *screencopy_global(const struct screencopy *screencopy);

#endif
