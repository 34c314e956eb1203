/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "damage.h"

static bool covers(const struct damage *damage, int x, int y)
{
	for (size_t i = 0; i < damage->len; i++) {
		const struct gesso_rect *rect = &damage->rects[i];
		if (x >= rect->x && x < rect->x + rect->width && y >= rect->y &&
			y < rect->y + rect->height)
			return true;
	}
	return false;
}

static void test_clips(void)
{
	struct damage damage = {.len = 0};
	damage_add(&damage, &(struct gesso_rect){-5, -5, 10, 10}, 100, 50);
	CHECK_EQUAL(damage.len, 1);
	CHECK_EQUAL(damage.rects[0].x, 0);
	CHECK_EQUAL(damage.rects[0].width, 5);
	damage_add(&damage, &(struct gesso_rect){90, 40, INT32_MAX, INT32_MAX}, 100, 50);
	CHECK_EQUAL(damage.rects[1].width, 10);
	CHECK_EQUAL(damage.rects[1].height, 10);
	damage_add(&damage, &(struct gesso_rect){100, 0, 5, 5}, 100, 50);
	damage_add(&damage, &(struct gesso_rect){3, 3, 0, 9}, 100, 50);
	damage_add(&damage, &(struct gesso_rect){3, 3, 4, -9}, 100, 50);
	damage_add(&damage, &(struct gesso_rect){INT32_MIN, 0, INT32_MAX, 5}, 100, 50);
	CHECK_EQUAL(damage.len, 2);
}

static void test_swallows(void)
{
	struct damage damage = {.len = 0};
	damage_add(&damage, &(struct gesso_rect){10, 10, 5, 5}, 100, 100);
	damage_add(&damage, &(struct gesso_rect){30, 30, 5, 5}, 100, 100);
	damage_add(&damage, &(struct gesso_rect){11, 11, 2, 2}, 100, 100);
	CHECK_EQUAL(damage.len, 2);
	damage_add(&damage, &(struct gesso_rect){0, 0, 100, 100}, 100, 100);
	CHECK_EQUAL(damage.len, 1);
	damage_fill(&damage, 7, 8);
	CHECK_EQUAL(damage.rects[0].width, 7);
	CHECK_EQUAL(damage.rects[0].height, 8);
}

/* However many are added, none is lost, and the list stays short. */
static void test_covers_all(void)
{
	struct damage damage = {.len = 0}, other = {.len = 0};
	bool added[64][64] = {0};
	unsigned int seed = 1;
	for (int i = 0; i < 200; i++) {
		seed = seed * 1103515245 + 12345;
		struct gesso_rect rect = {(int)(seed >> 8) % 60, (int)(seed >> 16) % 60, 4, 3};
		damage_add(i % 2 ? &damage : &other, &rect, 64, 64);
		for (int y = rect.y; y < rect.y + 3; y++) {
			for (int x = rect.x; x < rect.x + 4; x++)
				added[y][x] = true;
		}
	}
	damage_union(&damage, &other);
	CHECK(damage.len <= DAMAGE_RECTS_MAX);
	for (int y = 0; y < 63; y++) {
		for (int x = 0; x < 64; x++)
			CHECK(!added[y][x] || covers(&damage, x, y));
	}
}

static const struct check_case cases[] = {
	{"clips", test_clips},
	{"swallows", test_swallows},
	{"covers-all", test_covers_all},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
