/* SPDX-License-Identifier: MIT */
#include "damage.h"

static bool rect_contains(const struct gesso_rect *outer, const struct gesso_rect *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
		inner->x + inner->width <= outer->x + outer->width &&
		inner->y + inner->height <= outer->y + outer->height;
}

static struct gesso_rect rect_union(const struct gesso_rect *a, const struct gesso_rect *b)
{
	int32_t x1 = a->x < b->x ? a->x : b->x;
	int32_t y1 = a->y < b->y ? a->y : b->y;
	int32_t ax2 = a->x + a->width, bx2 = b->x + b->width;
	int32_t ay2 = a->y + a->height, by2 = b->y + b->height;
	return (struct gesso_rect){
		.x = x1,
		.y = y1,
		.width = (ax2 > bx2 ? ax2 : bx2) - x1,
		.height = (ay2 > by2 ? ay2 : by2) - y1,
	};
}

static int64_t rect_area(const struct gesso_rect *rect)
{
	return (int64_t)rect->width * rect->height;
}

/* False if nothing is left. In 64 bits, since a caller may pass INT32_MAX for "all". */
static bool rect_clip(struct gesso_rect *rect, int width_px, int height_px)
{
	int64_t x1 = rect->x, y1 = rect->y;
	int64_t x2 = x1 + rect->width, y2 = y1 + rect->height;
	x1 = x1 < 0 ? 0 : x1;
	y1 = y1 < 0 ? 0 : y1;
	x2 = x2 > width_px ? width_px : x2;
	y2 = y2 > height_px ? height_px : y2;
	if (x2 <= x1 || y2 <= y1)
		return false;
	*rect = (struct gesso_rect){
		(int32_t)x1, (int32_t)y1, (int32_t)(x2 - x1), (int32_t)(y2 - y1)};
	return true;
}

void damage_clear(struct damage *damage)
{
	damage->len = 0;
}

void damage_fill(struct damage *damage, int width_px, int height_px)
{
	damage->rects[0] = (struct gesso_rect){0, 0, width_px, height_px};
	damage->len = 1;
}

static size_t least_growth(const struct damage *damage, const struct gesso_rect *rect)
{
	size_t best = 0;
	int64_t best_growth = INT64_MAX;
	for (size_t i = 0; i < damage->len; i++) {
		struct gesso_rect merged = rect_union(&damage->rects[i], rect);
		int64_t growth = rect_area(&merged) - rect_area(&damage->rects[i]);
		if (growth < best_growth) {
			best = i;
			best_growth = growth;
		}
	}
	return best;
}

static void remove_contained(struct damage *damage, const struct gesso_rect *rect)
{
	size_t kept = 0;
	for (size_t i = 0; i < damage->len; i++) {
		if (!rect_contains(rect, &damage->rects[i]))
			damage->rects[kept++] = damage->rects[i];
	}
	damage->len = kept;
}

static void add_clipped(struct damage *damage, struct gesso_rect rect)
{
	for (size_t i = 0; i < damage->len; i++) {
		if (rect_contains(&damage->rects[i], &rect))
			return;
	}
	remove_contained(damage, &rect);
	if (damage->len == DAMAGE_RECTS_MAX) {
		size_t i = least_growth(damage, &rect);
		rect = rect_union(&damage->rects[i], &rect);
		remove_contained(damage, &rect);
	}
	damage->rects[damage->len++] = rect;
}

void damage_add(struct damage *damage, const struct gesso_rect *rect, int width_px, int height_px)
{
	struct gesso_rect clipped = *rect;
	if (rect_clip(&clipped, width_px, height_px))
		add_clipped(damage, clipped);
}

void damage_union(struct damage *damage, const struct damage *other)
{
	for (size_t i = 0; i < other->len; i++)
		add_clipped(damage, other->rects[i]);
}
