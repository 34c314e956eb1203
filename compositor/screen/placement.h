/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PLACEMENT_H
#define GESSO_PLACEMENT_H

#include <stdbool.h>
#include <wlr/util/box.h>

/*
 * Where windows lie and which size they are asked to have: first placement,
 * maximized, fullscreen, and what becomes of them when outputs change. What the
 * client was told last is in xdg->scheduled.
 */

struct desktop;
struct toplevel;

/* The answer to the initial commit: state and size as the options or the client want them. */
void placement_configure_first(struct toplevel *toplevel);

/* On map: a dialog in the middle of its parent, all others a step below the last one. */
void placement_place(struct toplevel *toplevel);

/* Always sends a configure, as the protocol asks. */
void placement_set_maximized(struct toplevel *toplevel, bool maximized);
void placement_set_fullscreen(struct toplevel *toplevel, bool fullscreen);

/* What bars reserve has changed: maximized windows fill what is left. */
void placement_refill(struct desktop *desktop);

/* On each later commit: keeps the anchored corner where it is, a small fullscreen one centred. */
void placement_settle(struct toplevel *toplevel);

/*
 * After a change of outputs, the window's own being at `to` instead of at `from` (empty
 * if it was on none): fills it anew, or moves along and to where it can be seen.
 */
void placement_refit(
	struct toplevel *toplevel, const struct wlr_box *from, const struct wlr_box *to);

#endif
