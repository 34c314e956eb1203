/* SPDX-License-Identifier: MIT */
/* What a client may have of each thing, and what happens past it. */
#include "case.h"
#include "pair.h"
#include "proc.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name
#define MIB (UINT64_C(1) << 20)
#define GIB_SIDE_PX 16384 /* of four bytes: 1 GiB */

CASE(frame_callbacks)
{
	struct pair pair;
	struct window window;
	struct report report;
	pair_begin(&pair, "--limits callbacks=100");
	window_create(&window, &pair.offender, "offender");
	for (int i = 0; i < 90; i++) {
		wl_surface_frame(window.surface);
	}
	client_roundtrip(&pair.offender);
	const struct report_budget *budget =
		pair_budget_of(&report, &pair.bystander, "offender", "callbacks");
	CHECK_EQUAL(budget->has, 90);
	CHECK_EQUAL(budget->limit, 100);
	for (int i = 0; i < 20; i++) {
		wl_surface_frame(window.surface);
	}
	pair_expect_no_memory(&pair.offender);
	pair_end(&pair);
}

CASE(descriptors)
{
	struct pair pair;
	struct window window;
	struct report report;
	struct wl_buffer *buffers[40];
	pair_begin(&pair, "--limits descriptors=30");
	window_create(&window, &pair.offender, "offender");
	/* what is given back does not count */
	for (int i = 0; i < 100; i++) {
		pair_make_pool(&pair.offender, &buffers[0]);
		wl_buffer_destroy(buffers[0]);
	}
	for (int i = 0; i < 25; i++) {
		pair_make_pool(&pair.offender, &buffers[i]);
	}
	client_roundtrip(&pair.offender);
	const struct report_budget *budget =
		pair_budget_of(&report, &pair.bystander, "offender", "descriptors");
	CHECK_EQUAL(budget->has, 25);
	CHECK_EQUAL(budget->limit, 30);
	for (int i = 25; i < 40; i++) {
		pair_make_pool(&pair.offender, &buffers[i]);
	}
	pair_expect_no_memory(&pair.offender);
	pair_end(&pair);
}

CASE(surfaces)
{
	struct pair pair;
	pair_begin(&pair, "--limits surfaces=10");
	for (int i = 0; i < 10; i++) {
		wl_compositor_create_surface(pair.offender.compositor);
	}
	client_roundtrip(&pair.offender);
	wl_compositor_create_surface(pair.offender.compositor);
	client_expect_error(&pair.offender, "wl_display", WL_DISPLAY_ERROR_IMPLEMENTATION);
	pair_end(&pair);
}

static void request(struct buffer *buffer, struct client *client, int height_px)
{
	/* of 256 rows: a quarter of a MiB */
	buffer_request(buffer, client, 256, height_px, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(buffer);
}

CASE(buffers)
{
	struct pair pair;
	struct buffer buffers[4];
	pair_begin(&pair, "--limits buffers=3");
	for (int i = 0; i < 4; i++) {
		request(&buffers[i], &pair.offender, 8);
		CHECK_EQUAL(buffers[i].state, i < 3 ? BUFFER_ALLOCATED : BUFFER_FAILED);
	}
	CHECK_EQUAL(buffers[3].reason, REASON(OVER_BUDGET));
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[3]);
	request(&buffers[0], &pair.offender, 8);
	CHECK_EQUAL(buffers[0].state, BUFFER_ALLOCATED);
	for (int i = 0; i < 3; i++) {
		buffer_destroy(&buffers[i]);
	}
	pair_end(&pair);
}

/* At the ceiling the largest holder goes, whoever asks; and if it is who asks, it is refused. */
CASE(ceiling)
{
	struct pair pair;
	struct buffer large, small, more;
	struct report report;
	pair_begin(&pair, "--budget 3 --limits ceiling=4");
	request(&large, &pair.offender, 2560);
	CHECK_EQUAL(large.state, BUFFER_ALLOCATED);
	request(&small, &pair.bystander, 1024);
	CHECK_EQUAL(small.state, BUFFER_ALLOCATED);
	request(&more, &pair.offender, 512 + 1);
	CHECK_EQUAL(more.state, BUFFER_FAILED);
	CHECK_EQUAL(more.reason, REASON(OVER_BUDGET));
	buffer_destroy(&more);
	report_read(&report, &pair.bystander);
	const struct report_budget *budget = report_find_budget(&report, 0, "ceiling");
	CHECK(budget != NULL);
	CHECK_EQUAL(budget->limit, 4 * MIB);
	CHECK_EQUAL(budget->has, 3 * MIB + MIB / 2);

	request(&more, &pair.bystander, 1024);
	CHECK_EQUAL(more.state, BUFFER_ALLOCATED);
	pair_expect_no_memory(&pair.offender);
	buffer_unmap(&large);
	buffer_destroy(&small);
	buffer_destroy(&more);
	pair_end(&pair);
}

/* An answer to each: two events of twelve bytes. False once the connection has ended. */
static bool ask_without_reading(struct client *client, size_t answer_bytes)
{
	for (size_t bytes = 0; bytes < answer_bytes; bytes += 24) {
		wl_callback_destroy(wl_display_sync(client->display));
		/* as much as a client may have that is not sent */
		while (bytes / 24 % 100 == 0 && wl_display_flush(client->display) < 0) {
			struct pollfd ready = {
				.fd = wl_display_get_fd(client->display), .events = POLLOUT};
			if (errno != EAGAIN) {
				return false;
			}
			CHECK_INT(>, poll(&ready, 1, 1000 * case_seconds(20)), 0);
		}
	}
	return true;
}

/* What a socket holds, and 1 MiB more, may wait for a client: a busy program is no dead one. */
CASE(events_that_wait)
{
	struct pair pair;
	pair_begin(&pair, "");
	CHECK(ask_without_reading(&pair.offender, 800 * 1024));
	window_show(&pair.window, &pair.buffer);
	client_roundtrip(&pair.offender);
	/* and again, as what was read is no more in the way */
	CHECK(ask_without_reading(&pair.offender, 800 * 1024));
	window_show(&pair.window, &pair.buffer);
	client_roundtrip(&pair.offender);
	bool goes_on = ask_without_reading(&pair.offender, 16 * MIB);
	CHECK(!goes_on || wl_display_roundtrip(pair.offender.display) < 0);
	pair_end(&pair);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Two MiB at once, and then one a second: the fourth cannot come before two seconds. */
CASE(rate)
{
	struct pair pair;
	struct buffer buffer;
	pair_begin(&pair, "--budget 2 --limits rate=1");
	double began = now_s();
	for (int i = 0; i < 4; i++) {
		request(&buffer, &pair.offender, 1024);
		CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
		buffer_destroy(&buffer);
		window_show(&pair.window, &pair.buffer);
	}
	CHECK(now_s() - began > 1.9);
	pair_end(&pair);
}

/* Shows a new buffer of 1 MiB; whether it was imported. */
static bool show_new_mib(struct pair *pair, struct window *window)
{
	struct buffer buffer;
	static struct report report;
	buffer_create_shm_tight(&buffer, &pair->offender, 512, 512, 2048, DRM_FORMAT_XRGB8888);
	window_show(window, &buffer);
	report_read(&report, &pair->bystander);
	const struct report_surface *surface = report_find_surface(&report, 512, 512);
	CHECK(surface != NULL);
	bool imported = surface->path == GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT;
	CHECK_EQUAL(surface->reason, imported ? 0 : REASON(OVER_BUDGET));
	buffer_destroy(&buffer);
	return imported;
}

/* Two MiB at once and then one a second; what is more is uploaded. */
CASE(rate_of_imports)
{
	struct pair pair;
	struct window window;
	pair_begin(&pair, "--renderer gles2 --shm import --budget 2 --limits rate=1");
	window_create(&window, &pair.offender, "offender");
	double began = now_s();
	int imported = 0, shown = 0;
	while (imported < 4) {
		imported += show_new_mib(&pair, &window);
		CHECK_INT(<, ++shown, 10000);
	}
	CHECK(now_s() - began > 1.9);
	CHECK_INT(>, shown, imported);
	window_destroy(&window);
	client_roundtrip(&pair.offender);
	pair_end(&pair);
}

static void check_refused(struct client *client)
{
	struct buffer buffers[4];
	for (int i = 0; i < 4; i++) {
		buffer_request(&buffers[i], client, GIB_SIDE_PX, GIB_SIDE_PX, DRM_FORMAT_XRGB8888);
	}
	for (int i = 0; i < 4; i++) {
		buffer_wait_answer(&buffers[i]);
		CHECK_EQUAL(buffers[i].state, BUFFER_FAILED);
		CHECK_EQUAL(buffers[i].reason, REASON(OVER_BUDGET));
		buffer_destroy(&buffers[i]);
	}
}

/* What the report says is held is what the kernel says is there, to the page. */
CASE(four_gigabytes)
{
	struct pair pair;
	struct buffer buffers[32];
	struct report report;
	uint64_t kernel_bytes = 0;
	size_t len = 0;
	bool in_machine = access("/sys/kernel/debug/dma_buf/bufinfo", R_OK) == 0;
	pair_begin(&pair, "--budget 16");
	struct proc_dmabufs before = in_machine ? proc_dmabufs() : (struct proc_dmabufs){0};
	check_refused(&pair.offender);
	do {
		CHECK_INT(<, len, 32);
		buffer_request(&buffers[len], &pair.offender, 641, 363, DRM_FORMAT_XRGB8888);
		buffer_wait_answer(&buffers[len++]);
	} while (buffers[len - 1].state == BUFFER_ALLOCATED);
	CHECK_EQUAL(buffers[len - 1].reason, REASON(OVER_BUDGET));
	for (size_t i = 0; i < len - 1; i++) {
		struct stat status;
		CHECK_EQUAL(fstat(buffers[i].fd, &status), 0);
		kernel_bytes += (uint64_t)status.st_size;
	}
	report_read(&report, &pair.bystander);
	CHECK_EQUAL(report_held_bytes(&report), kernel_bytes);
	if (in_machine) {
		struct proc_dmabufs now = proc_dmabufs();
		CHECK_EQUAL(now.size_bytes - before.size_bytes, kernel_bytes);
	}
	printf("4 GiB refused; of 16 MiB %zu buffers: %llu bytes in the report, %llu in the "
	       "kernel\n",
		len - 1, (unsigned long long)report_held_bytes(&report),
		(unsigned long long)kernel_bytes);
	for (size_t i = 0; i < len; i++) {
		buffer_destroy(&buffers[i]);
	}
	pair_end(&pair);
}
