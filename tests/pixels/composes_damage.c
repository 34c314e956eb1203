/* SPDX-License-Identifier: MIT */
/* What is composed after a caret was repainted is about the caret, on each path. */
#include "case.h"
#include "gl_count.h"
#include "stage.h"
#include <drm_fourcc.h>

#define WIDTH_PX 160
#define HEIGHT_PX 120
#define CARET_WIDTH_PX 3
#define CARET_HEIGHT_PX 11
#define BUFFERS_LEN 2
#define FRAMES 8
/*
 * Of the output's buffers, which are four at most (wlroots' swapchain), each takes up what
 * was damaged since it was drawn last. Below the layer there may be the ground.
 */
#define CARETS_A_FRAME (4 * 2)
/* The transparent texture that software_renderer.c has drawn for llvmpipe to let go of others. */
#define NOTHING_PX (3 * 3)

static struct stage stage;
static struct layer layer;
static struct buffer buffers[BUFFERS_LEN];

static void show(uint32_t frame, struct picture *picture)
{
	struct buffer *buffer = &buffers[frame % BUFFERS_LEN];
	if (buffer->busy) {
		buffer_wait_release(buffer);
	}
	picture_finish(picture);
	stage_repaint(buffer, picture, frame);
	layer_show(&layer, buffer);
}

/* Nothing is repainted but what is damaged: both buffers have the same picture by then. */
static void show_caret(uint32_t frame)
{
	struct buffer *buffer = &buffers[frame % BUFFERS_LEN];
	if (buffer->busy) {
		buffer_wait_release(buffer);
	}
	surface_commit_damage_wait(&stage.client, layer.surface, buffer, 20 + (int)frame, 30,
		CARET_WIDTH_PX, CARET_HEIGHT_PX);
}

static void check_path(const volatile struct gl_count *count, const char *path, uint32_t fourcc)
{
	struct picture picture;
	layer_create(&layer, &stage.window, 5, 5);
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_create(&buffers[i], &stage.client, path, WIDTH_PX, HEIGHT_PX, fourcc);
	}
	picture_init(&picture, 1, 1, 0);
	uint64_t before = count->drawn_pixels;
	for (uint32_t frame = 0; frame < FRAMES; frame++) {
		show(frame, &picture);
	}
	/* so the area is counted at all */
	CHECK_INT(>=, count->drawn_pixels - before, FRAMES * WIDTH_PX * HEIGHT_PX);
	for (uint32_t frame = 0; frame < FRAMES; frame++) {
		show_caret(frame);
	}
	before = count->drawn_pixels;
	for (uint32_t frame = 0; frame < FRAMES; frame++) {
		show_caret(frame);
	}
	CHECK_INT(>=, count->drawn_pixels - before, FRAMES * CARET_WIDTH_PX * CARET_HEIGHT_PX);
	CHECK_INT(<=, count->drawn_pixels - before,
		FRAMES * (CARETS_A_FRAME * CARET_WIDTH_PX * CARET_HEIGHT_PX + NOTHING_PX));
	picture_finish(&picture);
	layer_destroy(&layer);
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_destroy(&buffers[i]);
	}
}

/* XRGB8888 is copied, ARGB8888 drawn (software_renderer.c). Returns how many frames were imports. */
static uint64_t check_paths(const char *options, const char *const *paths)
{
	volatile struct gl_count *count = gl_count_begin();
	stage_begin_with(&stage, options);
	for (; *paths != NULL; paths++) {
		check_path(count, *paths, DRM_FORMAT_XRGB8888);
		check_path(count, *paths, DRM_FORMAT_ARGB8888);
	}
	uint64_t imported = stage_figures(&stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT).frames;
	stage_end(&stage);
	gl_count_end(count);
	return imported;
}

CASE(gl_composes_damage)
{
	uint64_t imported =
		check_paths("--shm import", (const char *const[]){"native", "shm-tight", NULL});
	CHECK_INT(>, imported, FRAMES);
	check_paths("--shm upload", (const char *const[]){"shm", NULL});
}
