/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LAYOUT_H
#define GESSO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the pixels of one linear plane lie in memory: `height_px` rows of
 * `stride_bytes`, the first pixel at `offset_bytes`. All sizes are checked in
 * size_t; a layout that exists is one whose end lies within SIZE_MAX.
 */

struct gesso_format {
	uint32_t fourcc; /* drm_fourcc.h, little-endian */
	const char *name;
	uint32_t bytes_per_pixel;
	bool opaque;
};

/* Those of one plane that are probed and, where proved, offered on path native. */
#define GESSO_FORMATS_LEN 8
extern const struct gesso_format gesso_formats[GESSO_FORMATS_LEN];

/* Index into gesso_formats, or -1. */
int gesso_format_index(uint32_t fourcc);

struct gesso_layout {
	uint32_t fourcc;
	int width_px, height_px;
	uint32_t stride_bytes, offset_bytes;
	size_t size_bytes; /* offset + stride × height, not rounded */
};

#define GESSO_MAX_SIDE_PX 16384

/*
 * Rows begin at multiples of `stride_align_bytes` (a power of two). False if
 * the format is unknown, a side is outside 1…GESSO_MAX_SIDE_PX, or a size
 * overflows.
 */
bool gesso_layout_init(struct gesso_layout *layout, int width_px, int height_px, uint32_t fourcc,
	uint32_t stride_align_bytes);

#endif
