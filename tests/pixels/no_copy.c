/* SPDX-License-Identifier: MIT */
/* "No copy", seen from outside the compositor and held against its own ledger. */
#include "case.h"
#include "gl_count.h"
#include "proc.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <string.h>

#define BUFFERS_LEN 3
#define ROUNDS 9

static uint64_t ledger_copied(struct stage *stage)
{
	struct report report;
	report_read(&report, &stage->client);
	uint64_t sum = 0;
	for (size_t i = 0; i < report.paths_len; i++) {
		sum += report.paths[i].copied_bytes;
	}
	return sum;
}

CASE(gl_imports_native)
{
	volatile struct gl_count *count = gl_count_begin();
	struct stage stage;
	struct layer layer;
	struct buffer buffers[BUFFERS_LEN];
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 5, 5);
	for (uint32_t i = 0; i < BUFFERS_LEN; i++) {
		stage_paint(
			&stage, &buffers[i], &picture, "native", 90, 70, DRM_FORMAT_XRGB8888, i);
		picture_finish(&picture);
	}
	uint64_t uploaded = count->uploaded_bytes;
	CHECK_INT(>, uploaded, 0);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct buffer *buffer = &buffers[round % BUFFERS_LEN];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, 90 + round);
		layer_show(&layer, buffer);
		stage_check(&stage, &picture, 5, 5, 0, "native");
		picture_finish(&picture);
	}
	CHECK_EQUAL(count->uploaded_bytes, uploaded);
	struct report_path native = stage_figures(&stage, GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
	uint64_t images = 0;
	for (size_t i = 0; i < BUFFERS_LEN; i++) {
		CHECK_EQUAL(gl_count_images_of(count, buffers[i].inode), 1);
		images += gl_count_images_of(count, buffers[i].inode);
	}
	CHECK_EQUAL(gl_count_images_of(count, stage.ground_buffer.inode), 0);
	CHECK_EQUAL(native.imports, images);
	CHECK_EQUAL(native.frames, ROUNDS);
	CHECK_EQUAL(native.copied_bytes, 0);
	layer_destroy(&layer);
	for (size_t i = 0; i < BUFFERS_LEN; i++) {
		buffer_destroy(&buffers[i]);
	}
	stage_end(&stage);
	CHECK_EQUAL(count->images_destroyed, count->images);
	gl_count_end(count);
}

/*
 * llvmpipe draws on threads of its own, from clients' memory: it has ended when a frame is
 * shown, and buffers go back to their clients, be what is shown copied or drawn.
 */
CASE(gl_has_drawn_what_is_shown)
{
	volatile struct gl_count *count = gl_count_begin();
	struct stage stage;
	struct layer layer;
	struct buffer buffers[2];
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 5, 5);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(stage.client.viewporter, layer.surface);
	for (uint32_t i = 0; i < 2; i++) {
		stage_paint(
			&stage, &buffers[i], &picture, "native", 90, 70, DRM_FORMAT_XRGB8888, i);
		picture_finish(&picture);
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint64_t draws = count->draws - count->blits, commits = count->commits;
		bool scaled = round % 3 != 0;
		wp_viewport_set_destination(
			viewport, scaled ? 121 : -1, scaled ? (int32_t)(77 + round) : -1);
		struct buffer *buffer = &buffers[round % 2];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, round);
		layer_show(&layer, buffer);
		picture_finish(&picture);
		CHECK_INT(>, count->commits, commits);
		CHECK(!scaled || count->draws - count->blits > draws);
	}
	CHECK_EQUAL(count->unfinished_commits, 0);
	wp_viewport_destroy(viewport);
	layer_destroy(&layer);
	for (size_t i = 0; i < 2; i++) {
		buffer_destroy(&buffers[i]);
	}
	stage_end(&stage);
	gl_count_end(count);
}

/* llvmpipe would sample each pixel of what lies in memory as it is shown. */
static void check_not_drawn(const char *path)
{
	volatile struct gl_count *count = gl_count_begin();
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 5, 5);
	stage_paint(&stage, &buffer, &picture, path, 90, 70, DRM_FORMAT_XRGB8888, 1);
	layer_show(&layer, &buffer);
	uint64_t drawn = count->draws - count->blits, blits = count->blits;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, 90 + round);
		surface_commit_damage_wait(&stage.client, layer.surface, &buffer, 0, 0, 90, 70);
		stage_check(&stage, &picture, 5, 5, 0, path);
	}
	CHECK_EQUAL(count->draws - count->blits, drawn);
	CHECK_INT(>=, count->blits, blits + ROUNDS);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
	gl_count_end(count);
}

CASE(gl_native_is_not_drawn)
{
	check_not_drawn("native");
}

CASE(gl_upload_is_not_drawn)
{
	check_not_drawn("shm");
}

/* Each byte that GL was given is in the ledger, and no other. */
static void check_uploads(uint32_t fourcc)
{
	volatile struct gl_count *count = gl_count_begin();
	struct stage stage;
	struct layer layer;
	struct buffer buffers[BUFFERS_LEN];
	struct picture picture;
	stage_begin(&stage);
	uint64_t before = count->uploaded_bytes, copied_before = ledger_copied(&stage);
	layer_create(&layer, &stage.window, 5, 5);
	for (uint32_t i = 0; i < BUFFERS_LEN; i++) {
		/* The last one has another size, and so a texture of its own. */
		stage_paint(&stage, &buffers[i], &picture, "shm", i == 2 ? 33 : 90, 70, fourcc, i);
		picture_finish(&picture);
	}
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct buffer *buffer = &buffers[round % BUFFERS_LEN];
		buffer_wait_release(buffer);
		stage_repaint(buffer, &picture, 90 + round);
		layer_show(&layer, buffer);
		surface_commit_damage_wait(
			&stage.client, layer.surface, buffer, 3, 4, 7 + (int)round, 11);
		surface_commit_damage_wait(&stage.client, layer.surface, buffer, -5, -5, 8, 8);
		surface_commit_damage_wait(&stage.client, layer.surface, buffer, 0, 0, 0, 0);
		wl_surface_damage_buffer(layer.surface, 20, 20, 5, 5);
		surface_commit_damage_wait(&stage.client, layer.surface, buffer, 22, 22, 5, 5);
		uint64_t uploaded = count->uploaded_bytes - before;
		CHECK_EQUAL(ledger_copied(&stage) - copied_before, uploaded);
		picture_finish(&picture);
	}
	CHECK_INT(>, count->uploaded_bytes, before);
	layer_destroy(&layer);
	for (size_t i = 0; i < BUFFERS_LEN; i++) {
		buffer_destroy(&buffers[i]);
	}
	stage_end(&stage);
	gl_count_end(count);
}

CASE(gl_uploads_shm)
{
	check_uploads(DRM_FORMAT_XRGB8888);
}

CASE(gl_uploads_shm_16_bit)
{
	check_uploads(DRM_FORMAT_RGB565);
}

/* What pixman reads is the client's buffer: its inode is mapped, and nothing else grows. */
static void check_mapped(const char *path, enum gesso_memory_report_v1_path counted_as)
{
	struct stage stage;
	struct buffer buffer;
	struct layer layer;
	struct picture picture;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 0, 0);
	stage_paint(&stage, &buffer, &picture, path, 2000, 1000, DRM_FORMAT_XRGB8888, 3);
	size_t before = proc_anonymous_bytes(stage.server.pid);
	for (uint32_t round = 0; round < 3; round++) {
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, round);
		layer_show(&layer, &buffer);
		stage_check(&stage, &picture, 0, 0, 0, path);
	}
	struct proc_mappings mappings = proc_mappings_of(stage.server.pid, buffer.inode);
	CHECK_EQUAL(mappings.count, 1);
	CHECK_INT(>=, mappings.size_bytes, buffer.size_bytes);
	CHECK_INT(<, proc_anonymous_bytes(stage.server.pid), before + 1000000);
	struct report_path figures = stage_figures(&stage, counted_as);
	CHECK_INT(>=, figures.frames, 3);
	CHECK_EQUAL(figures.copied_bytes, 0);
	CHECK_EQUAL(figures.texture_bytes, 0);

	uint64_t inode = buffer.inode;
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	window_show(&stage.window, &stage.ground_buffer);
	CHECK_EQUAL(proc_mappings_of(stage.server.pid, inode).count, 0);
	picture_finish(&picture);
	stage_end(&stage);
}

CASE(pixman_reads_native_in_place)
{
	check_mapped("native", GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
}

CASE(pixman_reads_shm_in_place)
{
	check_mapped("shm", GESSO_MEMORY_REPORT_V1_PATH_SHM_DIRECT);
}
