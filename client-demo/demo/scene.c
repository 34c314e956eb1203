/* SPDX-License-Identifier: MIT */
#include "scene.h"
#include <drm_fourcc.h>

static const char caret_text[] =
	"A still text with a blinking caret.\n"
	"\n"
	"Each frame repaints the caret and nothing else: a handful of pixels.\n"
	"What the compositor does with so little damage is what this scene is for.\n"
	"\n"
	"Gesso is the white ground that a painter lays so that paint can go straight\n"
	"onto it. The caret blinks here: \n";

/* behind "blinks here: " in the last line, at the size that document_text.c paints */
const struct gesso_rect scene_caret_rect = {304, 124, 2, 16};

static inline uint32_t colour(uint32_t x, uint32_t y, uint32_t n)
{
	uint32_t red = (x + 3 * n) & 0xff;
	uint32_t green = (y + 5 * n) & 0xff;
	uint32_t blue = (x + y + 7 * n) & 0xff;
	return 0xff000000 | red << 16 | green << 8 | blue;
}

static void paint_row_argb(uint32_t *row, uint32_t width, uint32_t y, uint32_t n)
{
	for (uint32_t x = 0; x < width; x++)
		row[x] = colour(x, y, n);
}

static void paint_row_abgr(uint32_t *row, uint32_t width, uint32_t y, uint32_t n)
{
	for (uint32_t x = 0; x < width; x++) {
		uint32_t argb = colour(x, y, n);
		row[x] = (argb & 0xff00ff00) | (argb >> 16 & 0xff) | (argb & 0xff) << 16;
	}
}

static void paint_row_565(uint16_t *row, uint32_t width, uint32_t y, uint32_t n)
{
	for (uint32_t x = 0; x < width; x++) {
		uint32_t argb = colour(x, y, n);
		row[x] = (uint16_t)((argb >> 8 & 0xf800) | (argb >> 5 & 0x07e0) |
			(argb >> 3 & 0x001f));
	}
}

void scene_full_paint(const struct gesso_frame *frame, uint64_t frame_number)
{
	uint32_t width = (uint32_t)frame->width_px, n = (uint32_t)frame_number;
	for (uint32_t y = 0; y < (uint32_t)frame->height_px; y++) {
		void *row = (char *)frame->pixels + y * frame->stride_bytes;
		if (frame->fourcc == DRM_FORMAT_RGB565)
			paint_row_565(row, width, y, n);
		else if (frame->fourcc == DRM_FORMAT_XBGR8888 ||
			frame->fourcc == DRM_FORMAT_ABGR8888)
			paint_row_abgr(row, width, y, n);
		else
			paint_row_argb(row, width, y, n);
	}
}

struct document *scene_caret_create_text(void)
{
	GBytes *bytes = g_bytes_new_static(caret_text, sizeof(caret_text) - 1);
	struct document *document = document_text_create(bytes, NULL);
	g_bytes_unref(bytes);
	return document;
}

void scene_caret_paint(cairo_t *cairo, uint64_t frame_number)
{
	double grey = frame_number % 2 ? 1 : 0;
	cairo_set_source_rgb(cairo, grey, grey, grey);
	cairo_rectangle(cairo, scene_caret_rect.x, scene_caret_rect.y, scene_caret_rect.width,
		scene_caret_rect.height);
	cairo_fill(cairo);
}
