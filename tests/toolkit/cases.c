/* SPDX-License-Identifier: MIT */
/* The client library in a toolkit's loop, against the compositor itself. */
#include "capture.h"
#include "case.h"
#include "toolkit.h"
#include "workdir.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_MS 400

static void start(struct server *server, const char *options)
{
	server_start(server, "--renderer %s --allocator memfd --size 320x240 %s",
		case_fixture("renderer"), options);
	server_warm_up(server);
}

static void end(struct toolkit *toolkit, struct server *server)
{
	CHECK_INT(>, toolkit->thread.answers, 0);
	toolkit_end(toolkit);
	server_check_empty(server);
	server_stop(server);
}

/* The last frame of the last window, which is the uppermost, is on the screen as a whole. */
static void check_shown(struct toolkit *toolkit, const struct server *server)
{
	const struct toolkit_window *window = &toolkit->windows[toolkit->windows_len - 1];
	struct client watcher;
	struct picture picture;
	toolkit_settle(toolkit);
	client_connect(&watcher, server);
	capture_output(&picture, &watcher, 0);
	int pixels = 0;
	for (int i = 0; i < picture.width_px * picture.height_px; i++) {
		pixels += (picture.pixels[i] & 0xffffff) == window->color;
	}
	CHECK_EQUAL(pixels, window->width_px * window->height_px);
	picture_finish(&picture);
	client_disconnect(&watcher);
}

static struct gesso_swapchain_info info_of(const struct toolkit_window *window)
{
	struct gesso_swapchain_info info;
	gesso_swapchain_get_info(window->swapchain, &info);
	return info;
}

CASE(toolkit_repaints)
{
	struct server server;
	struct toolkit toolkit;
	start(&server, "");
	toolkit_begin(&toolkit, server.socket, 0);
	toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_add_window(&toolkit, 60, 40, NULL);
	toolkit_run_frames(&toolkit, 60);
	CHECK(toolkit_is_on(&toolkit, GESSO_CLIENT_PATH_NATIVE));
	check_shown(&toolkit, &server);
	end(&toolkit, &server);
}

/* Paints by waiting, beside the thread that reads too. */
CASE(toolkit_waits)
{
	struct server server;
	struct toolkit toolkit;
	start(&server, "");
	toolkit_begin(&toolkit, server.socket, 0);
	struct toolkit_window *window = toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_run_frames(&toolkit, 1);
	for (int i = 0; i < 60; i++) {
		CHECK_EQUAL(toolkit_paint_waiting(window, case_seconds(5) * 1000), GESSO_OK);
	}
	check_shown(&toolkit, &server);
	end(&toolkit, &server);
}

/* A helper that waits until the file is there. */
static void hold_probe(char gate[static 200])
{
	char path[200];
	snprintf(gate, 200, "%s/gate", workdir_path());
	snprintf(path, sizeof(path), "%s/helper", workdir_path());
	FILE *file = fopen(path, "we");
	CHECK(file != NULL);
	fprintf(file, "#!/bin/sh\nwhile [ ! -e %s ]; do sleep 0.05; done\nexec %s \"$@\"\n", gate,
		getenv("GESSO_PROBE"));
	fclose(file);
	CHECK_EQUAL(chmod(path, 0700), 0);
	setenv("GESSO_PROBE_HELPER", path, 1);
}

/* Painted on shm while the probe runs, and on native once the batch came again. */
CASE(toolkit_moves_when_proved)
{
	struct server server;
	struct toolkit toolkit;
	char gate[200];
	hold_probe(gate);
	server_start_early(&server, "early",
		"--renderer %s --allocator memfd --size 320x240 --socket early",
		case_fixture("renderer"));
	toolkit_begin(&toolkit, server.socket, 0);
	struct toolkit_window *window = toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_run_frames(&toolkit, 10);
	CHECK(toolkit_is_on(&toolkit, GESSO_CLIENT_PATH_SHM));
	CHECK_EQUAL(info_of(window).reason, GESSO_CLIENT_REASON_PENDING);
	int fd = open(gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	close(fd);
	while (!toolkit_is_on(&toolkit, GESSO_CLIENT_PATH_NATIVE)) {
		toolkit_turn(&toolkit, 1000);
	}
	toolkit_run_frames(&toolkit, 10);
	CHECK(!info_of(window).would_move);
	check_shown(&toolkit, &server);
	toolkit_end(&toolkit);
	server_wait_ready(&server);
	server_stop(&server);
}

/* Over its budget, a window goes on with wl_shm, and the other one as it was. */
CASE(toolkit_survives_a_refusal)
{
	struct server server;
	struct toolkit toolkit;
	start(&server, "--budget 1");
	toolkit_begin(&toolkit, server.socket, 0);
	struct toolkit_window *large = toolkit_add_window(&toolkit, 640, 480, NULL);
	struct toolkit_window *small = toolkit_add_window(&toolkit, 60, 40, NULL);
	toolkit_run_frames(&toolkit, 30);
	CHECK_EQUAL(info_of(large).path, GESSO_CLIENT_PATH_SHM);
	CHECK_EQUAL(info_of(large).reason, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_OVER_BUDGET);
	CHECK_EQUAL(info_of(small).path, GESSO_CLIENT_PATH_NATIVE);
	check_shown(&toolkit, &server);
	end(&toolkit, &server);
}

static void resize_anew(struct toolkit_window *window, int step)
{
	window->width_px = 20 + step * 37 % 281;
	window->height_px = 20 + step * 53 % 201;
	window->wants_frame = true;
}

/* Sizes come faster than frames are shown: none is waited for. */
CASE(toolkit_resize_storm)
{
	struct server server;
	struct toolkit toolkit;
	case_set_deadline(60);
	start(&server, "");
	toolkit_begin(&toolkit, server.socket, 0);
	struct toolkit_window *window = toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_run_frames(&toolkit, 1);
	for (int step = 0; step < 300; step++) {
		resize_anew(window, step);
		if (window->frame_callback != NULL) {
			wl_callback_destroy(window->frame_callback);
			window->frame_callback = NULL;
		}
		toolkit_turn(&toolkit, 2);
		CHECK_INT(<=, info_of(window).buffers, 5);
	}
	window->width_px = 60;
	window->height_px = 40;
	toolkit_run_frames(&toolkit, 2);
	CHECK(toolkit_is_on(&toolkit, GESSO_CLIENT_PATH_NATIVE));
	check_shown(&toolkit, &server);
	end(&toolkit, &server);
}

/*
 * Stopped for seconds, in the middle of frames and of an allocation: the loop turns on,
 * and afterwards all is as before.
 */
CASE(toolkit_outlives_a_stop)
{
	struct server server;
	struct toolkit toolkit;
	case_set_deadline(60);
	start(&server, "");
	toolkit_begin(&toolkit, server.socket, ANSWER_TIMEOUT_MS);
	struct toolkit_window *window = toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_run_frames(&toolkit, 10);
	CHECK_EQUAL(kill(server.pid, SIGSTOP), 0);
	uint64_t turns = toolkit.turns;
	for (int step = 0; step < 30; step++) {
		resize_anew(window, step);
		toolkit_run_ms(&toolkit, 100);
		CHECK(!toolkit.lost);
	}
	/* none of its calls waited for the compositor */
	CHECK_INT(>=, toolkit.turns - turns, 30);
	CHECK_INT(<=, info_of(window).buffers, 5);
	CHECK_EQUAL(kill(server.pid, SIGCONT), 0);
	window->width_px = 60;
	window->height_px = 40;
	window->wants_frame = true;
	toolkit_run_frames(&toolkit, 20);
	CHECK(toolkit_is_on(&toolkit, GESSO_CLIENT_PATH_NATIVE));
	check_shown(&toolkit, &server);
	end(&toolkit, &server);
}

/* The connection ends in the middle of a frame: each call says so, and all can be destroyed. */
CASE(toolkit_connection_dies)
{
	struct server server;
	struct toolkit toolkit;
	struct gesso_frame frame;
	start(&server, "");
	toolkit_begin(&toolkit, server.socket, 0);
	struct toolkit_window *window = toolkit_add_window(&toolkit, 77, 51, NULL);
	toolkit_run_frames(&toolkit, 10);
	CHECK_EQUAL(kill(server.pid, SIGKILL), 0);
	CHECK_EQUAL(waitpid(server.pid, NULL, 0), server.pid);
	while (!toolkit.lost) {
		toolkit_turn(&toolkit, 1000);
	}
	CHECK_EQUAL(gesso_client_dispatch(toolkit.gesso), GESSO_ERROR_CONNECTION);
	CHECK_EQUAL(gesso_client_wait(toolkit.gesso, 100000), GESSO_ERROR_CONNECTION);
	CHECK_EQUAL(gesso_swapchain_begin_frame(window->swapchain, &frame), GESSO_ERROR_CONNECTION);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(window->swapchain, 100000, &frame),
		GESSO_ERROR_CONNECTION);
	CHECK(gesso_client_create(toolkit.display, 0) == NULL);
	toolkit_end(&toolkit);
}
