/* SPDX-License-Identifier: MIT */
/*
 * wlroots' global in the whole compositor: GLES2 on the card card=DRIVER, which is software but
 * passes for a GPU (tests/faults/posing.c), imports no dma-buf of another device.
 */
#include "case.h"
#include "dmabuf.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH_PX 61
#define HEIGHT_PX 47

static void pose(void)
{
	char link[64], node[64];
	int card = dmabuf_open_card(case_fixture("card"));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", card);
	ssize_t len = readlink(link, node, sizeof(node) - 1);
	CHECK_INT(>, len, 0);
	node[len] = '\0';
	close(card);
	setenv("WLR_RENDER_DRM_DEVICE", node, 1);
	setenv("WLR_RENDERER_ALLOW_SOFTWARE", "1", 1);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_POSING_SO"), 1);
}

static void show_twice(struct stage *stage, const char *source)
{
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	char path[32];
	snprintf(path, sizeof(path), "dmabuf:%s", source);
	stage_paint(stage, &buffer, &picture, path, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888, 7);
	layer_create(&layer, &stage->window, 11, 13);
	for (uint32_t seed = 8; seed <= 9; seed++) {
		layer_show(&layer, &buffer);
		stage_check(stage, &picture, 11, 13, 0, path);
		picture_finish(&picture);
		stage_repaint(&buffer, &picture, seed);
	}
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	client_roundtrip(&stage->client);
}

static void check_report(struct stage *stage, uint64_t shown)
{
	struct report report;
	report_read(&report, &stage->client);
	CHECK_EQUAL(report.software, 0);
	struct report_path sum = report_sum(&report, GESSO_MEMORY_REPORT_V1_PATH_DMABUF);
	CHECK_EQUAL(sum.frames, 2 * shown);
	CHECK_EQUAL(sum.imports, 0);
	CHECK_EQUAL(sum.copied_bytes, 2 * shown * WIDTH_PX * HEIGHT_PX * 4);
	for (size_t i = 0; i < report.paths_len; i++) {
		if (report.paths[i].path == GESSO_MEMORY_REPORT_V1_PATH_DMABUF &&
			report.paths[i].frames > 0) {
			CHECK_EQUAL(report.paths[i].reason,
				GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_IMPORT_FAILED);
			CHECK(strstr(report.paths[i].words, "it is copied") != NULL);
		}
	}
}

CASE(device_uploads_pictures)
{
	static const struct dmabuf_claim unmappable = {"nor mapped", "write-only", 64 * 256,
		{{0, 0, 256, 0}}, 1, 64, 64, DRM_FORMAT_XRGB8888, 0};
	struct stage stage;
	case_need_allocator("udmabuf");
	case_set_deadline(90);
	pose();
	stage_begin_with(&stage, "--shm upload");
	show_twice(&stage, "udmabuf");
	show_twice(&stage, "dma-heap");
	check_report(&stage, 2);
	dmabuf_check_claim_by(&stage.server, &unmappable, false, DMABUF_FAILED);
	dmabuf_check_claim_by(&stage.server, &unmappable, true,
		ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER);
	stage_end(&stage);
	unsetenv("GESSO_TEST_PRELOAD");
}
