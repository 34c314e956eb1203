/* SPDX-License-Identifier: MIT */
/* A buffer that is mapped and was imported is painted again: it shows, at no cost. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <string.h>

#define WIDTH_PX 77
#define HEIGHT_PX 51

static void check_native(struct stage *stage, uint64_t frames, uint64_t imports)
{
	struct report_path native = stage_figures(stage, GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
	CHECK_EQUAL(native.frames, frames);
	CHECK_EQUAL(native.imports, imports);
	CHECK_EQUAL(native.copied_bytes, 0);
	CHECK_EQUAL(native.texture_bytes, 0);
}

CASE(repaint_while_it_is_shown)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 9, 9);
	stage_paint(
		&stage, &buffer, &picture, "native", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888, 10);
	layer_show(&layer, &buffer);
	stage_check(&stage, &picture, 9, 9, 0, "first paint");
	check_native(&stage, 1, 1);
	for (uint32_t round = 0; round < 4; round++) {
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, 11 + round);
		layer_show(&layer, &buffer);
		stage_check(&stage, &picture, 9, 9, 0, "later paint");
		check_native(&stage, 2 + round, 1);
	}
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
}

CASE(repaint_after_release)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffers[2];
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 9, 9);
	for (uint32_t i = 0; i < 2; i++) {
		stage_paint(&stage, &buffers[i], &picture, "native", WIDTH_PX, HEIGHT_PX,
			DRM_FORMAT_XRGB8888, 20 + i);
		layer_show(&layer, &buffers[i]);
		stage_check(&stage, &picture, 9, 9, 0, "first paint");
		picture_finish(&picture);
	}
	for (uint32_t round = 0; round < 6; round++) {
		struct buffer *buffer = &buffers[round % 2];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, 30 + round);
		layer_show(&layer, buffer);
		stage_check(&stage, &picture, 9, 9, 0, "later paint");
		picture_finish(&picture);
		check_native(&stage, 3 + round, 2);
	}
	/* One for each time that it was replaced. */
	CHECK_EQUAL(buffers[0].releases, 4);
	CHECK_EQUAL(buffers[1].releases, 3);
	layer_destroy(&layer);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	stage_end(&stage);
}

/* The part of `picture` in the rectangle is painted into the buffer, and nothing else. */
static void paint_part(struct buffer *buffer, const struct picture *picture, struct picture *shown,
	int x, int y, int width_px, int height_px)
{
	buffer_begin_paint(buffer);
	for (int row = y; row < y + height_px; row++) {
		struct picture line = {width_px, 1, &picture->pixels[row * WIDTH_PX + x]};
		picture_encode(&line,
			buffer->pixels + (size_t)row * buffer->stride_bytes +
				(size_t)x * buffer_bytes_per_pixel(buffer->fourcc),
			buffer->stride_bytes, buffer->fourcc);
		memcpy(&shown->pixels[row * WIDTH_PX + x], line.pixels,
			(size_t)width_px * sizeof(uint32_t));
	}
	buffer_end_paint(buffer);
}

/* What was damaged is shown, and the bytes that were copied are those of the damage. */
static void check_damage(const char *path, uint32_t fourcc)
{
	bool uploads = strcmp(path, "shm") == 0 && strcmp(case_fixture("renderer"), "gles2") == 0;
	enum gesso_memory_report_v1_path shm = uploads ? GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD
						       : GESSO_MEMORY_REPORT_V1_PATH_SHM_DIRECT;
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture shown, next;
	stage_begin(&stage);
	uint32_t pixel_bytes = buffer_bytes_per_pixel(fourcc);
	uint64_t copied = stage_figures(&stage, shm).copied_bytes;
	CHECK_EQUAL(copied, uploads ? STAGE_WIDTH_PX * STAGE_HEIGHT_PX * 4 : 0);

	layer_create(&layer, &stage.window, 9, 9);
	stage_paint(&stage, &buffer, &shown, path, WIDTH_PX, HEIGHT_PX, fourcc, 40);
	layer_show(&layer, &buffer);
	copied += uploads ? WIDTH_PX * HEIGHT_PX * pixel_bytes : 0;
	CHECK_EQUAL(stage_figures(&stage, shm).copied_bytes, copied);

	static const int parts[][4] = {
		{0, 0, 1, 1}, {5, 7, 30, 20}, {76, 50, 1, 1}, {0, 25, 77, 3}};
	picture_init(&next, WIDTH_PX, HEIGHT_PX, 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const int *part = parts[i];
		picture_fill(&next, 50 + (uint32_t)i, false);
		picture_quantise(&next, fourcc);
		if (uploads) {
			buffer_wait_release(&buffer);
		}
		paint_part(&buffer, &next, &shown, part[0], part[1], part[2], part[3]);
		surface_commit_damage_wait(
			&stage.client, layer.surface, &buffer, part[0], part[1], part[2], part[3]);
		stage_check(&stage, &shown, 9, 9, fourcc == DRM_FORMAT_RGB565, "part");
		copied += uploads ? (uint64_t)part[2] * (uint64_t)part[3] * pixel_bytes : 0;
		CHECK_EQUAL(stage_figures(&stage, shm).copied_bytes, copied);
	}
	picture_finish(&shown);
	picture_finish(&next);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
}

CASE(damage_shm)
{
	check_damage("shm", DRM_FORMAT_XRGB8888);
}

CASE(damage_shm_16_bit)
{
	check_damage("shm", DRM_FORMAT_RGB565);
}
