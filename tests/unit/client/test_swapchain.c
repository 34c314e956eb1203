/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "frames.h"
#include <time.h>

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static void test_age_and_stale(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_paint(&server, swapchain).buffer_age, 0);
	const struct gesso_rect caret = {4, 5, 2, 8};
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 2);
	CHECK_EQUAL(frame.stale_len, 1);
	frames_end(&server, swapchain, &caret);
	CHECK_EQUAL(server.last_damage.x, 4);
	CHECK_EQUAL(server.last_damage.height, 8);
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 2);
	CHECK_EQUAL(frame.stale_len, 1);
	CHECK_EQUAL(frame.stale[0].width, 2);
	gesso_swapchain_cancel_frame(swapchain);
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 0);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_ERROR_ARGUMENT);
	frames_end(&server, swapchain, &caret);
	CHECK_EQUAL(gesso_swapchain_end_frame(swapchain, NULL, 0), GESSO_ERROR_ARGUMENT);
	CHECK_EQUAL(frames_info(swapchain).frames, 4);
	frames_finish(&server, swapchain);
}

static void test_upload_uses_one_buffer(void)
{
	struct fake_server server = {.no_manager = true, .release = FAKE_RELEASE_ON_COMMIT};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_paint(&server, swapchain).buffer_age, 1);
	CHECK_EQUAL(frames_info(swapchain).buffers, 1);
	frames_finish(&server, swapchain);
}

static void test_busy(void)
{
	struct fake_server server = {.release = FAKE_RELEASE_NEVER};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	for (int i = 0; i < 3; i++)
		frames_paint(&server, swapchain);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 20, &frame), GESSO_BUSY);
	CHECK_EQUAL(server.requests, 3);
	frames_finish(&server, swapchain);
}

static void test_single_buffer(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 1);
	void *pixels = frames_paint(&server, swapchain).pixels;
	for (int i = 0; i < 3; i++) {
		struct gesso_frame frame = frames_paint(&server, swapchain);
		CHECK_EQUAL(frame.buffer_age, 1);
		CHECK(frame.pixels == pixels);
	}
	CHECK_EQUAL(server.requests, 1);
	frames_finish(&server, swapchain);
}

static void test_still(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 3);
	for (int i = 0; i < 4; i++)
		frames_paint(&server, swapchain);
	CHECK_EQUAL(server.buffers, 2);
	int timeout_ms = gesso_client_next_timeout_ms(server.gesso);
	CHECK(timeout_ms > 0 && timeout_ms <= 100);
	sleep_ms(timeout_ms + 1);
	CHECK_EQUAL(gesso_client_next_timeout_ms(server.gesso), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(gesso_client_next_timeout_ms(server.gesso), -1);
	fake_pump(&server);
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(frames_info(swapchain).buffers, 1);
	CHECK_EQUAL(server.undefined_contents, 0);
	CHECK_EQUAL(frames_paint(&server, swapchain).buffer_age, 0);
	frames_finish(&server, swapchain);
}

static void test_resize(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	frames_paint(&server, swapchain);
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(gesso_swapchain_resize(swapchain, 50 + i, 20 + i), GESSO_OK);
		struct gesso_frame frame = frames_paint(&server, swapchain);
		CHECK_EQUAL(frame.width_px, 50 + i);
		CHECK_EQUAL(frame.height_px, 20 + i);
		CHECK_EQUAL(frame.buffer_age, 0);
	}
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(server.undefined_contents, 0);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 0, 5), GESSO_ERROR_ARGUMENT);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 5, 16385), GESSO_ERROR_ARGUMENT);
	frames_finish(&server, swapchain);
}

static void test_shadow(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_UNCACHED};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	CHECK(frames_info(swapchain).shadow);
	CHECK_EQUAL(frames_info(swapchain).copied_bytes, 33 * 17 * 4);
	const struct gesso_rect caret = {4, 5, 2, 8};
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frame.buffer_age, 1);
	CHECK_EQUAL(frame.stale_len, 0);
	frames_end(&server, swapchain, &caret);
	CHECK_EQUAL(frames_info(swapchain).copied_bytes, 2 * 33 * 17 * 4);
	for (int i = 0; i < 2; i++) {
		CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_OK);
		frames_end(&server, swapchain, &caret);
	}
	CHECK_EQUAL(frames_info(swapchain).copied_bytes, 2 * 33 * 17 * 4 + 2 * 2 * 8 * 4);
	frames_finish(&server, swapchain);
}

static const struct check_case cases[] = {
	{"age-and-stale", test_age_and_stale},
	{"upload-uses-one-buffer", test_upload_uses_one_buffer},
	{"busy", test_busy},
	{"single-buffer", test_single_buffer},
	{"still", test_still},
	{"resize", test_resize},
	{"shadow", test_shadow},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
