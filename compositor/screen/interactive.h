/* SPDX-License-Identifier: MIT */
#ifndef GESSO_INTERACTIVE_H
#define GESSO_INTERACTIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <wlr/util/box.h>

/*
 * A window moved or resized with the pointer, from a client's request or from
 * Alt and a button, until the button is released. A request is heard only while
 * a button is held that was pressed on that very window, with the serial of that
 * press; all others are ignored. Windows that fill their output stay.
 */

struct seat;
struct toplevel;

enum interactive_mode {
	INTERACTIVE_NONE = 0,
	INTERACTIVE_MOVE,
	INTERACTIVE_RESIZE,
};

struct interactive {
	struct seat *seat;
	enum interactive_mode mode;
	struct toplevel *toplevel; /* NULL if mode is NONE */
	double start_x, start_y;   /* the pointer, in the layout, at the beginning */
	struct wlr_box start;      /* the window's geometry then */
	uint32_t edges;            /* enum wlr_edges that follow the pointer */
	uint32_t own_button;       /* whose press no client has seen; 0 if none */
};

/* A client's requests. */
void interactive_request_move(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t serial);
void interactive_request_resize(struct interactive *interactive, struct toplevel *toplevel,
	uint32_t serial, uint32_t edges);

/* Alt and `button`, just pressed over the window. False if it cannot be moved or resized. */
bool interactive_begin_move(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t button);
bool interactive_begin_resize(
	struct interactive *interactive, struct toplevel *toplevel, uint32_t button);

/* The pointer is at (`lx`, `ly`). False if nothing is under way. */
bool interactive_motion(struct interactive *interactive, double lx, double ly);

/* Whether this release belongs to the press that began it: then no client is told of it. */
bool interactive_takes_release(struct interactive *interactive, uint32_t button);

/* Does nothing if nothing is under way. */
void interactive_end(struct interactive *interactive);
/* The window is unmapped. */
void interactive_forget(struct interactive *interactive, struct toplevel *toplevel);

#endif
