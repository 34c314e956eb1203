/* SPDX-License-Identifier: MIT */
#include "canvas.h"
#include "check.h"
#include "scene.h"
#include <string.h>

#define WIDTH 61
#define HEIGHT 23
#define STRIDE 256

static uint32_t read_pixel(const struct gesso_frame *frame, int bytes, int x, int y)
{
	uint32_t pixel = 0;
	memcpy(&pixel, (char *)frame->pixels + (size_t)y * frame->stride_bytes + x * bytes,
		(size_t)bytes);
	return pixel;
}

static struct gesso_frame create_frame(const struct pixel_format *format)
{
	static const struct gesso_rect whole = {0, 0, WIDTH, HEIGHT};
	return (struct gesso_frame){
		.pixels = calloc(HEIGHT, STRIDE),
		.stride_bytes = STRIDE,
		.width_px = WIDTH,
		.height_px = HEIGHT,
		.fourcc = format->fourcc,
		.stale = &whole,
		.stale_len = 1,
	};
}

/* Red, green and blue, by the format's own layout. */
static void split(const struct pixel_format *format, uint32_t pixel, unsigned int rgb[3])
{
	for (unsigned int i = 0; i < 3; i++) {
		unsigned int shift = format->swaps_red_blue ? 8 * i : 16 - 8 * i;
		rgb[i] = pixel >> shift & 0xff;
	}
	if (format->bytes_per_pixel == 2) {
		rgb[0] = (pixel >> 11 & 0x1f) << 3;
		rgb[1] = (pixel >> 5 & 0x3f) << 2;
		rgb[2] = (pixel & 0x1f) << 3;
	}
}

static void test_full_is_as_promised(void)
{
	for (int i = 0; i < PIXEL_FORMATS_LEN; i++) {
		const struct pixel_format *format = &pixel_formats[i];
		struct gesso_frame frame = create_frame(format);
		scene_full_paint(&frame, 100);
		unsigned int rgb[3], mask[3] = {0xff, 0xff, 0xff};
		if (format->bytes_per_pixel == 2)
			memcpy(mask, (unsigned int[3]){0xf8, 0xfc, 0xf8}, sizeof(mask));
		split(format, read_pixel(&frame, format->bytes_per_pixel, 60, 22), rgb);
		CHECK_EQUAL(rgb[0], (60 + 300) % 256 & mask[0]);
		CHECK_EQUAL(rgb[1], (22 + 500) % 256 & mask[1]);
		CHECK_EQUAL(rgb[2], (60 + 22 + 700) % 256 & mask[2]);
		/* nothing behind the row's end */
		CHECK_EQUAL(*((char *)frame.pixels + WIDTH * format->bytes_per_pixel), 0);
		free(frame.pixels);
	}
}

static void test_full_changes_every_pixel(void)
{
	struct gesso_frame one = create_frame(&pixel_formats[0]);
	struct gesso_frame two = create_frame(&pixel_formats[0]);
	scene_full_paint(&one, 7);
	scene_full_paint(&two, 8);
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++)
			CHECK(read_pixel(&one, 4, x, y) != read_pixel(&two, 4, x, y));
	}
	free(one.pixels);
	free(two.pixels);
}

static void paint_red(struct document *document, cairo_t *cairo)
{
	cairo_set_source_rgb(cairo, 1, 0, 0);
	cairo_rectangle(cairo, 0, 0, document->width, document->height);
	cairo_fill(cairo);
}

static const struct document_impl red_impl = {.name = "red", .paint = paint_red};

/* White ground, a red document of 10×5 at zoom 2, in every format. */
static void test_canvas_formats(void)
{
	struct document red = {.impl = &red_impl, .width = 10, .height = 5};
	struct view view = {.zoom = 2};
	for (int i = 0; i < PIXEL_FORMATS_LEN; i++) {
		const struct pixel_format *format = &pixel_formats[i];
		struct gesso_frame frame = create_frame(format);
		struct canvas canvas;
		CHECK(canvas_begin(&canvas, &frame, format, NULL));
		canvas_paint(&canvas, &red, &view, 1);
		canvas_end(&canvas);
		unsigned int rgb[3];
		split(format, read_pixel(&frame, format->bytes_per_pixel, 19, 9), rgb);
		CHECK(rgb[0] >= 0xf8 && rgb[1] == 0 && rgb[2] == 0);
		split(format, read_pixel(&frame, format->bytes_per_pixel, 20, 9), rgb);
		CHECK(rgb[0] >= 0xf8 && rgb[1] >= 0xf8 && rgb[2] >= 0xf8);
		free(frame.pixels);
	}
}

/* Only what is stale or damaged is touched, and where both are it is touched once. */
static void test_canvas_region(void)
{
	const struct pixel_format *format = &pixel_formats[2];
	struct document red = {.impl = &red_impl, .width = 100, .height = 100};
	struct view view = {.zoom = 1};
	struct gesso_frame frame = create_frame(format);
	const struct gesso_rect stale = {2, 2, 4, 4}, damage = {4, 4, 4, 4};
	frame.stale = &stale;
	struct canvas canvas;
	CHECK(canvas_begin(&canvas, &frame, format, &damage));
	canvas_paint(&canvas, &red, &view, 1);
	canvas_end(&canvas);
	CHECK_EQUAL(read_pixel(&frame, 4, 1, 1), 0);
	CHECK_EQUAL(read_pixel(&frame, 4, 7, 2), 0);
	CHECK_EQUAL(read_pixel(&frame, 4, 2, 2) & 0xffffff, 0xff);
	CHECK_EQUAL(read_pixel(&frame, 4, 5, 5) & 0xffffff, 0xff);
	CHECK_EQUAL(read_pixel(&frame, 4, 7, 7) & 0xffffff, 0xff);
	CHECK_EQUAL(read_pixel(&frame, 4, 8, 8), 0);
	free(frame.pixels);
}

static const struct check_case cases[] = {
	{"full-is-as-promised", test_full_is_as_promised},
	{"full-changes-every-pixel", test_full_changes_every_pixel},
	{"canvas-formats", test_canvas_formats},
	{"canvas-region", test_canvas_region},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
