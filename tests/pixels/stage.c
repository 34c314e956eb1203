/* SPDX-License-Identifier: MIT */
#include "stage.h"
#include "case.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NESTED_SECONDS 5

bool fourcc_has_alpha(uint32_t fourcc)
{
	return fourcc == DRM_FORMAT_ARGB8888 || fourcc == DRM_FORMAT_ABGR8888 ||
		fourcc == DRM_FORMAT_ABGR16161616F;
}

uint32_t fourcc_from_name(const char *name)
{
	static const struct {
		const char *name;
		uint32_t fourcc;
	} rows[] = {
		{"XRGB8888", DRM_FORMAT_XRGB8888},
		{"ARGB8888", DRM_FORMAT_ARGB8888},
		{"XBGR8888", DRM_FORMAT_XBGR8888},
		{"ABGR8888", DRM_FORMAT_ABGR8888},
		{"RGB565", DRM_FORMAT_RGB565},
		{"XRGB2101010", DRM_FORMAT_XRGB2101010},
		{"XBGR2101010", DRM_FORMAT_XBGR2101010},
		{"ABGR16161616F", DRM_FORMAT_ABGR16161616F},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].name, name) == 0) {
			return rows[i].fourcc;
		}
	}
	FAIL("no such format: %s", name);
}

void stage_repaint(struct buffer *buffer, struct picture *picture, uint32_t seed)
{
	picture_init(picture, buffer->width_px, buffer->height_px, 0);
	picture_fill(picture, seed, fourcc_has_alpha(buffer->fourcc));
	buffer_begin_paint(buffer);
	picture_encode(picture, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	buffer_end_paint(buffer);
	picture_quantise(picture, buffer->fourcc);
}

void stage_paint(struct stage *stage, struct buffer *buffer, struct picture *picture,
	const char *path, int width_px, int height_px, uint32_t fourcc, uint32_t seed)
{
	buffer_create(buffer, &stage->client, path, width_px, height_px, fourcc);
	stage_repaint(buffer, picture, seed);
}

static bool is_nested(const struct stage *stage)
{
	return stage->parent.pid != 0 || stage->xvfb.pid != 0;
}

static void begin_parent(struct stage *stage, const char *backend)
{
	stage->parent.pid = stage->xvfb.pid = 0;
	if (strcmp(backend, "x11") == 0) {
		xvfb_start(&stage->xvfb);
		return;
	}
	if (strcmp(backend, "wayland") != 0) {
		return;
	}
	server_start(&stage->parent, "--renderer pixman --size %dx%d --fullscreen --allocator none",
		STAGE_WIDTH_PX, STAGE_HEIGHT_PX);
	client_connect(&stage->onlooker, &stage->parent);
	CHECK_EQUAL(setenv("WAYLAND_DISPLAY", stage->parent.socket, true), 0);
}

void stage_begin_with(struct stage *stage, const char *options)
{
	const char *allocator = case_fixture("allocator");
	const char *backend = case_try_fixture("backend");
	backend = backend != NULL ? backend : "headless";
	case_need_allocator(allocator);
	begin_parent(stage, backend);
	server_start(&stage->server,
		"--backend %s --renderer %s --size %dx%d --fullscreen --allocator %s %s", backend,
		case_fixture("renderer"), STAGE_WIDTH_PX, STAGE_HEIGHT_PX, allocator, options);
	server_warm_up(&stage->server);
	client_connect(&stage->client, &stage->server);
	window_create(&stage->window, &stage->client, "stage");
	stage_paint(stage, &stage->ground_buffer, &stage->ground, "shm", STAGE_WIDTH_PX,
		STAGE_HEIGHT_PX, DRM_FORMAT_XRGB8888, 1);
	window_show(&stage->window, &stage->ground_buffer);
}

void stage_begin(struct stage *stage)
{
	stage_begin_with(stage, "");
}

void stage_end(struct stage *stage)
{
	window_destroy(&stage->window);
	buffer_destroy(&stage->ground_buffer);
	client_roundtrip(&stage->client);
	stage_end_without_client(stage);
}

void stage_end_without_client(struct stage *stage)
{
	picture_finish(&stage->ground);
	client_disconnect(&stage->client);
	server_check_empty(&stage->server);
	server_stop(&stage->server);
	if (stage->parent.pid != 0) {
		client_disconnect(&stage->onlooker);
		server_stop(&stage->parent);
	}
	if (stage->xvfb.pid != 0) {
		xvfb_stop(&stage->xvfb);
	}
}

void stage_capture(struct stage *stage, struct picture *picture)
{
	if (stage->xvfb.pid != 0) {
		xvfb_capture(&stage->xvfb, picture, STAGE_WIDTH_PX, STAGE_HEIGHT_PX);
		return;
	}
	capture_output(picture, stage->parent.pid != 0 ? &stage->onlooker : &stage->client, 0);
}

/* A parent shows a frame a while after it was handed to it. */
static void capture_expected(
	struct stage *stage, struct picture *got, const struct picture *expected, int tolerance)
{
	stage_capture(stage, got);
	for (int tries = 0; is_nested(stage) && tries < 50 * case_seconds(NESTED_SECONDS) &&
		!picture_same(got, expected, tolerance);
		tries++) {
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
		picture_finish(got);
		stage_capture(stage, got);
	}
}

void stage_check(struct stage *stage, const struct picture *above, int x, int y, int tolerance,
	const char *what)
{
	struct picture expected, got;
	picture_init(&expected, STAGE_WIDTH_PX, STAGE_HEIGHT_PX, 0xff000000);
	picture_blend(&expected, &stage->ground, 0, 0);
	if (above != NULL) {
		picture_blend(&expected, above, x, y);
	}
	capture_expected(stage, &got, &expected, tolerance);
	picture_check(&got, &expected, tolerance, what);
	picture_finish(&got);
	picture_finish(&expected);
}

/* Each change of it is said. */
bool stage_is_scanned_out(const struct server *server)
{
	static const char words[] = "Direct scan-out ";
	static char log[1 << 20];
	server_read_log(server, log, sizeof(log));
	const char *last = NULL;
	for (const char *at = log; (at = strstr(at, words)) != NULL; at += sizeof(words) - 1) {
		last = at + sizeof(words) - 1;
	}
	return last != NULL && strncmp(last, "enabled", strlen("enabled")) == 0;
}

struct report_path stage_figures(struct stage *stage, enum gesso_memory_report_v1_path path)
{
	struct report report;
	report_read(&report, &stage->client);
	return report_sum(&report, path);
}
