/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_DAMAGE_H
#define GESSO_LIBRARY_DAMAGE_H

#include "gesso-client.h"

/*
 * A set of pixels as a short list of rectangles that may overlap. It never
 * covers less than what was added; when the list is full, the new rectangle is
 * merged with the one that grows least by it.
 */

#define DAMAGE_RECTS_MAX 16

struct damage {
	struct gesso_rect rects[DAMAGE_RECTS_MAX];
	size_t len;
};

void damage_clear(struct damage *damage);

/* Clips `rect` to the buffer; an empty one changes nothing. */
void damage_add(struct damage *damage, const struct gesso_rect *rect, int width_px, int height_px);

/* Everything: one rectangle. */
void damage_fill(struct damage *damage, int width_px, int height_px);

/* Adds `other`, whose rectangles are clipped already. */
void damage_union(struct damage *damage, const struct damage *other);

#endif
