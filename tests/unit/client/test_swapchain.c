/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "fake_server.h"
#include <drm_fourcc.h>
#include <string.h>
#include <time.h>

static struct gesso_swapchain *create(
	struct fake_server *server, enum gesso_client_path path, int max_buffers)
{
	struct gesso_swapchain_options options = {
		.path = path,
		.max_buffers = max_buffers,
		.still_timeout_ms = 100,
	};
	struct gesso_swapchain *swapchain = gesso_swapchain_create(
		server->gesso, server->surface, 33, 17, DRM_FORMAT_XRGB8888, &options);
	CHECK(swapchain);
	return swapchain;
}

static enum gesso_result begin(
	struct fake_server *server, struct gesso_swapchain *swapchain, struct gesso_frame *frame)
{
	enum gesso_result result = gesso_swapchain_begin_frame(swapchain, frame);
	for (int i = 0; i < 5 && result == GESSO_BUSY; i++) {
		fake_pump(server);
		result = gesso_swapchain_begin_frame(swapchain, frame);
	}
	return result;
}

static void end(struct fake_server *server, struct gesso_swapchain *swapchain,
	const struct gesso_rect *damage)
{
	CHECK_EQUAL(gesso_swapchain_end_frame(swapchain, damage, damage ? 1 : 0), GESSO_OK);
	wl_surface_commit(server->surface);
	fake_pump(server);
}

static struct gesso_frame paint(struct fake_server *server, struct gesso_swapchain *swapchain)
{
	struct gesso_frame frame = {0};
	CHECK_EQUAL(begin(server, swapchain, &frame), GESSO_OK);
	memset(frame.pixels, 0x55, frame.stride_bytes * (size_t)frame.height_px);
	end(server, swapchain, NULL);
	return frame;
}

static struct gesso_swapchain_info get_info(struct gesso_swapchain *swapchain)
{
	struct gesso_swapchain_info info;
	gesso_swapchain_get_info(swapchain, &info);
	return info;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void finish(struct fake_server *server, struct gesso_swapchain *swapchain)
{
	gesso_swapchain_destroy(swapchain);
	fake_finish(server);
}

static void test_native(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_frame frame = paint(&server, swapchain);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(frame.stale_len, 1);
	CHECK_EQUAL(frame.stale[0].width, 33);
	CHECK_EQUAL(frame.stride_bytes, 256);
	struct gesso_swapchain_info info = get_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(info.reason, GESSO_CLIENT_REASON_NONE);
	CHECK(strcmp(info.allocator, "fake") == 0);
	CHECK_EQUAL(info.buffer_bytes, 64 + 256 * 17);
	finish(&server, swapchain);
}

static void expect_shm(struct fake_server *server, int reason)
{
	fake_start(server);
	struct gesso_swapchain *swapchain = create(server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(server, swapchain);
	struct gesso_swapchain_info info = get_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(info.reason, reason);
	CHECK(info.reason_words[0]);
	CHECK_EQUAL(server->commits, 1);
	finish(server, swapchain);
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
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	fake_pump(&server);
	struct gesso_frame frame;
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 5, &frame), GESSO_BUSY);
	CHECK(gesso_client_next_timeout_ms(server.gesso) > 0);
	CHECK(gesso_client_next_timeout_ms(server.gesso) <= 200);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_OK);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(get_info(swapchain).reason, GESSO_CLIENT_REASON_NO_ANSWER);
	finish(&server, swapchain);
}

/* A compositor that never reads at all. */
static void test_mute_compositor(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_frame frame;
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 50, &frame), GESSO_BUSY);
	CHECK_EQUAL(
		gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(get_info(swapchain).reason, GESSO_CLIENT_REASON_GLOBAL_MISSING);
	/* it wakes up */
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	fake_pump(&server);
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	finish(&server, swapchain);
}

static void test_forced_native(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_FAIL};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_NATIVE, 2);
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK(strcmp(get_info(swapchain).reason_words, "too dear") == 0);
	CHECK_EQUAL(server.requests, 1);
	server.answer = FAKE_ANSWER_MEMFD;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 40, 20), GESSO_OK);
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.width_px, 40);
	finish(&server, swapchain);
}

static void test_forced_shm(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_SHM, 2);
	paint(&server, swapchain);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(get_info(swapchain).reason, GESSO_CLIENT_REASON_BY_REQUEST);
	CHECK_EQUAL(server.requests, 0);
	finish(&server, swapchain);
}

/* shm while the probe runs, native once it is offered, shm when it is withdrawn. */
static void test_late_batch(void)
{
	struct fake_server server = {.pending = true};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	struct gesso_swapchain *forced = create(&server, GESSO_CLIENT_PATH_NATIVE, 2);
	paint(&server, swapchain);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(get_info(swapchain).reason, GESSO_CLIENT_REASON_PENDING);
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, forced, &frame), GESSO_BUSY);
	fake_send_batch(&server, true);
	fake_pump(&server);
	frame = paint(&server, swapchain);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(get_info(swapchain).buffers, 1);
	CHECK_EQUAL(begin(&server, forced, &frame), GESSO_OK);
	gesso_swapchain_destroy(forced);
	server.pending = false;
	fake_send_batch(&server, false);
	fake_pump(&server);
	paint(&server, swapchain);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(get_info(swapchain).reason, 1);
	CHECK_EQUAL(server.buffers, 0);
	CHECK_EQUAL(server.undefined_contents, 0);
	finish(&server, swapchain);
}

static void test_age_and_stale(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(&server, swapchain);
	CHECK_EQUAL(paint(&server, swapchain).buffer_age, 0);
	const struct gesso_rect caret = {4, 5, 2, 8};
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 2);
	CHECK_EQUAL(frame.stale_len, 1);
	end(&server, swapchain, &caret);
	CHECK_EQUAL(server.last_damage.x, 4);
	CHECK_EQUAL(server.last_damage.height, 8);
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 2);
	CHECK_EQUAL(frame.stale_len, 1);
	CHECK_EQUAL(frame.stale[0].width, 2);
	gesso_swapchain_cancel_frame(swapchain);
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_ERROR_ARGUMENT);
	end(&server, swapchain, &caret);
	CHECK_EQUAL(gesso_swapchain_end_frame(swapchain, NULL, 0), GESSO_ERROR_ARGUMENT);
	CHECK_EQUAL(get_info(swapchain).frames, 4);
	finish(&server, swapchain);
}

static void test_upload_uses_one_buffer(void)
{
	struct fake_server server = {.no_manager = true, .release = FAKE_RELEASE_ON_COMMIT};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(&server, swapchain);
	CHECK_EQUAL(paint(&server, swapchain).buffer_age, 1);
	CHECK_EQUAL(get_info(swapchain).buffers, 1);
	finish(&server, swapchain);
}

static void test_busy(void)
{
	struct fake_server server = {.release = FAKE_RELEASE_NEVER};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	for (int i = 0; i < 3; i++)
		paint(&server, swapchain);
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 20, &frame), GESSO_BUSY);
	CHECK_EQUAL(server.requests, 3);
	finish(&server, swapchain);
}

static void test_single_buffer(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 1);
	void *pixels = paint(&server, swapchain).pixels;
	for (int i = 0; i < 3; i++) {
		struct gesso_frame frame = paint(&server, swapchain);
		CHECK_EQUAL(frame.buffer_age, 1);
		CHECK(frame.pixels == pixels);
	}
	CHECK_EQUAL(server.requests, 1);
	finish(&server, swapchain);
}

static void test_still(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	for (int i = 0; i < 4; i++)
		paint(&server, swapchain);
	CHECK_EQUAL(server.buffers, 2);
	int timeout_ms = gesso_client_next_timeout_ms(server.gesso);
	CHECK(timeout_ms > 0 && timeout_ms <= 100);
	sleep_ms(timeout_ms + 1);
	CHECK_EQUAL(gesso_client_next_timeout_ms(server.gesso), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(gesso_client_next_timeout_ms(server.gesso), -1);
	fake_pump(&server);
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(get_info(swapchain).buffers, 1);
	CHECK_EQUAL(server.undefined_contents, 0);
	CHECK_EQUAL(paint(&server, swapchain).buffer_age, 0);
	finish(&server, swapchain);
}

static void test_resize(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(&server, swapchain);
	paint(&server, swapchain);
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(gesso_swapchain_resize(swapchain, 50 + i, 20 + i), GESSO_OK);
		struct gesso_frame frame = paint(&server, swapchain);
		CHECK_EQUAL(frame.width_px, 50 + i);
		CHECK_EQUAL(frame.height_px, 20 + i);
		CHECK_EQUAL(frame.buffer_age, 0);
	}
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(server.undefined_contents, 0);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 0, 5), GESSO_ERROR_ARGUMENT);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 5, 16385), GESSO_ERROR_ARGUMENT);
	finish(&server, swapchain);
}

static void test_shadow(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_UNCACHED};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(&server, swapchain);
	CHECK(get_info(swapchain).shadow);
	CHECK_EQUAL(get_info(swapchain).copied_bytes, 33 * 17 * 4);
	const struct gesso_rect caret = {4, 5, 2, 8};
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 1);
	CHECK_EQUAL(frame.stale_len, 0);
	end(&server, swapchain, &caret);
	CHECK_EQUAL(get_info(swapchain).copied_bytes, 2 * 33 * 17 * 4);
	for (int i = 0; i < 2; i++) {
		CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_OK);
		end(&server, swapchain, &caret);
	}
	CHECK_EQUAL(get_info(swapchain).copied_bytes, 2 * 33 * 17 * 4 + 2 * 2 * 8 * 4);
	finish(&server, swapchain);
}

/* A third buffer that is refused changes no path. */
static void test_budget_for_two(void)
{
	struct fake_server server = {.allocations_max = 2, .release = FAKE_RELEASE_NEVER};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	paint(&server, swapchain);
	paint(&server, swapchain);
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(get_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(server.requests, 3);
	finish(&server, swapchain);
}

static void test_unsupported_format(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = gesso_swapchain_create(
		server.gesso, server.surface, 9, 9, DRM_FORMAT_XBGR8888, NULL);
	struct gesso_frame frame;
	CHECK_EQUAL(begin(&server, swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	CHECK_EQUAL(get_info(swapchain).reason, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT);
	gesso_swapchain_destroy(swapchain);
	CHECK(!gesso_swapchain_create(server.gesso, server.surface, 9, 9, 0x1234, NULL));
	CHECK(!gesso_swapchain_create(
		server.gesso, server.surface, 0, 9, DRM_FORMAT_XRGB8888, NULL));
	finish(&server, NULL);
}

static void test_connection_lost(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	paint(&server, swapchain);
	wl_client_destroy(server.client);
	struct gesso_frame frame;
	enum gesso_result result = GESSO_OK;
	for (int i = 0; i < 4 && result != GESSO_ERROR_CONNECTION; i++) {
		result = gesso_swapchain_begin_frame_wait(swapchain, 50, &frame);
		gesso_swapchain_cancel_frame(swapchain);
		gesso_client_wait(server.gesso, 10);
	}
	CHECK_EQUAL(result, GESSO_ERROR_CONNECTION);
	finish(&server, swapchain);
}

#define CASE(name, function) {name, function}
static const struct check_case cases[] = {
	CASE("native", test_native),
	CASE("fallback-no-global", test_fallback_no_global),
	CASE("fallback-failed", test_fallback_failed),
	CASE("fallback-bad-answer", test_fallback_bad_answer),
	CASE("fallback-sync-failed", test_fallback_sync_failed),
	CASE("fallback-no-answer", test_fallback_no_answer),
	CASE("mute-compositor", test_mute_compositor),
	CASE("forced-native", test_forced_native),
	CASE("forced-shm", test_forced_shm),
	CASE("late-batch", test_late_batch),
	CASE("age-and-stale", test_age_and_stale),
	CASE("upload-uses-one-buffer", test_upload_uses_one_buffer),
	CASE("busy", test_busy),
	CASE("single-buffer", test_single_buffer),
	CASE("still", test_still),
	CASE("resize", test_resize),
	CASE("shadow", test_shadow),
	CASE("budget-for-two", test_budget_for_two),
	CASE("unsupported-format", test_unsupported_format),
	CASE("connection-lost", test_connection_lost),
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
