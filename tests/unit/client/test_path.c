/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "frames.h"
#include <drm_fourcc.h>
#include <string.h>

static void test_native(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_frame frame = frames_paint(&server, swapchain);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(frame.stale_len, 1);
	CHECK_EQUAL(frame.stale[0].width, 33);
	CHECK_EQUAL(frame.stride_bytes, 256);
	struct gesso_swapchain_info info = frames_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(info.reason, GESSO_CLIENT_REASON_NONE);
	CHECK(strcmp(info.allocator, "fake") == 0);
	CHECK_EQUAL(info.buffer_bytes, 64 + 256 * 17);
	frames_finish(&server, swapchain);
}

static void expect_shm(struct fake_server *server, int reason)
{
	fake_start(server);
	struct gesso_swapchain *swapchain = frames_create(server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(server, swapchain);
	struct gesso_swapchain_info info = frames_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(info.reason, reason);
	CHECK(info.reason_words[0]);
	CHECK_EQUAL(server->commits, 1);
	frames_finish(server, swapchain);
}

static void test_fallback_no_global(void)
{
	expect_shm(&(struct fake_server){.no_manager = true}, GESSO_CLIENT_REASON_GLOBAL_MISSING);
}

static void test_fallback_failed(void)
{
	expect_shm(&(struct fake_server){.answer = FAKE_ANSWER_FAIL}, 7);
}

static void test_fallback_bad_answer(void)
{
	expect_shm(
		&(struct fake_server){.answer = FAKE_ANSWER_SHORT}, GESSO_CLIENT_REASON_BAD_ANSWER);
}

static void test_fallback_sync_failed(void)
{
	expect_shm(&(struct fake_server){.answer = FAKE_ANSWER_DMABUF},
		GESSO_CLIENT_REASON_SYNC_FAILED);
}

/* Over-time answers cost the time and no more. */
static void test_fallback_no_answer(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_NEVER};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	fake_pump(&server);
	struct gesso_frame frame;
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 5, &frame), GESSO_BUSY);
	CHECK(gesso_client_next_timeout_ms(server.gesso) > 0);
	CHECK(gesso_client_next_timeout_ms(server.gesso) <= 200);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_NO_ANSWER);
	frames_finish(&server, swapchain);
}

/* A compositor that never reads at all. */
static void test_mute_compositor(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_frame frame;
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 50, &frame), GESSO_BUSY);
	CHECK_EQUAL(
		gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_GLOBAL_MISSING);
	/* it wakes up */
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	fake_pump(&server);
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	frames_finish(&server, swapchain);
}

static void test_forced_native(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_FAIL};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_NATIVE, 2);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK(strcmp(frames_info(swapchain).reason_words, "too dear") == 0);
	CHECK_EQUAL(server.requests, 1);
	server.answer = FAKE_ANSWER_MEMFD;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 40, 20), GESSO_OK);
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.width_px, 40);
	frames_finish(&server, swapchain);
}

static void test_forced_shm(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_SHM, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_BY_REQUEST);
	CHECK_EQUAL(server.requests, 0);
	frames_finish(&server, swapchain);
}

/* shm while the probe runs, native once it is offered, shm when it is withdrawn. */
static void test_late_batch(void)
{
	struct fake_server server = {.pending = true};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_swapchain *forced = frames_create(&server, GESSO_CLIENT_PATH_NATIVE, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_PENDING);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, forced, &frame), GESSO_BUSY);
	fake_send_batch(&server, true);
	fake_pump(&server);
	frame = frames_paint(&server, swapchain);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(frames_info(swapchain).buffers, 1);
	CHECK_EQUAL(frames_begin(&server, forced, &frame), GESSO_OK);
	gesso_swapchain_destroy(forced);
	server.pending = false;
	fake_send_batch(&server, false);
	fake_pump(&server);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(frames_info(swapchain).reason, 1);
	CHECK_EQUAL(server.buffers, 0);
	CHECK_EQUAL(server.undefined_contents, 0);
	frames_finish(&server, swapchain);
}

/* A third buffer that is refused changes no path. */
static void test_budget_for_two(void)
{
	struct fake_server server = {.allocations_max = 2, .release = FAKE_RELEASE_NEVER};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	frames_paint(&server, swapchain);
	frames_paint(&server, swapchain);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(server.requests, 3);
	frames_finish(&server, swapchain);
}

static void test_unsupported_format(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = gesso_swapchain_create(
		server.gesso, server.surface, 9, 9, DRM_FORMAT_XBGR8888, NULL);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT);
	gesso_swapchain_destroy(swapchain);
	CHECK(!gesso_swapchain_create(server.gesso, server.surface, 9, 9, 0x1234, NULL));
	CHECK(!gesso_swapchain_create(
		server.gesso, server.surface, 0, 9, DRM_FORMAT_XRGB8888, NULL));
	frames_finish(&server, NULL);
}

static void test_connection_lost(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	wl_client_destroy(server.client);
	struct gesso_frame frame;
	enum gesso_result result = GESSO_OK;
	for (int i = 0; i < 4 && result != GESSO_ERROR_CONNECTION; i++) {
		result = gesso_swapchain_begin_frame_wait(swapchain, 50, &frame);
		gesso_swapchain_cancel_frame(swapchain);
		gesso_client_wait(server.gesso, 10);
	}
	CHECK_EQUAL(result, GESSO_ERROR_CONNECTION);
	frames_finish(&server, swapchain);
}

static const struct check_case cases[] = {
	{"native", test_native},
	{"fallback-no-global", test_fallback_no_global},
	{"fallback-failed", test_fallback_failed},
	{"fallback-bad-answer", test_fallback_bad_answer},
	{"fallback-sync-failed", test_fallback_sync_failed},
	{"fallback-no-answer", test_fallback_no_answer},
	{"mute-compositor", test_mute_compositor},
	{"forced-native", test_forced_native},
	{"forced-shm", test_forced_shm},
	{"late-batch", test_late_batch},
	{"budget-for-two", test_budget_for_two},
	{"unsupported-format", test_unsupported_format},
	{"connection-lost", test_connection_lost},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
