/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FOREIGN_H
#define GESSO_FOREIGN_H

#include <stdbool.h>

/*
 * Windows as taskbars, docks and switchers see and steer them
 * (wlr-foreign-toplevel-management-unstable-v1): title, state and outputs of every
 * mapped window, and requests to activate, fill, minimize or close it. It shows one
 * client another's windows: hosts hide the global from sandboxed clients.
 */

struct desktop;
struct toplevel;
struct wl_global;

/* Makes the global. False on no memory. */
bool foreign_init(struct desktop *desktop);
const struct wl_global *foreign_global(const struct desktop *desktop);

/* The window was mapped, or is unmapped. */
void foreign_create(struct toplevel *toplevel);
void foreign_destroy(struct toplevel *toplevel);

/* Tells what changed since the last time; does nothing for a window that is not mapped. */
void foreign_update(struct toplevel *toplevel);

#endif
