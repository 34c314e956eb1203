/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LAYOUT_H
#define GESSO_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the pixels of a linear picture lie in memory: `height_px` rows of
 * `stride_bytes`, the first pixel at `offset_bytes`; for formats of two planes,
 * then half as many rows of the second. All sizes are checked in size_t; a layout
 * that exists is one whose end lies within SIZE_MAX.
 */

struct gesso_format {
	uint32_t fourcc; /* drm_fourcc.h, little-endian */
	const char *name;
	uint32_t bytes_per_pixel; /* in the first plane */
	bool opaque;
	uint32_t chroma_bytes; /* in a second plane, for every 2 × 2 pixels; 0: there is none */
};

/* Those that are probed and, where proved, offered. */
#define GESSO_FORMATS_LEN 10
extern const struct gesso_format gesso_formats[GESSO_FORMATS_LEN];

/* Index into gesso_formats, or -1. */
int gesso_format_index(uint32_t fourcc);
/* 1 or 2; 1 for formats that are not of gesso_formats. */
int gesso_format_planes(uint32_t fourcc);

struct gesso_layout {
	uint32_t fourcc;
	int width_px, height_px;
	uint32_t stride_bytes, offset_bytes;
	uint32_t chroma_stride_bytes, chroma_offset_bytes; /* of the second plane, else 0 */
	size_t size_bytes; /* from byte 0 to the last plane's end, not rounded */
};

#define GESSO_MAX_SIDE_PX 16384

/*
 * Rows begin at multiples of `stride_align_bytes` (a power of two); a second plane
 * follows the first, with the same stride. False if the format is unknown, a side
 * is outside 1…GESSO_MAX_SIDE_PX or, for two planes, odd, or a size overflows.
 */
bool gesso_layout_init(struct gesso_layout *layout, int width_px, int height_px, uint32_t fourcc,
	uint32_t stride_align_bytes);

/* Moves the picture, whose first pixel is at byte 0, to `offset_bytes`. */
void gesso_layout_move(struct gesso_layout *layout, uint32_t offset_bytes);

#endif
