/* SPDX-License-Identifier: MIT */
#include "pixel_format.h"
#include <drm_fourcc.h>

const struct pixel_format pixel_formats[PIXEL_FORMATS_LEN] = {
	{"xrgb8888", DRM_FORMAT_XRGB8888, 4, CAIRO_FORMAT_RGB24, 0},
	{"argb8888", DRM_FORMAT_ARGB8888, 4, CAIRO_FORMAT_ARGB32, 0},
	{"xbgr8888", DRM_FORMAT_XBGR8888, 4, CAIRO_FORMAT_RGB24, 1},
	{"abgr8888", DRM_FORMAT_ABGR8888, 4, CAIRO_FORMAT_ARGB32, 1},
	{"rgb565", DRM_FORMAT_RGB565, 2, CAIRO_FORMAT_RGB16_565, 0},
};

static uint32_t swap(uint32_t pixel)
{
	return (pixel & 0xff00ff00) | (pixel >> 16 & 0xff) | (pixel & 0xff) << 16;
}

void pixel_format_swap(void *pixels, size_t stride_bytes, const cairo_rectangle_int_t *rect)
{
	for (int y = rect->y; y < rect->y + rect->height; y++) {
		uint32_t *row = (uint32_t *)((char *)pixels + (size_t)y * stride_bytes);
		for (int x = rect->x; x < rect->x + rect->width; x++)
			row[x] = swap(row[x]);
	}
}
