/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_PLAN_H
#define GESSO_STRAIGHT_PLAN_H

#include <pixman.h>
#include <stdbool.h>
#include <wlr/util/box.h>

/*
 * What is to be seen on an output, as pieces that a parent could put together by
 * itself. Filled in one walk over the scene, from the bottom up; read by straight.c.
 *
 *   piece 0      covers the output and is opaque, a surface or the ground: the parent's window
 *   piece 1...   lie above it: the parent's layers
 */

#define STRAIGHT_MAX_LAYERS 8
#define STRAIGHT_MAX_PIECES (1 + STRAIGHT_MAX_LAYERS)

struct output;
struct wlr_buffer;
struct wlr_scene_buffer;

struct straight_piece {
	struct wlr_scene_buffer *scene_buffer; /* NULL for a picture of gesso's own */
	struct wlr_buffer *source;             /* what the parent is to get; NULL for now */
	struct wlr_fbox src;                   /* in pixels of the buffer, a part that it has */
	struct wlr_box dst;                    /* in pixels of the output, within it */
	bool opaque;
	bool plain; /* the whole buffer, pixel for pixel */
};

struct straight_plan {
	const struct output *output;
	struct wlr_box box; /* of the output, in the layout */
	struct straight_piece pieces[STRAIGHT_MAX_PIECES];
	int count;
	bool on_ground;      /* piece 0 is the ground, its source to be found */
	const char *why_not; /* why a parent could not; NULL if it could */
};

void straight_plan_begin(struct straight_plan *plan, const struct output *output);

/* To be called for each buffer of the scene that lies on the output. */
void straight_plan_add(
	struct straight_plan *plan, struct wlr_scene_buffer *scene_buffer, int lx, int ly);

/*
 * Adds a picture of gesso's own above all, at `box` in pixels of the output, of which a
 * part may lie beyond it.
 */
void straight_plan_add_own(struct straight_plan *plan, struct wlr_buffer *source,
	const struct wlr_fbox *src, const struct wlr_box *box);

/* Call once all are added: `why_not` is complete then. */
void straight_plan_end(struct straight_plan *plan);

/* A box in pixels of an output, as wlr_scene rounds it: composed, it lies on the same ones. */
struct wlr_box straight_scaled_box(const struct wlr_box *box, float scale);

/* Of `damage` in pixels of the output what falls on `piece`, in pixels of its buffer. */
void straight_piece_damage(const struct straight_piece *piece, const pixman_region32_t *damage,
	pixman_region32_t *in_buffer);

#endif
