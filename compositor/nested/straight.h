/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_H
#define GESSO_STRAIGHT_H

#include "nested/straight_layers.h"
#include "nested/straight_plan.h"
#include "nested/straight_watch.h"

/*
 * Straight through: where one window covers a nested output, its client's own buffer is
 * handed on to the parent, and nothing is composed; and so is what lies above it, popups
 * and subsurfaces and other windows, each in a layer of its own. wlr_scene does the first
 * of these by itself on other backends; nested, it must not: it would hand a buffer that
 * the parent may answer with a fatal error, and it sees no more of a wl_shm buffer than
 * its texture.
 *
 *   client ─ wl_buffer ─▶ Gesso ─ wl_buffer over the same memory ─▶ parent
 *
 *   covers the output   the window of the parent, cropped and scaled by its viewport;
 *                       if nothing does, the ground, drawn once
 *   lies above that     a subsurface with a viewport: wlr_output_layer
 *
 * A dma-buf goes on when the parent has said that it takes it (parent_ask.h), shared
 * memory when it is a memfd that is sealed for good against shrinking and without a seal
 * against writing, since the parent would hold it against gesso if it could not map a
 * pool, or not read it. How many buffers the parent holds for a client is bounded
 * (entrusted.h). Only memory that is sampled in place is there to be handed on: what
 * was uploaded is the client's again. The client gets it back when the parent is done.
 */

struct output;
struct parent_view;
struct wlr_output_state;

struct straight {
	struct parent_view *view; /* NULL: everything is composed */
	/* Why the last frame was composed, NULL if it was not, and as what it was shown. */
	const char *composed_because;
	int shown_pieces;
	const char *shown_how;
	bool shown_on_ground;

	struct straight_layers layers;
	struct straight_watch watch;
	struct wlr_buffer *cursor;                  /* of cursor_layer.c */
	struct wlr_buffer *ground;                  /* of straight_ground.c; locked */
	const struct wlr_renderer *ground_drawn_by; /* only ever compared */
	bool ground_is_new;                         /* the parent has not seen it */

	/* Of the state that was built last, until it is committed. */
	struct wlr_buffer *handed_on[STRAIGHT_MAX_PIECES];
	int handed_on_count;
};

/* For an output of the Wayland backend. Without memory everything is composed. */
void straight_init(struct output *output);
/* Lets go of what the layers show; call before the output is turned off. */
void straight_hide(struct output *output);
/* Call before the output is gone. Takes a zeroed struct too. */
void straight_finish(struct output *output);

/* Whether it is worth a plan. */
bool straight_is_possible(const struct output *output);

/*
 * Puts what `plan` has, and the damage, into `state`, which is empty, if the output can
 * be shown so now; false, with `state` empty again, if it has to be composed. A change from
 * the one to the other is logged with its reason. The state is good until
 * straight_committed.
 */
bool straight_build_state(
	struct output *output, struct straight_plan *plan, struct wlr_output_state *state);

/* Call when the parent asks for a frame. */
void straight_asked(struct output *output);

/* Call after the commit of a state that was built so, or that was not to be. */
void straight_committed(struct output *output, bool ok);

/*
 * Adds to any other state that no layer is to be seen any more. Good until
 * straight_committed.
 */
void straight_leave(struct output *output, struct wlr_output_state *state);

#endif
