/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "fake_kernel.h"
#include "frames.h"
#include <drm_fourcc.h>
#include <string.h>
#include <unistd.h>

#define SIDES_BYTES (256 * 17) /* of frames_create()'s buffers: two pages */

static struct gesso_swapchain *start(struct fake_server *server, int version)
{
	server->dmabuf.version = version;
	fake_start(server);
	return frames_create(server, GESSO_CLIENT_PATH_DMABUF, 2);
}

/* What was painted is in the memory that the compositor has been given. */
static void check_pixels(const struct fake_server *server)
{
	unsigned char pixels[33 * 4];
	off_t last_row_bytes = (off_t)server->dmabuf.stride_bytes * 16;
	CHECK(pread(server->dmabuf.fd, pixels, sizeof(pixels), last_row_bytes) == sizeof(pixels));
	for (size_t i = 0; i < sizeof(pixels); i++)
		CHECK_EQUAL(pixels[i], 0x55);
}

static void expect_dmabuf(
	struct fake_server *server, int version, const char *allocator, uint64_t modifier)
{
	struct gesso_swapchain *swapchain = start(server, version);
	CHECK_EQUAL(frames_paint(server, swapchain).stride_bytes, 256);
	check_pixels(server);
	CHECK_EQUAL(server->dmabuf.stride_bytes, 256);
	CHECK_EQUAL(server->dmabuf.modifier, modifier);
	CHECK_EQUAL(server->dmabuf.size_bytes, 8192);
	CHECK(fake_kernel.syncs >= 2);
	struct gesso_swapchain_info info = frames_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(info.reason, GESSO_CLIENT_REASON_NONE);
	CHECK_EQUAL(strlen(info.reason_words), 0);
	CHECK(strcmp(info.allocator, allocator) == 0);
	CHECK(info.buffer_bytes >= SIDES_BYTES && info.buffer_bytes % 4096 == 0);
	/* the first one is held: a second one, and then the first again */
	CHECK_EQUAL(frames_paint(server, swapchain).buffer_age, 0);
	CHECK_EQUAL(frames_paint(server, swapchain).buffer_age, 2);
	CHECK_EQUAL(server->dmabuf.requests, 2);
	CHECK_EQUAL(server->dmabuf.params_alive, 0);
	CHECK_EQUAL(server->requests, 0);
	frames_finish(server, swapchain);
}

static void test_version_3(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true, .heap = true};
	expect_dmabuf(&(struct fake_server){0}, 3, "udmabuf", DRM_FORMAT_MOD_LINEAR);
}

static void test_feedback(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true, .heap = true};
	expect_dmabuf(&(struct fake_server){0}, 5, "udmabuf", DRM_FORMAT_MOD_LINEAR);
}

static void test_implicit_modifier(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_dmabuf(&(struct fake_server){.dmabuf.implicit_only = true}, 3, "udmabuf",
		DRM_FORMAT_MOD_INVALID);
}

static void test_heap_second(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true, .udmabuf_fails = true, .heap = true};
	expect_dmabuf(&(struct fake_server){0}, 3, "dma-heap", DRM_FORMAT_MOD_LINEAR);
}

/* Who does not ask for the path does not bind its global. */
static void test_not_asked_for(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	struct fake_server server = {.dmabuf.version = 4};
	fake_start(&server);
	struct gesso_swapchain *swapchain = frames_create(&server, GESSO_CLIENT_PATH_AUTO, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(server.dmabuf.binds, 0);
	frames_finish(&server, swapchain);
}

/* On shm, with the reason; `words` are part of it. The swapchain goes on. */
static struct gesso_swapchain *fall_back(
	struct fake_server *server, int version, int reason, const char *words)
{
	struct gesso_swapchain *swapchain = start(server, version);
	struct gesso_frame frame;
	fake_pump(server);
	for (int i = 0; gesso_swapchain_begin_frame_wait(swapchain, 20, &frame) == GESSO_BUSY;
		i++) {
		CHECK(i < 500);
		fake_pump(server);
	}
	frames_end(server, swapchain, NULL);
	struct gesso_swapchain_info info = frames_info(swapchain);
	CHECK_EQUAL(info.path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(info.reason, reason);
	if (!strstr(info.reason_words, words))
		fprintf(stderr, "'%s' is not in '%s'\n", words, info.reason_words);
	CHECK(strstr(info.reason_words, words));
	CHECK(strcmp(info.allocator, "") == 0);
	CHECK_EQUAL(info.buffers, 1);
	CHECK_EQUAL(server->commits, 1);
	return swapchain;
}

static void expect_shm(struct fake_server *server, int version, int reason, const char *words)
{
	frames_finish(server, fall_back(server, version, reason, words));
}

static void test_fallback_no_device(void)
{
	fake_kernel = (struct fake_kernel){0};
	struct fake_server server = {0};
	struct gesso_swapchain *swapchain = fall_back(&server, 3, GESSO_CLIENT_REASON_NO_DMABUF,
		"udmabuf: /dev/udmabuf: No such file or directory; "
		"dma-heap: /dev/dma_heap/system: No such file or directory");
	/* it is not tried at each frame, but at a resize */
	fake_kernel.udmabuf = true;
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 40, 20), GESSO_OK);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_NONE);
	/* what fails at once costs no frame */
	fake_kernel.udmabuf = false;
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 50, 20), GESSO_OK);
	struct gesso_frame frame;
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	frames_finish(&server, swapchain);
}

static void test_fallback_no_global(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_shm(&(struct fake_server){0}, 0, GESSO_CLIENT_REASON_GLOBAL_MISSING,
		"no zwp_linux_dmabuf_v1");
	CHECK_EQUAL(fake_kernel.allocations, 0);
}

static void test_fallback_old_global(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_shm(&(struct fake_server){0}, 2, GESSO_CLIENT_REASON_GLOBAL_MISSING, "version 2");
}

static void test_fallback_tiled(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	for (int version = 3; version <= 4; version++)
		expect_shm(&(struct fake_server){.dmabuf.feedback = FAKE_FEEDBACK_TILED}, version,
			GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT, "XRGB8888");
	CHECK_EQUAL(fake_kernel.allocations, 0);
}

static void test_fallback_failed(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	struct fake_server server = {.dmabuf.answer = FAKE_DMABUF_FAILED};
	struct gesso_swapchain *swapchain =
		fall_back(&server, 3, GESSO_CLIENT_REASON_IMPORT_FAILED, "udmabuf");
	frames_paint(&server, swapchain);
	CHECK_EQUAL(server.dmabuf.requests, 1);
	frames_finish(&server, swapchain);
}

static void test_fallback_sync_failed(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true, .sync_fails = true};
	expect_shm(
		&(struct fake_server){0}, 3, GESSO_CLIENT_REASON_SYNC_FAILED, "DMA_BUF_IOCTL_SYNC");
}

static void test_fallback_no_answer(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_shm(&(struct fake_server){.dmabuf.answer = FAKE_DMABUF_NEVER}, 3,
		GESSO_CLIENT_REASON_NO_ANSWER, "did not answer within 200 ms");
}

static void test_garbage_feedback(void)
{
	static const struct {
		enum fake_feedback feedback;
		const char *words;
	} rows[] = {
		{FAKE_FEEDBACK_NO_TABLE, "format 0 of a table of 0"},
		{FAKE_FEEDBACK_SHORT, "has 63 bytes, not 64"},
		{FAKE_FEEDBACK_ODD, "said to have 63 bytes"},
		{FAKE_FEEDBACK_HUGE, "said to have 4294967280 bytes"},
		{FAKE_FEEDBACK_PIPE, "Illegal seek"},
		{FAKE_FEEDBACK_INDEX, "format 4 of a table of 4"},
	};
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_shm(&(struct fake_server){.dmabuf.feedback = rows[i].feedback}, 4,
			GESSO_CLIENT_REASON_BAD_ANSWER, rows[i].words);
	CHECK_EQUAL(fake_kernel.allocations, 0);
}

static void test_feedback_never_done(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_shm(&(struct fake_server){.dmabuf.feedback = FAKE_FEEDBACK_NEVER_DONE}, 4,
		GESSO_CLIENT_REASON_NO_ANSWER, "has not said");
}

/* The compositor was stopped, and is back: so is the path. */
static void test_late_answer(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	struct fake_server server = {.dmabuf.answer = FAKE_DMABUF_NEVER};
	struct gesso_swapchain *swapchain =
		fall_back(&server, 3, GESSO_CLIENT_REASON_NO_ANSWER, "");
	server.dmabuf.answer = FAKE_DMABUF_CREATED;
	fake_answer_dmabuf(&server, true);
	fake_pump(&server);
	CHECK_EQUAL(server.buffers, 0);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(server.buffers, 1);
	frames_finish(&server, swapchain);
}

/* The swapchain goes while it is asked: the wl_buffer that comes is destroyed. */
static void test_answer_for_nobody(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	for (int created = 0; created <= 1; created++) {
		struct fake_server server = {.dmabuf.answer = FAKE_DMABUF_NEVER};
		struct gesso_swapchain *swapchain = start(&server, 3);
		struct gesso_frame frame;
		CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
		CHECK(server.dmabuf.unanswered);
		gesso_swapchain_destroy(swapchain);
		fake_answer_dmabuf(&server, created);
		CHECK_EQUAL(server.buffers, created);
		fake_pump(&server);
		CHECK_EQUAL(server.buffers, 0);
		CHECK_EQUAL(server.dmabuf.params_alive, 0);
		frames_finish(&server, NULL);
	}
}

/* As long as the client is there, and after it: the connection goes on, and nothing is left. */
static void expect_answer_after_the_client(bool created, bool read)
{
	struct fake_server server = {.dmabuf.answer = FAKE_DMABUF_NEVER};
	struct gesso_swapchain *swapchain = start(&server, 3);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(server.dmabuf.params_alive, 1);
	gesso_swapchain_destroy(swapchain);
	if (read)
		fake_answer_dmabuf(&server, created);
	if (read)
		fake_read(&server);
	gesso_client_destroy(server.gesso);
	if (!read)
		fake_answer_dmabuf(&server, created);
	/* of another client: what the compositor makes next is numbered after that buffer */
	server.dmabuf.answer = FAKE_DMABUF_CREATED;
	server.gesso = gesso_client_create(server.client_display, 200);
	swapchain = frames_create(&server, GESSO_CLIENT_PATH_DMABUF, 2);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(wl_display_dispatch_pending(server.client_display) < 0, false);
	fake_pump(&server);
	CHECK_EQUAL(wl_display_get_error(server.client_display), 0);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(server.dmabuf.params_alive, 0);
	frames_finish(&server, swapchain);
}

static void test_client_gone_before_answer(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	for (int i = 0; i < 4; i++)
		expect_answer_after_the_client(i & 1, i & 2);
}

/* The global goes and comes back, also while a buffer of it is asked for. */
static void expect_return(bool pending)
{
	struct fake_server server = {.dmabuf.answer = pending ? FAKE_DMABUF_NEVER : 0};
	struct gesso_swapchain *swapchain = start(&server, 4);
	struct gesso_frame frame;
	if (pending)
		CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
	else
		frames_paint(&server, swapchain);
	wl_global_destroy(server.dmabuf.global);
	fake_pump(&server);
	if (pending)
		fake_answer_dmabuf(&server, true);
	CHECK_EQUAL(frames_info(swapchain).would_move, !pending);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_GLOBAL_MISSING);
	CHECK_EQUAL(frames_info(swapchain).would_move, false);
	server.dmabuf.answer = FAKE_DMABUF_CREATED;
	fake_create_dmabuf_global(&server);
	fake_pump(&server);
	CHECK_EQUAL(frames_info(swapchain).would_move, true);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(frames_info(swapchain).would_move, false);
	frames_finish(&server, swapchain);
}

static void test_global_goes_and_returns(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	expect_return(false);
	expect_return(true);
}

/* What the compositor offers of its own memory is nothing to who asked for dma-bufs. */
static void test_still_beside_native(void)
{
	fake_kernel = (struct fake_kernel){0};
	struct fake_server server = {0};
	struct gesso_swapchain *swapchain =
		fall_back(&server, 3, GESSO_CLIENT_REASON_NO_DMABUF, "");
	fake_send_batch(&server, true);
	fake_pump(&server);
	CHECK_EQUAL(frames_info(swapchain).would_move, false);
	frames_finish(&server, swapchain);
}

/* A third buffer that is refused changes no path: by the compositor, or by the kernel. */
static void expect_two(struct fake_server *server)
{
	server->release = FAKE_RELEASE_NEVER;
	server->dmabuf.version = 3;
	fake_start(server);
	struct gesso_swapchain *swapchain = frames_create(server, GESSO_CLIENT_PATH_DMABUF, 3);
	frames_paint(server, swapchain);
	frames_paint(server, swapchain);
	struct gesso_frame frame;
	CHECK_EQUAL(frames_begin(server, swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(frames_info(swapchain).buffers, 2);
	frames_finish(server, swapchain);
}

static void test_budget_for_two(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	struct fake_server server = {.dmabuf.buffers_max = 2};
	expect_two(&server);
	CHECK_EQUAL(server.dmabuf.requests, 3);
}

static void test_memory_for_two(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true, .allocations_max = 2};
	struct fake_server server = {0};
	expect_two(&server);
	CHECK_EQUAL(server.dmabuf.requests, 2);
}

static void test_resized(void)
{
	fake_kernel = (struct fake_kernel){.udmabuf = true};
	struct fake_server server = {0};
	struct gesso_swapchain *swapchain = start(&server, 4);
	for (int i = 0; i < 20; i++) {
		CHECK_EQUAL(gesso_swapchain_resize(swapchain, 50 + i, 20 + i), GESSO_OK);
		struct gesso_frame frame = frames_paint(&server, swapchain);
		CHECK_EQUAL(frame.width_px, 50 + i);
		CHECK_EQUAL(frame.buffer_age, 0);
	}
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(server.buffers, 1);
	CHECK_EQUAL(server.dmabuf.binds, 1);
	CHECK_EQUAL(server.undefined_contents, 0);
	frames_finish(&server, swapchain);
}

static const struct check_case cases[] = {
	{"version-3", test_version_3},
	{"feedback", test_feedback},
	{"implicit-modifier", test_implicit_modifier},
	{"heap-second", test_heap_second},
	{"not-asked-for", test_not_asked_for},
	{"fallback-no-device", test_fallback_no_device},
	{"fallback-no-global", test_fallback_no_global},
	{"fallback-old-global", test_fallback_old_global},
	{"fallback-tiled", test_fallback_tiled},
	{"fallback-failed", test_fallback_failed},
	{"fallback-sync-failed", test_fallback_sync_failed},
	{"fallback-no-answer", test_fallback_no_answer},
	{"garbage-feedback", test_garbage_feedback},
	{"feedback-never-done", test_feedback_never_done},
	{"late-answer", test_late_answer},
	{"answer-for-nobody", test_answer_for_nobody},
	{"client-gone-before-answer", test_client_gone_before_answer},
	{"global-goes-and-returns", test_global_goes_and_returns},
	{"still-beside-native", test_still_beside_native},
	{"budget-for-two", test_budget_for_two},
	{"memory-for-two", test_memory_for_two},
	{"resized", test_resized},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
