/* SPDX-License-Identifier: MIT */
/* Path dmabuf with real dma-bufs: exact answers, pictures, copies, the budget. */
#include "dmabuf.h"
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name
#define XRGB DRM_FORMAT_XRGB8888
#define SIZE (64 * 256)

static const struct {
	struct dmabuf_claim claim;
	int expected;
} rows[] = {
	/* clang-format off */
	{{"tight", "", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0}, DMABUF_CREATED},
	{{"implicit modifier", "", SIZE, {{0, 0, 256, DRM_FORMAT_MOD_INVALID}}, 1, 64, 64, XRGB, 0},
		DMABUF_CREATED},
	{{"a wide stride", "", SIZE, {{0, 0, 512, 0}}, 1, 64, 32, XRGB, 0}, DMABUF_CREATED},
	{{"up to the last byte", "", SIZE, {{0, 256, 256, 0}}, 1, 64, 63, XRGB, 0}, DMABUF_CREATED},
	{{"a row too many", "", SIZE, {{0, 0, 256, 0}}, 1, 64, 65, XRGB, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"an offset too far", "", SIZE, {{0, 4, 256, 0}}, 1, 64, 64, XRGB, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"an offset past the end", "", SIZE, {{0, SIZE + 4, 256, 0}}, 1, 64, 1, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	{{"an offset near 4 GiB", "", SIZE, {{0, 0xffffff00u, 256, 0}}, 1, 64, 1, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	{{"a stride near 4 GiB", "", SIZE, {{0, 0, 0xffffff00u, 0}}, 1, 64, 1, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	{{"a size that wraps at 4 GiB", "", SIZE, {{0, 0, 0x40000000u, 0}}, 1, 64, 4, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	{{"a stride of 0", "", SIZE, {{0, 0, 0, 0}}, 1, 64, 64, XRGB, 0}, ERROR(OUT_OF_BOUNDS)},
	{{"a stride less than a row", "", SIZE, {{0, 0, 255, 0}}, 1, 64, 64, XRGB, 0},
		ERROR(OUT_OF_BOUNDS)},
	{{"half a pixel of offset", "", SIZE, {{0, 2, 256, 0}}, 1, 64, 8, XRGB, 0}, DMABUF_FAILED},
	{{"two planes", "", SIZE, {{0, 0, 256, 0}, {1, 0, 256, 0}}, 2, 64, 64, XRGB, 0},
		ERROR(INCOMPLETE)},
	{{"a modifier not on offer", "", SIZE, {{0, 0, 256, 0x0100000000000001ull}}, 1, 64, 64,
		XRGB, 0}, DMABUF_FAILED},
	{{"flag y_invert", "", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, XRGB, 1}, DMABUF_FAILED},
	{{"a format not on offer", "", SIZE, {{0, 0, 256, 0}}, 1, 64, 64, DRM_FORMAT_YUYV, 0},
		ERROR(INVALID_FORMAT)},
	{{"no width", "", SIZE, {{0, 0, 256, 0}}, 1, 0, 64, XRGB, 0}, ERROR(INVALID_DIMENSIONS)},
	/* clang-format on */
};

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010, DRM_FORMAT_XBGR2101010,
	DRM_FORMAT_ABGR16161616F};

static bool on_gles2(void)
{
	return strcmp(case_fixture("renderer"), "gles2") == 0;
}

CASE(dmabuf_claims)
{
	struct server server;
	server_start(
		&server, "--renderer %s --allocator none --size 64x64", case_fixture("renderer"));
	server_warm_up(&server);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dmabuf_claim claim = rows[i].claim;
		claim.source = case_fixture("source");
		dmabuf_check_claim(&server, &claim, rows[i].expected);
	}
	server_check_empty(&server);
	server_stop(&server);
}

/* Two paints of one buffer, the second with no new import. */
static void show_twice(struct stage *stage, const char *path, uint32_t fourcc)
{
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	bool exact = fourcc == DRM_FORMAT_XRGB8888 || fourcc == DRM_FORMAT_XBGR8888;
	stage_paint(stage, &buffer, &picture, path, 131, 77, fourcc, 7);
	layer_create(&layer, &stage->window, 11, 13);
	for (uint32_t seed = 8; seed <= 9; seed++) {
		layer_show(&layer, &buffer);
		stage_check(stage, &picture, 11, 13, exact ? 0 : 1, path);
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, seed);
	}
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	client_roundtrip(&stage->client);
}

/* The one client's last refusal. */
static uint32_t reason_on_dmabuf(struct stage *stage)
{
	struct report report;
	uint32_t reason = 0;
	report_read(&report, &stage->client);
	for (size_t i = 0; i < report.paths_len; i++) {
		if (report.paths[i].path == GESSO_MEMORY_REPORT_V1_PATH_DMABUF) {
			reason |= report.paths[i].reason;
		}
	}
	return reason;
}

/* llvmpipe maps what it imports for writing as well, and so cannot have a read-only one. */
static bool is_copied(void)
{
	return on_gles2() && strcmp(case_fixture("source"), "read-only") == 0;
}

/* pixman has no halves, and GLES2 no upload of red in the top bits. */
static bool can_show(uint32_t fourcc)
{
	return fourcc == DRM_FORMAT_ABGR16161616F
		? on_gles2()
		: fourcc != DRM_FORMAT_XRGB2101010 || !is_copied();
}

CASE(dmabuf_pictures)
{
	struct stage stage;
	char path[32];
	snprintf(path, sizeof(path), "dmabuf:%s", case_fixture("source"));
	stage_begin(&stage);
	uint64_t shown = 0, uploaded = 0;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (can_show(formats[i])) {
			show_twice(&stage, path, formats[i]);
			uploaded += 2 * 131 * 77 * buffer_bytes_per_pixel(formats[i]);
			shown++;
		} else {
			struct dmabuf_claim claim = {"not shown", case_fixture("source"), SIZE,
				{{0, 0, 256, 0}}, 1, 16, 16, formats[i], 0};
			dmabuf_check_claim(&stage.server, &claim,
				is_copied() ? DMABUF_FAILED : ERROR(INVALID_FORMAT));
		}
	}
	struct report_path dmabuf = stage_figures(&stage, GESSO_MEMORY_REPORT_V1_PATH_DMABUF);
	bool copied = is_copied();
	CHECK_EQUAL(dmabuf.frames, 2 * shown);
	CHECK_EQUAL(dmabuf.imports, copied ? 0 : shown);
	CHECK_EQUAL(dmabuf.copied_bytes, copied ? uploaded : 0);
	CHECK_EQUAL(reason_on_dmabuf(&stage),
		copied ? GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_IMPORT_FAILED : 0);
	stage_end(&stage);
}

/* Buffers count until they are gone; what is over the budget fails, and is not an error. */
CASE(dmabuf_budget)
{
	struct server server;
	struct client client;
	struct buffer buffers[3];
	server_start(&server, "--renderer %s --allocator none --size 64x64 --budget 4",
		case_fixture("renderer"));
	server_warm_up(&server);
	for (int round = 0; round < 2; round++) {
		client_connect(&client, &server);
		for (size_t i = 0; i < 3; i++) {
			buffer_create_dmabuf(
				&buffers[i], &client, case_fixture("source"), 512, 512, XRGB);
		}
		struct dmabuf_claim claim = {"over the budget", case_fixture("source"), 5 << 20,
			{{0, 0, 256, 0}}, 1, 64, 64, XRGB, 0};
		dmabuf_check_claim(&server, &claim, DMABUF_FAILED);
		struct report report;
		report_read(&report, &client);
		CHECK_EQUAL(report_held_bytes(&report), 3 * buffers[0].size_bytes);
		for (size_t i = 0; i < 3; i++) {
			if (round == 0) {
				buffer_destroy(&buffers[i]);
			} else {
				wl_buffer_destroy(buffers[i].wl_buffer);
				buffer_unmap(&buffers[i]);
			}
		}
		client_roundtrip(&client);
		report_read(&report, &client);
		CHECK_EQUAL(report_held_bytes(&report), 0);
		client_disconnect(&client);
	}
	server_check_empty(&server);
	server_stop(&server);
}

/* Reading a client's own dma-buf in place raises SIGBUS: zeros are shown, and all goes on. */
CASE(device_is_gone)
{
	struct stage stage;
	struct layer layer;
	struct buffer own, shm;
	struct picture picture, zeros;
	case_need_device("/dev/udmabuf");
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_GONE_SO"), 1);
	stage_begin(&stage);
	layer_create(&layer, &stage.window, 11, 13);
	picture_init(&zeros, 61, 47, 0xff000000);
	for (uint32_t round = 0; round < 2; round++) {
		stage_paint(&stage, &own, &picture, "dmabuf:udmabuf", 61, 47, XRGB, 40 + round);
		layer_show(&layer, &own);
		stage_check(&stage, &zeros, 11, 13, 0, "its device is gone");
		picture_finish(&picture);
		stage_paint(&stage, &shm, &picture, "shm", 61, 47, XRGB, 50 + round);
		layer_show(&layer, &shm);
		stage_check(&stage, &picture, 11, 13, 0, "after it");
		picture_finish(&picture);
		buffer_destroy(&own);
		buffer_destroy(&shm);
	}
	picture_finish(&zeros);
	layer_destroy(&layer);
	stage_end(&stage);
	unsetenv("GESSO_TEST_PRELOAD");
}
