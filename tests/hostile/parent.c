/* SPDX-License-Identifier: MIT */
/* Gesso in a window of a parent that does not do what parents do. */
#include "capture.h"
#include "case.h"
#include "fake_parent.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void check_log(const char *name, const char *words)
{
	static char content[1 << 18];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", workdir_path(), name);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	CHECK(strstr(content, "Sanitizer: ") == NULL);
	CHECK(strstr(content, words) != NULL);
}

static void run_under(enum fake_parent_habit wanted, int outputs, const char *words)
{
	pid_t pid = fake_parent_start(wanted);
	CHECK_EQUAL(server_run("nested.log", "--backend wayland --renderer pixman --outputs %d",
			    outputs),
		1);
	check_log("nested.log", words);
	fake_parent_end(pid);
}

CASE(parent_closes_the_window_at_once)
{
	run_under(FAKE_PARENT_CLOSES_AT_ONCE, 1, "no output can be shown");
}

CASE(parent_closes_two_windows_at_once)
{
	run_under(FAKE_PARENT_CLOSES_AT_ONCE, 2, "no output can be shown");
}

CASE(parent_stops_answering)
{
	run_under(FAKE_PARENT_STOPS_ANSWERING, 1, "the parent has not answered");
}

/* It ends the connection on which it is asked, each time: the pictures are composed. */
CASE(parent_ends_who_asks)
{
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffers[6];
	pid_t parent = fake_parent_start(FAKE_PARENT_ENDS_WHO_ASKS);
	case_need_allocator("udmabuf");
	setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", 1);
	server_start(
		&server, "--backend wayland --renderer pixman --allocator udmabuf --fullscreen");
	client_connect(&client, &server);
	window_create(&window, &client, "asks");
	for (uint32_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		struct picture picture, got;
		buffer_create(&buffers[i], &client, "native", FAKE_PARENT_WIDTH_PX,
			FAKE_PARENT_HEIGHT_PX, DRM_FORMAT_XRGB8888);
		picture_init(&picture, FAKE_PARENT_WIDTH_PX, FAKE_PARENT_HEIGHT_PX, 0);
		picture_fill(&picture, i, 0);
		buffer_begin_paint(&buffers[i]);
		picture_encode(
			&picture, buffers[i].pixels, buffers[i].stride_bytes, DRM_FORMAT_XRGB8888);
		buffer_end_paint(&buffers[i]);
		window_show(&window, &buffers[i]);
		window_show(&window, &buffers[i]);
		capture_output(&got, &client, 0);
		picture_check(&got, &picture, 0, "composed");
		picture_finish(&got);
		picture_finish(&picture);
	}
	check_log("gesso-1.log", "the parent ended the connection on which it was asked");
	window_destroy(&window);
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
		buffer_destroy(&buffers[i]);
	}
	client_disconnect(&client);
	server_stop(&server);
	fake_parent_end(parent);
}

/* A full-screen buffer in a pool with these seals, which are added once gesso has mapped it. */
static void show_sealed(struct client *client, struct window *window, int seals)
{
	const int bytes = FAKE_PARENT_WIDTH_PX * FAKE_PARENT_HEIGHT_PX * 4;
	int fd = memfd_create("pool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, bytes), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, bytes);
	struct buffer buffer = {
		.wl_buffer = wl_shm_pool_create_buffer(pool, 0, FAKE_PARENT_WIDTH_PX,
			FAKE_PARENT_HEIGHT_PX, FAKE_PARENT_WIDTH_PX * 4, WL_SHM_FORMAT_XRGB8888),
		.width_px = FAKE_PARENT_WIDTH_PX,
		.height_px = FAKE_PARENT_HEIGHT_PX,
	};
	client_roundtrip(client);
	CHECK_EQUAL(fcntl(fd, F_ADD_SEALS, seals), 0);
	for (int round = 0; round < 4; round++) {
		surface_commit_wait(client, window->surface, &buffer);
	}
	wl_buffer_destroy(buffer.wl_buffer);
	wl_shm_pool_destroy(pool);
	close(fd);
}

/* What the parent could not map it would hold against gesso. */
CASE(pool_that_the_parent_cannot_map)
{
	struct server outer, inner;
	struct client client;
	struct window window;
	server_start(&outer, "--renderer pixman --fullscreen --size %dx%d", FAKE_PARENT_WIDTH_PX,
		FAKE_PARENT_HEIGHT_PX);
	setenv("WAYLAND_DISPLAY", outer.socket, 1);
	setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", 1);
	server_start(&inner, "--backend wayland --renderer pixman --fullscreen");
	client_connect(&client, &inner);
	window_create(&window, &client, "sealed");
	show_sealed(&client, &window, F_SEAL_SHRINK);
	check_log("gesso-2.log", "the window's buffer goes to the parent");
	show_sealed(&client, &window, F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE);
	check_log("gesso-2.log", "its pool is no memfd, or cannot be sealed for a parent");
	for (int i = 0; i < 40; i++) {
		show_sealed(&client, &window, F_SEAL_SHRINK | F_SEAL_GROW);
	}
	server_check_alive(&inner);
	window_destroy(&window);
	client_disconnect(&client);
	server_stop(&inner);
	server_stop(&outer);
}
