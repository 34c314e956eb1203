/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "frames.h"
#include <drm_fourcc.h>
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

/* Fixed double buffering, where the compositor would do with one. */
static void test_in_turn(void)
{
	struct fake_server server = {.no_manager = true, .release = FAKE_RELEASE_ON_COMMIT};
	fake_start(&server);
	struct gesso_swapchain *swapchain =
		gesso_swapchain_create(server.gesso, server.surface, 33, 17, DRM_FORMAT_XRGB8888,
			&(struct gesso_swapchain_options){.max_buffers = 2, .in_turn = true});
	CHECK(swapchain);
	for (int i = 0; i < 6; i++)
		CHECK_EQUAL(frames_paint(&server, swapchain).buffer_age, i < 2 ? 0 : 2);
	CHECK_EQUAL(frames_info(swapchain).buffers, 2);
	frames_finish(&server, swapchain);
}

static void handle_sync(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {.done = handle_sync};

/* The library reads the caller's events off the socket, and leaves them to the caller. */
static void test_foreign_events(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	bool done = false;
	struct wl_callback *sync = wl_display_sync(server.client_display);
	wl_callback_add_listener(sync, &sync_listener, &done);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	frames_paint(&server, swapchain);
	CHECK(!done);
	CHECK(wl_display_dispatch_pending(server.client_display) > 0);
	CHECK(done);
	wl_callback_destroy(sync);
	frames_finish(&server, swapchain);
}

/* Two of them on one display, such as a toolkit's and a plug-in's, do not meet. */
static void test_two_clients(void)
{
	struct fake_server server = {0};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	struct gesso_client *other = gesso_client_create(server.client_display, 200);
	struct wl_surface *surface = wl_compositor_create_surface(server.compositor);
	struct gesso_swapchain *second =
		gesso_swapchain_create(other, surface, 8, 8, DRM_FORMAT_RGB565, NULL);
	struct gesso_frame frame;
	enum gesso_result result = GESSO_BUSY;
	for (int i = 0; i < 5 && result == GESSO_BUSY; i++) {
		result = gesso_swapchain_begin_frame(second, &frame);
		fake_pump(&server);
	}
	CHECK_EQUAL(result, GESSO_OK);
	CHECK_EQUAL(frames_info(second).path, GESSO_CLIENT_PATH_NATIVE);
	frames_paint(&server, swapchain);
	gesso_swapchain_destroy(second);
	gesso_client_destroy(other);
	wl_surface_destroy(surface);
	frames_paint(&server, swapchain);
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
	{"in-turn", test_in_turn},
	{"foreign-events", test_foreign_events},
	{"two-clients", test_two_clients},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
