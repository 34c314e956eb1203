/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_PIXEL_FORMAT_H
#define GESSO_DEMO_PIXEL_FORMAT_H

#include <cairo.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The formats that the demo paints. cairo has no format with red and blue the
 * other way round; there its pixels are swapped in place once they are painted.
 */
struct pixel_format {
	const char *name; /* as on the command line */
	uint32_t fourcc;
	int bytes_per_pixel;
	cairo_format_t cairo;
	int swaps_red_blue;
};

#define PIXEL_FORMATS_LEN 5
extern const struct pixel_format pixel_formats[PIXEL_FORMATS_LEN];

/* Exchanges red and blue in a rectangle of 4-byte pixels. */
void pixel_format_swap(void *pixels, size_t stride_bytes, const cairo_rectangle_int_t *rect);

#endif
