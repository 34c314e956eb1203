/* SPDX-License-Identifier: MIT */
/* What a client may have of each thing, and what happens past it. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name
#define MIB (UINT64_C(1) << 20)
#define GIB_SIDE_PX 16384 /* of four bytes: 1 GiB */

struct pair {
	struct server server;
	struct client bystander, offender;
	struct window window; /* the bystander's */
	struct buffer buffer;
};

static void begin(struct pair *pair, const char *options)
{
	const char *renderer = case_try_fixture("renderer");
	const char *allocator = case_try_fixture("allocator");
	allocator = allocator != NULL ? allocator : "memfd";
	case_need_allocator(allocator);
	server_start(&pair->server, "--renderer %s --allocator %s --size 64x64 %s",
		renderer != NULL ? renderer : "pixman", allocator, options);
	server_warm_up(&pair->server);
	client_connect(&pair->bystander, &pair->server);
	window_create(&pair->window, &pair->bystander, "bystander");
	buffer_create_shm(&pair->buffer, &pair->bystander, 32, 32, DRM_FORMAT_XRGB8888);
	window_show(&pair->window, &pair->buffer);
	client_connect(&pair->offender, &pair->server);
}

static void end(struct pair *pair)
{
	window_show(&pair->window, &pair->buffer);
	window_destroy(&pair->window);
	buffer_destroy(&pair->buffer);
	client_roundtrip(&pair->bystander);
	client_disconnect(&pair->bystander);
	client_disconnect(&pair->offender);
	server_check_empty(&pair->server);
	server_check_alive(&pair->server);
	server_stop(&pair->server);
}

/* libwayland's word for wl_display.error no_memory. */
static void expect_no_memory(struct client *client)
{
	while (wl_display_dispatch(client->display) >= 0) {
	}
	CHECK_EQUAL(wl_display_get_error(client->display), ENOMEM);
}

static const struct report_budget *budget_of(
	struct report *report, struct client *asker, const char *name, const char *what)
{
	report_read(report, asker);
	const struct report_client *client = report_find_client(report, name);
	CHECK(client != NULL);
	const struct report_budget *budget = report_find_budget(report, client->id, what);
	CHECK(budget != NULL);
	return budget;
}

CASE(frame_callbacks)
{
	struct pair pair;
	struct window window;
	struct report report;
	begin(&pair, "--limits callbacks=100");
	window_create(&window, &pair.offender, "offender");
	for (int i = 0; i < 90; i++) {
		wl_surface_frame(window.surface);
	}
	client_roundtrip(&pair.offender);
	const struct report_budget *budget =
		budget_of(&report, &pair.bystander, "offender", "callbacks");
	CHECK_EQUAL(budget->has, 90);
	CHECK_EQUAL(budget->limit, 100);
	for (int i = 0; i < 20; i++) {
		wl_surface_frame(window.surface);
	}
	expect_no_memory(&pair.offender);
	end(&pair);
}

static void make_pool(struct client *client, struct wl_buffer **buffer)
{
	int fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, 4096), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, 4096);
	*buffer = wl_shm_pool_create_buffer(pool, 0, 8, 8, 32, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
}

CASE(descriptors)
{
	struct pair pair;
	struct window window;
	struct report report;
	struct wl_buffer *buffers[40];
	begin(&pair, "--limits descriptors=30");
	window_create(&window, &pair.offender, "offender");
	/* what is given back does not count */
	for (int i = 0; i < 100; i++) {
		make_pool(&pair.offender, &buffers[0]);
		wl_buffer_destroy(buffers[0]);
	}
	for (int i = 0; i < 25; i++) {
		make_pool(&pair.offender, &buffers[i]);
	}
	client_roundtrip(&pair.offender);
	const struct report_budget *budget =
		budget_of(&report, &pair.bystander, "offender", "descriptors");
	CHECK_EQUAL(budget->has, 25);
	CHECK_EQUAL(budget->limit, 30);
	for (int i = 25; i < 40; i++) {
		make_pool(&pair.offender, &buffers[i]);
	}
	expect_no_memory(&pair.offender);
	end(&pair);
}

/* One wl_buffer of 1 MiB, of which each surface has a texture of its own. */
static struct wl_surface *commit_mib(struct client *client, struct wl_buffer *buffer)
{
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_surface_attach(surface, buffer, 0, 0);
	wl_surface_damage_buffer(surface, 0, 0, 512, 512);
	wl_surface_commit(surface);
	return surface;
}

static struct wl_buffer *make_mib(struct client *client)
{
	int fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, (off_t)MIB), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, (int)MIB);
	struct wl_buffer *buffer =
		wl_shm_pool_create_buffer(pool, 0, 512, 512, 2048, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

static uint64_t textures_of(const struct pair *pair, const char *name)
{
	struct report report;
	return budget_of(&report, (struct client *)&pair->bystander, name, "textures")->has;
}

CASE(textures)
{
	struct pair pair;
	struct window window;
	begin(&pair, "--renderer gles2 --shm upload --limits textures=8");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *large = make_mib(&pair.offender), *small;
	make_pool(&pair.offender, &small);
	struct wl_surface *surfaces[8];
	for (int i = 0; i < 8; i++) {
		surfaces[i] = commit_mib(&pair.offender, large);
	}
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 8 * MIB);
	/* what is shown no more, or is smaller, or is updated, does not count */
	wl_surface_destroy(surfaces[0]);
	wl_surface_attach(surfaces[1], NULL, 0, 0);
	wl_surface_commit(surfaces[1]);
	wl_surface_attach(surfaces[2], small, 0, 0);
	wl_surface_commit(surfaces[2]);
	wl_surface_attach(surfaces[3], large, 0, 0);
	wl_surface_damage_buffer(surfaces[3], 0, 0, 512, 512);
	wl_surface_commit(surfaces[3]);
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 5 * MIB + 8 * 8 * 4);
	commit_mib(&pair.offender, large);
	commit_mib(&pair.offender, large);
	client_roundtrip(&pair.offender);
	commit_mib(&pair.offender, large);
	expect_no_memory(&pair.offender);
	end(&pair);
}

/* A commit that waits for its parent's has no texture yet, but may have it at any time. */
CASE(textures_to_come)
{
	struct pair pair;
	struct window window;
	begin(&pair, "--renderer gles2 --shm upload --limits textures=4");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *large = make_mib(&pair.offender), *small;
	make_pool(&pair.offender, &small);
	for (int i = 0; i < 5; i++) {
		struct wl_surface *surface = wl_compositor_create_surface(pair.offender.compositor);
		wl_subcompositor_get_subsurface(
			pair.offender.subcompositor, surface, window.surface);
		if (i == 4) {
			client_roundtrip(&pair.offender);
			CHECK_EQUAL(textures_of(&pair, "offender"), 4 * MIB);
		}
		wl_surface_attach(surface, large, 0, 0);
		wl_surface_commit(surface);
	}
	expect_no_memory(&pair.offender);
	end(&pair);
}

CASE(ceiling_of_textures)
{
	struct pair pair;
	struct window window;
	begin(&pair, "--renderer gles2 --shm upload --limits ceiling=8,textures=7");
	window_create(&window, &pair.offender, "offender");
	struct wl_buffer *theirs = make_mib(&pair.offender), *own = make_mib(&pair.bystander);
	for (int i = 0; i < 7; i++) {
		commit_mib(&pair.offender, theirs);
	}
	client_roundtrip(&pair.offender);
	CHECK_EQUAL(textures_of(&pair, "offender"), 7 * MIB);
	struct wl_surface *surfaces[2];
	for (int i = 0; i < 2; i++) {
		surfaces[i] = commit_mib(&pair.bystander, own);
	}
	client_roundtrip(&pair.bystander);
	expect_no_memory(&pair.offender);
	for (int i = 0; i < 2; i++) {
		wl_surface_destroy(surfaces[i]);
	}
	wl_buffer_destroy(own);
	end(&pair);
}

CASE(surfaces)
{
	struct pair pair;
	begin(&pair, "--limits surfaces=10");
	for (int i = 0; i < 10; i++) {
		wl_compositor_create_surface(pair.offender.compositor);
	}
	client_roundtrip(&pair.offender);
	wl_compositor_create_surface(pair.offender.compositor);
	client_expect_error(&pair.offender, "wl_display", WL_DISPLAY_ERROR_IMPLEMENTATION);
	end(&pair);
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
	begin(&pair, "--limits buffers=3");
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
	end(&pair);
}

/* At the ceiling the largest holder goes, whoever asks; and if it is who asks, it is refused. */
CASE(ceiling)
{
	struct pair pair;
	struct buffer large, small, more;
	struct report report;
	begin(&pair, "--budget 3 --limits ceiling=4");
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
	expect_no_memory(&pair.offender);
	buffer_unmap(&large);
	buffer_destroy(&small);
	buffer_destroy(&more);
	end(&pair);
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
	begin(&pair, "");
	CHECK(ask_without_reading(&pair.offender, 800 * 1024));
	window_show(&pair.window, &pair.buffer);
	client_roundtrip(&pair.offender);
	/* and again, as what was read is no more in the way */
	CHECK(ask_without_reading(&pair.offender, 800 * 1024));
	window_show(&pair.window, &pair.buffer);
	client_roundtrip(&pair.offender);
	bool goes_on = ask_without_reading(&pair.offender, 16 * MIB);
	CHECK(!goes_on || wl_display_roundtrip(pair.offender.display) < 0);
	end(&pair);
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
	begin(&pair, "--budget 2 --limits rate=1");
	double began = now_s();
	for (int i = 0; i < 4; i++) {
		request(&buffer, &pair.offender, 1024);
		CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
		buffer_destroy(&buffer);
		window_show(&pair.window, &pair.buffer);
	}
	CHECK(now_s() - began > 1.9);
	end(&pair);
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
	begin(&pair, "--renderer gles2 --shm import --budget 2 --limits rate=1");
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
	end(&pair);
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
	begin(&pair, "--budget 16");
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
	end(&pair);
}
