/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_CANVAS_H
#define GESSO_DEMO_CANVAS_H

#include "document.h"
#include "gesso-client.h"
#include "pixel_format.h"
#include "view.h"
#include <stdbool.h>

/*
 * cairo on a frame of the client library: paints a document straight into the
 * memory that the compositor will read, on white, within a region of the buffer.
 */

struct canvas {
	const struct gesso_frame *frame; /* borrowed */
	const struct pixel_format *format;
	cairo_region_t *region; /* buffer pixels to be painted; disjoint rectangles */
	cairo_surface_t *surface;
	cairo_t *cairo; /* clipped to `region` */
};

/* The region is `frame->stale` and `damage` (may be NULL). False on no memory. */
bool canvas_begin(struct canvas *canvas, const struct gesso_frame *frame,
	const struct pixel_format *format, const struct gesso_rect *damage);
/* `scale` is buffer pixels in a window unit. Leaves cairo in document units. */
void canvas_paint(
	struct canvas *canvas, struct document *document, const struct view *view, int scale);
void canvas_end(struct canvas *canvas);

#endif
