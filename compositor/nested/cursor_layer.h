/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CURSOR_LAYER_H
#define GESSO_CURSOR_LAYER_H

/*
 * The cursor as a piece of a plan, where wlroots would draw it into the output's picture:
 * on software GLES2, since a parent that was handed the cursor's own buffer could see it
 * half rasterised. It is read back from its texture, which waits for that, into shared
 * memory of gesso's own.
 */

struct output;
struct straight_plan;
struct wlr_buffer;

/*
 * Adds each cursor that is drawn on the output; `picture` keeps the buffer from one frame
 * to the next. Where that cannot be, the plan says why.
 */
void cursor_layer_add(
	struct wlr_buffer **picture, const struct output *output, struct straight_plan *plan);

/* Gives the picture up, which may be NULL. */
void cursor_layer_drop(struct wlr_buffer **picture);

#endif
