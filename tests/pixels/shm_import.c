/* SPDX-License-Identifier: MIT */
/* Buffers of unmodified wl_shm clients, imported: the picture that an upload shows, and no copy. */
#include "case.h"
#include "gl_count.h"
#include "shown.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH_PX 96
#define HEIGHT_PX 71
#define PATH_IMPORT GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT
#define PATH_UPLOAD GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD

static void paint(struct stage *stage, struct buffer *buffer, struct picture *picture,
	uint32_t fourcc, uint32_t seed)
{
	buffer_create_shm_tight(buffer, &stage->client, WIDTH_PX, HEIGHT_PX,
		WIDTH_PX * buffer_bytes_per_pixel(fourcc), fourcc);
	stage_repaint(buffer, picture, seed);
}

/* The window beneath has a buffer that cannot be imported: one row of it begins elsewhere. */
static void begin(struct stage *stage, struct layer *layer, const char *options)
{
	stage_begin_with(stage, options);
	layer_create(layer, &stage->window, 9, 9);
}

static void check_figures(struct stage *stage, uint64_t frames, uint64_t imports)
{
	struct report report;
	report_read(&report, &stage->client);
	struct report_path import = report_sum(&report, PATH_IMPORT);
	CHECK_EQUAL(import.frames, frames);
	CHECK_EQUAL(import.imports, imports);
	CHECK_EQUAL(import.copied_bytes, 0);
	CHECK_EQUAL(import.texture_bytes, 0);
}

/* Two buffers in turn, each painted again once it was given back. */
static void check_turns(uint32_t fourcc)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffers[2];
	struct picture picture;
	begin(&stage, &layer, "--shm import");
	int tolerance = fourcc != DRM_FORMAT_XRGB8888;
	for (uint32_t i = 0; i < 2; i++) {
		paint(&stage, &buffers[i], &picture, fourcc, 20 + i);
		layer_show(&layer, &buffers[i]);
		stage_check(&stage, &picture, 9, 9, tolerance, "first paint");
		picture_finish(&picture);
	}
	CHECK(!buffers[0].busy);
	CHECK(buffers[1].busy);
	for (uint32_t round = 0; round < 6; round++) {
		struct buffer *buffer = &buffers[round % 2];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, 30 + round);
		layer_show(&layer, buffer);
		stage_check(&stage, &picture, 9, 9, tolerance, "later paint");
		picture_finish(&picture);
		check_figures(&stage, 3 + round, 2);
	}
	CHECK_EQUAL(buffers[0].releases, 4);
	CHECK_EQUAL(buffers[1].releases, 3);
	shown_record_here("shm-import", case_fixture("allocator"));
	layer_destroy(&layer);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	stage_end(&stage);
}

CASE(gl_shm_import_turns)
{
	check_turns(DRM_FORMAT_XRGB8888);
}

CASE(gl_shm_import_turns_alpha)
{
	check_turns(DRM_FORMAT_ARGB8888);
}

CASE(gl_shm_import_turns_16_bit)
{
	check_turns(DRM_FORMAT_RGB565);
}

/* Painted in place, against the rules: what an upload would show is shown. */
CASE(gl_shm_import_in_place)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	begin(&stage, &layer, "--shm import");
	paint(&stage, &buffer, &picture, DRM_FORMAT_XRGB8888, 10);
	layer_show(&layer, &buffer);
	stage_check(&stage, &picture, 9, 9, 0, "first paint");
	for (uint32_t round = 0; round < 4; round++) {
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, 11 + round);
		layer_show(&layer, &buffer);
		stage_check(&stage, &picture, 9, 9, 0, "in place");
		check_figures(&stage, 2 + round, 1);
		CHECK_EQUAL(buffer.releases, 0);
	}
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
}

/* The pool's pages stay while the surface shows them, and go with the last of it. */
CASE(gl_shm_import_outlived_by_the_picture)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer, next;
	struct picture picture;
	begin(&stage, &layer, "--shm import");
	paint(&stage, &buffer, &picture, DRM_FORMAT_XRGB8888, 10);
	layer_show(&layer, &buffer);
	buffer_destroy(&buffer);
	client_roundtrip(&stage.client);
	stage_check(&stage, &picture, 9, 9, 0, "its wl_buffer is gone");
	picture_finish(&picture);
	paint(&stage, &next, &picture, DRM_FORMAT_XRGB8888, 11);
	layer_show(&layer, &next);
	stage_check(&stage, &picture, 9, 9, 0, "the next");
	check_figures(&stage, 2, 2);
	struct report report;
	report_read(&report, &stage.client);
	CHECK_EQUAL(report_held_bytes(&report), 7 * 4096);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&next);
	stage_end(&stage);
}

/* What is asked of GL for a frame does not depend on its size: no upload, one image a buffer. */
CASE(gl_shm_import_makes_no_copy)
{
	static const int sizes[][2] = {{64, 64}, {640, 480}, {1920, 1080}};
	volatile struct gl_count *count = gl_count_begin();
	struct stage stage;
	struct layer layer;
	begin(&stage, &layer, "--shm import");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buffer buffers[2];
		struct picture picture;
		uint64_t uploads = count->uploads, images = count->images;
		for (uint32_t round = 0; round < 8; round++) {
			struct buffer *buffer = &buffers[round % 2];
			if (round < 2) {
				buffer_create_shm_tight(buffer, &stage.client, sizes[i][0],
					sizes[i][1], (uint32_t)sizes[i][0] * 4,
					DRM_FORMAT_XRGB8888);
			}
			buffer_wait_release(buffer);
			stage_repaint(buffer, &picture, round);
			layer_show(&layer, buffer);
			picture_finish(&picture);
		}
		CHECK_EQUAL(count->uploads, uploads);
		CHECK_EQUAL(count->images, images + 2);
		surface_commit(layer.surface, NULL);
		buffer_destroy(&buffers[0]);
		buffer_destroy(&buffers[1]);
	}
	layer_destroy(&layer);
	stage_end(&stage);
	CHECK_EQUAL(count->images_destroyed, count->images);
	gl_count_end(count);
}

/* Past the budget it is uploaded, and says so; what is imported stays. */
CASE(gl_shm_import_within_the_budget)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffers[3];
	struct picture picture;
	begin(&stage, &layer, "--shm import --budget 1");
	for (uint32_t i = 0; i < 3; i++) {
		buffer_create_shm_tight(
			&buffers[i], &stage.client, 400, 300, 1600, DRM_FORMAT_XRGB8888);
		stage_repaint(&buffers[i], &picture, i);
		layer_show(&layer, &buffers[i]);
		stage_check(&stage, &picture, 9, 9, 0, "budget");
		picture_finish(&picture);
	}
	struct report report;
	report_read(&report, &stage.client);
	const struct report_surface *surface = report_find_surface(&report, 400, 300);
	CHECK(surface != NULL);
	CHECK_EQUAL(surface->path, PATH_UPLOAD);
	CHECK_EQUAL(surface->reason, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_OVER_BUDGET);
	CHECK_EQUAL(report_sum(&report, PATH_IMPORT).imports, 2);
	buffer_destroy(&buffers[0]);
	buffer_wait_release(&buffers[2]);
	layer_show(&layer, &buffers[2]);
	report_read(&report, &stage.client);
	CHECK_EQUAL(report_find_surface(&report, 400, 300)->path, PATH_IMPORT);
	layer_destroy(&layer);
	buffer_destroy(&buffers[1]);
	buffer_destroy(&buffers[2]);
	stage_end(&stage);
}
