/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PARENT_VIEW_H
#define GESSO_PARENT_VIEW_H

#include <stdbool.h>
#include <wlr/util/box.h>

/*
 * How much of a buffer the parent shows in an output's window, and how large: a viewport
 * of the window's own surface. wlroots sets one for the layers above it, and none for the
 * window itself. What straight.c asks for is sent with the commit of that one buffer;
 * every other buffer is shown whole and as it is.
 */

struct parent_view;
struct wlr_buffer;
struct wlr_output;

/* For an output of the Wayland backend; NULL on no memory. */
struct parent_view *parent_view_create(struct wlr_output *output);
/* Call before the output is gone. Takes NULL. */
void parent_view_destroy(struct parent_view *view);

/* What the parent has, as far as is known by now. */
bool parent_view_has_viewporter(const struct parent_view *view);
bool parent_view_has_subcompositor(const struct parent_view *view);

/*
 * If the next commit has `buffer`, then `source` of it, in its own pixels, fills the
 * output. NULL is no buffer.
 */
void parent_view_set(
	struct parent_view *view, const struct wlr_buffer *buffer, const struct wlr_fbox *source);

#endif
