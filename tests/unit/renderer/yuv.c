/* SPDX-License-Identifier: MIT */
#include "allocators/layout.h"
#include "case.h"
#include "renderer/probe_yuv.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

/* The corners of the colour space as ITU-R BT.601 has them in 8 bits, limited range. */
CASE(known_colours)
{
	static const struct {
		int y, cb, cr, r, g, b;
	} rows[] = {
		{16, 128, 128, 0, 0, 0},
		{235, 128, 128, 255, 255, 255},
		{126, 128, 128, 128, 128, 128},
		{81, 90, 240, 255, 0, 0},
		{145, 54, 34, 0, 255, 0},
		{41, 240, 110, 0, 0, 255},
		{210, 16, 146, 255, 255, 0},
		{170, 166, 16, 0, 255, 255},
		{106, 202, 222, 255, 0, 255},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe_colour c = probe_yuv_to_rgb(rows[i].y, rows[i].cb, rows[i].cr);
		CHECK_INT(<=, abs(c.r - rows[i].r), 2);
		CHECK_INT(<=, abs(c.g - rows[i].g), 2);
		CHECK_INT(<=, abs(c.b - rows[i].b), 2);
	}
}

static int load(const uint8_t *at, uint32_t fourcc)
{
	uint16_t wide;
	memcpy(&wide, at, sizeof(wide));
	if (fourcc == DRM_FORMAT_P010) {
		CHECK_EQUAL(wide & 63, 0);
		return wide >> 8;
	}
	return *at;
}

/* Reads the picture back by the plane's own rules, in strides that are not minimal. */
static void check_stored(uint32_t fourcc, uint32_t luma_bytes)
{
	struct gesso_layout layout;
	CHECK(gesso_layout_init(&layout, 38, 24, fourcc, 128));
	gesso_layout_move(&layout, 4096);
	uint8_t *data = calloc(1, layout.size_bytes + 1);
	CHECK(data != NULL);
	probe_yuv_store(data, &layout, 1);
	for (int y = 0; y < layout.height_px; y++) {
		for (int x = 0; x < layout.width_px; x++) {
			const uint8_t *luma = data + 4096 + (size_t)y * layout.stride_bytes +
				(size_t)x * luma_bytes;
			const uint8_t *pair = data + 4096 + layout.stride_bytes * 24 +
				(size_t)(y / 2) * layout.stride_bytes +
				(size_t)(x / 2) * 2 * luma_bytes;
			struct probe_colour got = probe_yuv_to_rgb(load(luma, fourcc),
				load(pair, fourcc), load(pair + luma_bytes, fourcc));
			struct probe_colour want = probe_yuv_picture(x, y, 1);
			CHECK(got.r == want.r && got.g == want.g && got.b == want.b);
		}
	}
	free(data);
}

CASE(stored_as_the_format_has_it)
{
	check_stored(DRM_FORMAT_NV12, 1);
	check_stored(DRM_FORMAT_P010, 2);
}

CASE(two_paints_differ)
{
	int differ = 0;
	for (int i = 0; i < 24; i++) {
		struct probe_colour a = probe_yuv_picture(i, i, 0), b = probe_yuv_picture(i, i, 1);
		differ += abs(a.r - b.r) > 8 || abs(a.g - b.g) > 8 || abs(a.b - b.b) > 8;
	}
	CHECK_EQUAL(differ, 24);
}
