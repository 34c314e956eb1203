/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DECORATION_H
#define GESSO_DECORATION_H

/*
 * Who draws a window's frame (xdg-decoration). Gesso draws none. It answers
 * client-side, unless the client asks for server-side: then it agrees, and the
 * window has no frame at all.
 */

struct toplevel;
struct wlr_xdg_toplevel_decoration_v1;

void decoration_create(struct wlr_xdg_toplevel_decoration_v1 *wlr_decoration);

/* With the initial commit's configure, the first at which an answer may be sent. */
void decoration_answer(struct toplevel *toplevel);

#endif
