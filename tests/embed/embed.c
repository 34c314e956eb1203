/* SPDX-License-Identifier: MIT */
/* The second compositor (minimal.c): the component shows native buffers there too. */
#include "buffer.h"
#include "capture.h"
#include "case.h"
#include "picture.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define GROUND 0xff000000
#define OUTPUT_WIDTH_PX 320
#define OUTPUT_HEIGHT_PX 240

static void read_name(int fd, char *name, size_t size)
{
	for (size_t length = 0; length < size; length++) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (poll(&ready, 1, case_seconds(25) * 1000) <= 0 ||
			read(fd, name + length, 1) != 1) {
			FAIL("the second compositor did not print its socket");
		}
		if (name[length] == '\n') {
			name[length] = '\0';
			return;
		}
	}
	FAIL("the socket's name is too long");
}

/* What server_start does for gesso; server.h's other functions take it from there. */
static void start_minimal(struct server *server)
{
	*server = (struct server){.descriptors = -1};
	const char *program = getenv("GESSO_MINIMAL");
	CHECK(program != NULL);
	int ends[2];
	CHECK_EQUAL(pipe2(ends, O_CLOEXEC), 0);
	server->pid = fork();
	CHECK_INT(>=, server->pid, 0);
	if (server->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(0);
		dup2(ends[1], STDOUT_FILENO);
		execl(program, program, case_fixture("renderer"), (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	read_name(ends[0], server->socket, sizeof(server->socket));
	close(ends[0]);
}

static void paint(struct buffer *buffer, struct picture *picture, uint32_t seed)
{
	picture_fill(picture, seed, false);
	buffer_begin_paint(buffer);
	picture_encode(picture, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	buffer_end_paint(buffer);
	picture_quantise(picture, buffer->fourcc);
}

static void check_shown(
	struct client *client, const struct picture *picture, const char *what, int tolerance)
{
	struct picture expected, got;
	picture_init(&expected, OUTPUT_WIDTH_PX, OUTPUT_HEIGHT_PX, GROUND);
	picture_blend(&expected, picture, 0, 0);
	capture_output(&got, client, 0);
	picture_check(&got, &expected, tolerance, what);
	picture_finish(&expected);
	picture_finish(&got);
}

/* Painted twice: the second time with no new buffer, and so no new import. */
static void show_format(struct client *client, const char *path, uint32_t fourcc)
{
	struct window window;
	struct buffer buffer;
	struct picture picture;
	window_create(&window, client, "embed");
	buffer_create(&buffer, client, path, 151, 99, fourcc);
	picture_init(&picture, 151, 99, 0);
	for (uint32_t seed = 1; seed <= 2; seed++) {
		paint(&buffer, &picture, seed);
		window_show(&window, &buffer);
		check_shown(client, &picture, path, fourcc == DRM_FORMAT_RGB565);
	}
	picture_finish(&picture);
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(client);
}

static void start(struct server *server, struct client *client)
{
	start_minimal(server);
	server_warm_up(server);
	client_connect(client, server);
}

static void end(struct server *server, struct client *client)
{
	client_disconnect(client);
	server_check_empty(server);
	server_stop(server);
}

CASE(second_compositor_shows_native)
{
	struct server server;
	struct client client;
	start(&server, &client);
	CHECK(client.manager != NULL);
	CHECK(client_offers_format(&client, DRM_FORMAT_XRGB8888));
	for (size_t i = 0; i < client.batch.formats_len; i++) {
		show_format(&client, "native", client.batch.formats[i]);
	}
	struct report report;
	report_read(&report, &client);
	struct report_path native = report_sum(&report, GESSO_MEMORY_REPORT_V1_PATH_NATIVE);
	CHECK_INT(>, native.frames, 0);
	CHECK_EQUAL(native.copied_bytes, 0);
	CHECK_EQUAL(native.texture_bytes, 0);
	end(&server, &client);
}

CASE(second_compositor_shows_shm)
{
	struct server server;
	struct client client;
	start(&server, &client);
	show_format(&client, "shm", DRM_FORMAT_XRGB8888);
	show_format(&client, "shm", DRM_FORMAT_ARGB8888);
	end(&server, &client);
}

/* Two buffers in turn: with no copy on either renderer, imported or read in place. */
CASE(second_compositor_imports_shm)
{
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffers[2];
	struct picture picture;
	bool gles2 = strcmp(case_fixture("renderer"), "gles2") == 0;
	start(&server, &client);
	window_create(&window, &client, "embed");
	picture_init(&picture, 160, 120, 0);
	for (uint32_t round = 0; round < 6; round++) {
		struct buffer *buffer = &buffers[round % 2];
		if (round < 2) {
			buffer_create_shm_tight(
				buffer, &client, 160, 120, 160 * 4, DRM_FORMAT_XRGB8888);
		}
		buffer_wait_release(buffer);
		paint(buffer, &picture, round);
		window_show(&window, buffer);
		check_shown(&client, &picture, "shm in turn", 0);
	}
	struct report report;
	report_read(&report, &client);
	struct report_path path = report_sum(&report,
		gles2 ? GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT
		      : GESSO_MEMORY_REPORT_V1_PATH_SHM_DIRECT);
	CHECK_EQUAL(path.frames, gles2 ? 4 : 6);
	CHECK_EQUAL(path.copied_bytes, 0);
	struct buffer last;
	buffer_create_shm(&last, &client, 160, 120, DRM_FORMAT_XRGB8888);
	window_show(&window, &last); /* llvmpipe keeps an import until it draws another */
	picture_finish(&picture);
	window_destroy(&window);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	buffer_destroy(&last);
	client_roundtrip(&client);
	end(&server, &client);
}
