/* SPDX-License-Identifier: MIT */
/* The same picture through every path, on every renderer, in every format and odd sizes. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>

static const struct {
	int width_px, height_px, x, y;
} rows[] = {
	{1, 1, 100, 70},
	{37, 29, 3, 5},
	{64, 64, 64, 32},
	{131, 77, 11, 13},
	{199, 3, 1, 147},
	{5, 149, 195, 1},
};

/* Shows the picture of one row and keeps what the output shows. */
static void show(struct stage *stage, size_t row, const char *path, struct picture *got)
{
	uint32_t fourcc = fourcc_from_name(case_fixture("format"));
	bool exact = fourcc == DRM_FORMAT_XRGB8888 || fourcc == DRM_FORMAT_XBGR8888;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	stage_paint(stage, &buffer, &picture, path, rows[row].width_px, rows[row].height_px, fourcc,
		100 + (uint32_t)row);
	layer_create(&layer, &stage->window, rows[row].x, rows[row].y);
	layer_show(&layer, &buffer);
	stage_check(stage, &picture, rows[row].x, rows[row].y, exact ? 0 : 1, path);
	stage_capture(stage, got);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	picture_finish(&picture);
}

CASE(same_picture)
{
	struct stage stage;
	stage_begin(&stage);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct picture native, shm;
		show(&stage, row, "native", &native);
		show(&stage, row, "shm", &shm);
		picture_check(&native, &shm, 0, "native against shm");
		picture_finish(&native);
		picture_finish(&shm);
	}
	stage_end(&stage);
}
