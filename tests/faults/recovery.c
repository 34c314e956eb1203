/* SPDX-License-Identifier: MIT */
/* The renderer is lost: it is made anew, and every window is drawn again. */
#include "case.h"
#include "loss.h"
#include "stage.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WIDTH_PX 77
#define HEIGHT_PX 51
#define ROUNDS 3
#define MANY 100
#define MANY_IMPORTED 25

static volatile struct loss *loss_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/loss", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct loss)), 0);
	void *map = mmap(NULL, sizeof(struct loss), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	setenv("GESSO_LOSS", path, 1);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_LOSE_SO"), 1);
	return map;
}

static void loss_end(volatile struct loss *loss)
{
	munmap((void *)loss, sizeof(*loss));
	unsetenv("GESSO_LOSS");
	unsetenv("GESSO_TEST_PRELOAD");
}

static bool is_gles2(void)
{
	return strcmp(case_fixture("renderer"), "gles2") == 0;
}

CASE(cursor_is_drawn_again)
{
	struct stage stage;
	volatile struct loss *loss = loss_begin();
	stage_begin(&stage);
	struct zwlr_virtual_pointer_v1 *pointer =
		zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
			stage.client.virtual_pointers, NULL);
	zwlr_virtual_pointer_v1_motion_absolute(
		pointer, 0, 40, 40, STAGE_WIDTH_PX, STAGE_HEIGHT_PX);
	zwlr_virtual_pointer_v1_frame(pointer);
	client_roundtrip(&stage.client);
	struct picture before, after;
	capture_output(&before, &stage.client, 0);
	CHECK(memcmp(before.pixels, stage.ground.pixels,
		      STAGE_WIDTH_PX * STAGE_HEIGHT_PX * sizeof(uint32_t)) != 0);
	loss->wanted = 1;
	capture_output(&after, &stage.client, 0);
	picture_check(&after, &before, 0, "with the cursor");
	picture_finish(&before);
	picture_finish(&after);
	zwlr_virtual_pointer_v1_destroy(pointer);
	stage_end(&stage);
	loss_end(loss);
}

static void wait_for_batches(struct client *client, size_t wanted)
{
	while (client->batch.done < wanted) {
		client_dispatch(client);
	}
}

static void check_new_buffer(struct stage *stage, struct layer *layer)
{
	struct buffer buffer;
	struct picture picture;
	stage_paint(stage, &buffer, &picture, case_fixture("path"), WIDTH_PX, HEIGHT_PX,
		DRM_FORMAT_XRGB8888, 99);
	layer_show(layer, &buffer);
	stage_check(stage, &picture, 9, 9, 0, "a buffer of after the loss");
	picture_finish(&picture);
	buffer_destroy(&buffer);
}

/* One buffer is shown beside the ground: each loss imports and uploads once more. */
static void check_figures(struct stage *stage, uint64_t imports, uint64_t uploads)
{
	struct report_path shown = stage_figures(stage,
		strcmp(case_fixture("path"), "native") == 0 ? GESSO_MEMORY_REPORT_V1_PATH_NATIVE
							    : GESSO_MEMORY_REPORT_V1_PATH_DMABUF);
	struct report_path upload = stage_figures(stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD);
	uint64_t ground = STAGE_WIDTH_PX * STAGE_HEIGHT_PX * 4;
	CHECK_EQUAL(shown.imports, imports);
	CHECK_EQUAL(shown.copied_bytes, 0);
	CHECK_EQUAL(upload.copied_bytes, is_gles2() ? uploads * ground : 0);
	CHECK_EQUAL(upload.texture_bytes, is_gles2() ? ground : 0);
}

CASE(drawn_again)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	volatile struct loss *loss = loss_begin();
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 9, 9);
	stage_paint(&stage, &buffer, &picture, case_fixture("path"), WIDTH_PX, HEIGHT_PX,
		DRM_FORMAT_XRGB8888, 10);
	layer_show(&layer, &buffer);
	stage_check(&stage, &picture, 9, 9, 0, "before");
	for (int32_t round = 1; round <= ROUNDS; round++) {
		size_t batches = stage.client.batch.done;
		loss->wanted = 1;
		stage_check(&stage, &picture, 9, 9, 0, "the same picture");
		CHECK_EQUAL(loss->done, round);
		wait_for_batches(&stage.client, batches + 1);
		check_figures(&stage, 1 + (uint64_t)round, 1 + (uint64_t)round);

		picture_finish(&picture);
		stage_repaint(&buffer, &picture, 10 + (uint32_t)round);
		layer_show(&layer, &buffer);
		stage_check(&stage, &picture, 9, 9, 0, "the next picture");
		CHECK_EQUAL(buffer.releases, 0);
	}
	while (!client_offers_format(&stage.client, DRM_FORMAT_XRGB8888)) {
		client_dispatch(&stage.client);
	}
	check_new_buffer(&stage, &layer);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	stage_end(&stage);
	loss_end(loss);
}

/* A surface at 100, 80 that is from now on part of what is expected below all others. */
static void add_to_ground(struct stage *stage, struct layer *layer, struct buffer *buffer)
{
	struct picture picture;
	layer_create(layer, &stage->window, 100, 80);
	buffer_create_shm_tight(
		buffer, &stage->client, WIDTH_PX, HEIGHT_PX, WIDTH_PX * 4, DRM_FORMAT_XRGB8888);
	stage_repaint(buffer, &picture, 20);
	layer_show(layer, buffer);
	picture_blend(&stage->ground, &picture, 100, 80);
	picture_finish(&picture);
}

/* Native, and the client's own memory on the path that shm=... says; nobody commits. */
CASE(lost_many_times)
{
	struct stage stage;
	struct layer native, shm;
	struct buffer native_buffer, shm_buffer;
	struct picture picture;
	char options[32];
	bool imports = strcmp(case_fixture("shm"), "import") == 0;
	int32_t rounds = imports ? MANY_IMPORTED : MANY;
	case_set_deadline(120);
	volatile struct loss *loss = loss_begin();
	snprintf(options, sizeof(options), "--shm %s", case_fixture("shm"));
	stage_begin_with(&stage, options);
	add_to_ground(&stage, &shm, &shm_buffer);
	layer_create(&native, &stage.window, 9, 9);
	stage_paint(&stage, &native_buffer, &picture, "native", WIDTH_PX, HEIGHT_PX,
		DRM_FORMAT_XRGB8888, 10);
	layer_show(&native, &native_buffer);
	for (int32_t round = 1; round <= rounds; round++) {
		loss->wanted = 1;
		stage_check(&stage, &picture, 9, 9, 0, "ground, native and shm");
		CHECK_EQUAL(loss->done, round);
	}
	struct report_path imported = stage_figures(&stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT);
	CHECK_INT(>=, imported.imports, imports ? rounds : 0);
	picture_finish(&picture);
	layer_destroy(&native);
	layer_destroy(&shm);
	buffer_destroy(&native_buffer);
	buffer_destroy(&shm_buffer);
	stage_end(&stage);
	loss_end(loss);
}

/* A GPU that never comes back: pixman reads in place what GLES2 had imported. */
CASE(gl_gives_way_to_pixman)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	volatile struct loss *loss = loss_begin();
	loss->only_gl = 1;
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 9, 9);
	stage_paint(
		&stage, &buffer, &picture, "native", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888, 10);
	layer_show(&layer, &buffer);
	loss->wanted = INT32_MAX;
	stage_check(&stage, &picture, 9, 9, 0, "on pixman");
	CHECK_INT(>=, loss->done, 3);
	CHECK_INT(<=, loss->done, 4);
	struct report report;
	report_read(&report, &stage.client);
	CHECK(strcmp(report.renderer, "pixman") == 0);
	CHECK(strstr(report.renderer_reason, "lost") != NULL);
	picture_finish(&picture);
	stage_repaint(&buffer, &picture, 11);
	layer_show(&layer, &buffer);
	stage_check(&stage, &picture, 9, 9, 0, "the next picture");
	struct report_path direct = stage_figures(&stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_DIRECT);
	CHECK_EQUAL(direct.texture_bytes, 0);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	window_destroy(&stage.window);
	buffer_destroy(&stage.ground_buffer);
	picture_finish(&stage.ground);
	client_disconnect(&stage.client);
	/* pixman has fewer descriptors open */
	server_warm_up(&stage.server);
	server_check_empty(&stage.server);
	server_stop(&stage.server);
	loss_end(loss);
}

/* A picture that was copied, and its source then destroyed, cannot be made: it is asked for. */
CASE(gl_asks_for_a_lost_picture)
{
	struct stage stage;
	struct picture ground;
	volatile struct loss *loss = loss_begin();
	stage_begin(&stage);
	buffer_wait_release(&stage.ground_buffer);
	buffer_destroy(&stage.ground_buffer);
	client_roundtrip(&stage.client);
	stage_check(&stage, NULL, 0, 0, 0, "the copy");

	stage.window.configured = false;
	loss->wanted = 1;
	capture_output(&ground, &stage.client, 0);
	picture_finish(&ground);
	while (!stage.window.configured) {
		client_dispatch(&stage.client);
	}
	picture_finish(&stage.ground);
	stage_paint(&stage, &stage.ground_buffer, &stage.ground, "shm", STAGE_WIDTH_PX,
		STAGE_HEIGHT_PX, DRM_FORMAT_XRGB8888, 2);
	window_show(&stage.window, &stage.ground_buffer);
	stage_check(&stage, NULL, 0, 0, 0, "painted again");
	stage_end(&stage);
	loss_end(loss);
}

/* Both were copied into one texture: the picture is that of the second, wherever the first is. */
CASE(gl_draws_the_last_of_two_buffers)
{
	struct stage stage;
	struct layer layer;
	struct buffer buffers[2];
	struct picture pictures[2];
	volatile struct loss *loss = loss_begin();
	stage_begin_with(&stage, "--shm upload");
	layer_create(&layer, &stage.window, 9, 9);
	for (int i = 0; i < 2; i++) {
		stage_paint(&stage, &buffers[i], &pictures[i], "shm", WIDTH_PX, HEIGHT_PX,
			DRM_FORMAT_XRGB8888, 30 + (uint32_t)i);
		layer_show(&layer, &buffers[i]);
		stage_check(&stage, &pictures[i], 9, 9, 0, "before");
	}
	loss->wanted = 1;
	stage_check(&stage, &pictures[1], 9, 9, 0, "the last one again");
	CHECK_EQUAL(loss->done, 1);
	layer_destroy(&layer);
	for (int i = 0; i < 2; i++) {
		picture_finish(&pictures[i]);
		buffer_destroy(&buffers[i]);
	}
	stage_end(&stage);
	loss_end(loss);
}

/* The probe's helper is ended and started again. */
CASE(lost_while_it_probes)
{
	struct stage stage;
	struct server *server = &stage.server;
	volatile struct loss *loss = loss_begin();
	case_need_allocator(case_fixture("allocator"));
	server_start_early(server, "early",
		"--socket early --renderer %s --size %dx%d "
		"--fullscreen --allocator %s",
		case_fixture("renderer"), STAGE_WIDTH_PX, STAGE_HEIGHT_PX,
		case_fixture("allocator"));
	client_connect(&stage.client, server);
	loss->wanted = 1;
	struct picture picture;
	capture_output(&picture, &stage.client, 0);
	picture_finish(&picture);
	CHECK_EQUAL(loss->done, 1);
	while (!client_offers_format(&stage.client, DRM_FORMAT_XRGB8888)) {
		client_dispatch(&stage.client);
	}
	client_disconnect(&stage.client);
	server_wait_ready(server);
	server_stop(server);
	loss_end(loss);
}
