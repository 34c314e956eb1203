/* SPDX-License-Identifier: MIT */
#include "canvas.h"

static void add_rect(cairo_region_t *region, const struct gesso_rect *rect)
{
	cairo_rectangle_int_t added = {rect->x, rect->y, rect->width, rect->height};
	cairo_region_union_rectangle(region, &added);
}

static void clip_to_region(cairo_t *cairo, const cairo_region_t *region)
{
	for (int i = 0; i < cairo_region_num_rectangles(region); i++) {
		cairo_rectangle_int_t rect;
		cairo_region_get_rectangle(region, i, &rect);
		cairo_rectangle(cairo, rect.x, rect.y, rect.width, rect.height);
	}
	cairo_clip(cairo);
}

bool canvas_begin(struct canvas *canvas, const struct gesso_frame *frame,
	const struct pixel_format *format, const struct gesso_rect *damage)
{
	cairo_rectangle_int_t whole = {0, 0, frame->width_px, frame->height_px};
	*canvas = (struct canvas){.frame = frame, .format = format};
	canvas->region = cairo_region_create();
	for (size_t i = 0; i < frame->stale_len; i++)
		add_rect(canvas->region, &frame->stale[i]);
	if (damage)
		add_rect(canvas->region, damage);
	cairo_region_intersect_rectangle(canvas->region, &whole);
	canvas->surface = cairo_image_surface_create_for_data(frame->pixels, format->cairo,
		frame->width_px, frame->height_px, (int)frame->stride_bytes);
	canvas->cairo = cairo_create(canvas->surface);
	if (cairo_status(canvas->cairo) != CAIRO_STATUS_SUCCESS) {
		canvas_end(canvas);
		return false;
	}
	clip_to_region(canvas->cairo, canvas->region);
	return true;
}

void canvas_paint(
	struct canvas *canvas, struct document *document, const struct view *view, int scale)
{
	cairo_t *cairo = canvas->cairo;
	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_translate(cairo, -view->x * scale, -view->y * scale);
	cairo_scale(cairo, view->zoom * scale, view->zoom * scale);
	document_paint(document, cairo);
}

void canvas_end(struct canvas *canvas)
{
	bool painted = cairo_status(canvas->cairo) == CAIRO_STATUS_SUCCESS;
	cairo_destroy(canvas->cairo);
	cairo_surface_flush(canvas->surface);
	cairo_surface_destroy(canvas->surface);
	for (int i = 0; painted && canvas->format->swaps_red_blue &&
		i < cairo_region_num_rectangles(canvas->region);
		i++) {
		cairo_rectangle_int_t rect;
		cairo_region_get_rectangle(canvas->region, i, &rect);
		pixel_format_swap(canvas->frame->pixels, canvas->frame->stride_bytes, &rect);
	}
	cairo_region_destroy(canvas->region);
}
