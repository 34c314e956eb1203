/* SPDX-License-Identifier: MIT */
#include "allocators/layout.h"
#include "case.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <string.h>

CASE(sizes)
{
	static const struct {
		int width_px, height_px;
		uint32_t fourcc, align_bytes, stride_bytes;
		size_t size_bytes;
	} rows[] = {
		{1, 1, DRM_FORMAT_XRGB8888, 1, 4, 4},
		{1, 1, DRM_FORMAT_RGB565, 1, 2, 2},
		{1, 1, DRM_FORMAT_XRGB8888, 256, 256, 256},
		{64, 64, DRM_FORMAT_ARGB8888, 256, 256, 16384},
		{65, 64, DRM_FORMAT_ARGB8888, 256, 512, 32768},
		{37, 29, DRM_FORMAT_RGB565, 64, 128, 3712},
		{1280, 720, DRM_FORMAT_XBGR8888, 64, 5120, 3686400},
		{1366, 768, DRM_FORMAT_ABGR8888, 256, 5632, 4325376},
		{16384, 16384, DRM_FORMAT_XRGB8888, 256, 65536, (size_t)1 << 30},
		{16384, 1, DRM_FORMAT_RGB565, 4096, 32768, 32768},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_layout layout;
		CHECK(gesso_layout_init(&layout, rows[i].width_px, rows[i].height_px,
			rows[i].fourcc, rows[i].align_bytes));
		CHECK_EQUAL(layout.fourcc, rows[i].fourcc);
		CHECK_EQUAL(layout.width_px, rows[i].width_px);
		CHECK_EQUAL(layout.height_px, rows[i].height_px);
		CHECK_EQUAL(layout.stride_bytes, rows[i].stride_bytes);
		CHECK_EQUAL(layout.size_bytes - layout.offset_bytes, rows[i].size_bytes);
	}
}

CASE(refused)
{
	static const struct {
		int width_px, height_px;
		uint32_t fourcc, align_bytes;
	} rows[] = {
		{0, 1, DRM_FORMAT_XRGB8888, 1},
		{1, 0, DRM_FORMAT_XRGB8888, 1},
		{-1, 1, DRM_FORMAT_XRGB8888, 1},
		{1, -1, DRM_FORMAT_XRGB8888, 1},
		{16385, 1, DRM_FORMAT_XRGB8888, 1},
		{1, 16385, DRM_FORMAT_XRGB8888, 1},
		{INT_MAX, INT_MAX, DRM_FORMAT_XRGB8888, 1},
		{INT_MIN, INT_MIN, DRM_FORMAT_XRGB8888, 1},
		{1, 1, 0, 1},
		{2, 2, DRM_FORMAT_NV16, 1},
		{1, 2, DRM_FORMAT_NV12, 1},
		{2, 1, DRM_FORMAT_NV12, 1},
		{37, 30, DRM_FORMAT_P010, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_layout layout;
		CHECK(!gesso_layout_init(&layout, rows[i].width_px, rows[i].height_px,
			rows[i].fourcc, rows[i].align_bytes));
	}
}

/* The second plane follows the first, in rows of the same stride, half as many. */
CASE(two_planes)
{
	static const struct {
		int width_px, height_px;
		uint32_t fourcc, align_bytes, stride_bytes;
		size_t luma_bytes;
	} rows[] = {
		{2, 2, DRM_FORMAT_NV12, 1, 2, 4},
		{2, 2, DRM_FORMAT_P010, 1, 4, 8},
		{38, 24, DRM_FORMAT_NV12, 256, 256, 6144},
		{1280, 720, DRM_FORMAT_P010, 64, 2560, 1843200},
		{16384, 16384, DRM_FORMAT_P010, 256, 32768, (size_t)1 << 29},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_layout layout;
		CHECK(gesso_layout_init(&layout, rows[i].width_px, rows[i].height_px,
			rows[i].fourcc, rows[i].align_bytes));
		CHECK_EQUAL(layout.stride_bytes, rows[i].stride_bytes);
		CHECK_EQUAL(layout.chroma_stride_bytes, rows[i].stride_bytes);
		CHECK_EQUAL(layout.chroma_offset_bytes, rows[i].luma_bytes);
		CHECK_EQUAL(layout.size_bytes, rows[i].luma_bytes * 3 / 2);
		gesso_layout_move(&layout, 4096);
		CHECK_EQUAL(layout.offset_bytes, 4096);
		CHECK_EQUAL(layout.chroma_offset_bytes, rows[i].luma_bytes + 4096);
		CHECK_EQUAL(layout.size_bytes, rows[i].luma_bytes * 3 / 2 + 4096);
	}
}

CASE(largest_alignment)
{
	struct gesso_layout layout;
	CHECK(gesso_layout_init(&layout, 16384, 16384, DRM_FORMAT_XRGB8888, 1u << 31));
	CHECK_EQUAL(layout.stride_bytes, (uint32_t)1 << 31);
	CHECK_EQUAL(layout.size_bytes, (size_t)16384 << 31);
}

CASE(formats)
{
	static const struct {
		uint32_t fourcc;
		const char *name;
		uint32_t bytes_per_pixel;
		bool opaque;
		uint32_t chroma_bytes;
	} rows[] = {
		{DRM_FORMAT_XRGB8888, "XRGB8888", 4, true, 0},
		{DRM_FORMAT_ARGB8888, "ARGB8888", 4, false, 0},
		{DRM_FORMAT_XBGR8888, "XBGR8888", 4, true, 0},
		{DRM_FORMAT_ABGR8888, "ABGR8888", 4, false, 0},
		{DRM_FORMAT_RGB565, "RGB565", 2, true, 0},
		{DRM_FORMAT_XRGB2101010, "XRGB2101010", 4, true, 0},
		{DRM_FORMAT_XBGR2101010, "XBGR2101010", 4, true, 0},
		{DRM_FORMAT_ABGR16161616F, "ABGR16161616F", 8, false, 0},
		{DRM_FORMAT_NV12, "NV12", 1, true, 2},
		{DRM_FORMAT_P010, "P010", 2, true, 4},
	};
	CHECK_EQUAL(sizeof(rows) / sizeof(rows[0]), GESSO_FORMATS_LEN);
	for (size_t i = 0; i < GESSO_FORMATS_LEN; i++) {
		int index = gesso_format_index(rows[i].fourcc);
		CHECK_INT(>=, index, 0);
		CHECK_STRING(gesso_formats[index].name, rows[i].name);
		CHECK_EQUAL(gesso_formats[index].bytes_per_pixel, rows[i].bytes_per_pixel);
		CHECK_EQUAL(gesso_formats[index].opaque, rows[i].opaque);
		CHECK_EQUAL(gesso_formats[index].chroma_bytes, rows[i].chroma_bytes);
		CHECK_EQUAL(gesso_format_planes(rows[i].fourcc), rows[i].chroma_bytes != 0 ? 2 : 1);
	}
	CHECK_EQUAL(gesso_format_index(0), -1);
	CHECK_EQUAL(gesso_format_index(DRM_FORMAT_NV16), -1);
	CHECK_EQUAL(gesso_format_index(DRM_FORMAT_XRGB8888 | DRM_FORMAT_BIG_ENDIAN), -1);
}
