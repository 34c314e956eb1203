/* SPDX-License-Identifier: MIT */
#include "server.h"
#include "buffer.h"
#include "capture.h"
#include "case.h"
#include "client.h"
#include "proc.h"
#include "process.h"
#include "report.h"
#include "shown.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t spawn(char *text, const char *log_name)
{
	return process_spawn(getenv("GESSO_BIN"), text, log_name, getenv("GESSO_TEST_PRELOAD"));
}

static void format_arguments(char *text, size_t size, const char *format, va_list arguments)
{
	size_t used = strlen(text);
	int length = vsnprintf(text + used, size - used, format, arguments);
	CHECK(length >= 0 && (size_t)length < size - used);
}

/* The last word after `option`, or `otherwise`. */
static void find_value(
	const char *text, const char *option, char value[static 32], const char *otherwise)
{
	snprintf(value, 32, "%s", otherwise);
	for (const char *at = strstr(text, option); at != NULL; at = strstr(at + 1, option)) {
		CHECK_EQUAL(sscanf(at + strlen(option), " %31s", value), 1);
	}
}

static void note_for_table(const char *text)
{
	char renderer[32], backend[32];
	find_value(text, "--renderer ", renderer, "");
	find_value(text, "--backend ", backend, "headless");
	if (strcmp(renderer, "gles2-node") == 0) {
		renderer[0] = '\0';
	} else if (strcmp(renderer, "gles2-software") == 0) {
		strcpy(renderer, "gles2");
	}
	shown_note_server(renderer, backend);
}

static void start(struct server *server, const char *format, va_list arguments)
{
	static int started;
	*server = (struct server){.descriptors = -1};
	int pipe_fds[2];
	CHECK_EQUAL(pipe(pipe_fds), 0);
	CHECK_INT(>=, fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC), 0);

	server->number = ++started;
	char text[1024], log_name[32];
	snprintf(text, sizeof(text),
		"--backend headless --ready-fd %d --probe-timeout %d --probe-wait 600000 ",
		pipe_fds[1], case_seconds(10) * 1000);
	format_arguments(text, sizeof(text), format, arguments);
	note_for_table(text);
	snprintf(log_name, sizeof(log_name), "gesso-%d.log", server->number);
	server->pid = spawn(text, log_name);
	server->ready_fd = pipe_fds[0];
	close(pipe_fds[1]);
}

void server_wait_ready(struct server *server)
{
	process_read_line(
		server->ready_fd, server->socket, sizeof(server->socket), "the compositor");
	close(server->ready_fd);
	server->ready_fd = -1;
}

void server_start(struct server *server, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	start(server, format, arguments);
	va_end(arguments);
	server_wait_ready(server);
}

void server_start_early(struct server *server, const char *socket, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	start(server, format, arguments);
	va_end(arguments);
	snprintf(server->socket, sizeof(server->socket), "%s", socket);
	for (int tries = 0; tries < 500 * case_seconds(10); tries++) {
		struct wl_display *display = wl_display_connect(socket);
		if (display != NULL) {
			wl_display_disconnect(display);
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 2 * 1000 * 1000}, NULL);
	}
	FAIL("the compositor made no socket %s", socket);
}

void server_read_log(const struct server *server, char *log, size_t size_bytes)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-%d.log", workdir_path(), server->number);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	size_t len = fread(log, 1, size_bytes, file);
	fclose(file);
	CHECK_INT(<, len, size_bytes);
	log[len] = '\0';
}

void server_stop(struct server *server)
{
	CHECK_EQUAL(kill(server->pid, SIGTERM), 0);
	int status;
	if (!process_wait_end(server->pid, case_seconds(15), &status)) {
		FAIL("the compositor did not end after SIGTERM");
	}
	if (WIFSIGNALED(status)) {
		FAIL("the compositor ended by signal %d", WTERMSIG(status));
	}
	CHECK_EQUAL(WEXITSTATUS(status), 0);
}

int server_wait_end(struct server *server)
{
	int status;
	if (!process_wait_end(server->pid, case_seconds(15), &status)) {
		FAIL("the compositor did not end by itself");
	}
	if (WIFSIGNALED(status)) {
		FAIL("the compositor ended by signal %d", WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}

int server_run(const char *log_name, const char *format, ...)
{
	char text[1024] = "";
	va_list arguments;
	va_start(arguments, format);
	format_arguments(text, sizeof(text), format, arguments);
	va_end(arguments);
	pid_t pid = spawn(text, log_name);
	int status;
	if (!process_wait_end(pid, case_seconds(25), &status)) {
		FAIL("the compositor did not end by itself");
	}
	if (WIFSIGNALED(status)) {
		FAIL("the compositor ended by signal %d", WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}

void server_check_alive(struct server *server)
{
	struct client client;
	client_connect(&client, server);
	struct window window;
	window_create(&window, &client, "alive");
	struct buffer buffer;
	buffer_create_shm(&buffer, &client, 16, 16, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	if (client.screencopy != NULL) {
		struct picture picture;
		capture_output(&picture, &client, 0);
		picture_finish(&picture);
	}
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
}

/* An output has two to four buffers of its own, as it happens. */
static int count_descriptors(const struct server *server)
{
	return proc_count_descriptors(server->pid) - proc_count_outputs_buffers(server->pid);
}

/*
 * Descriptors stop changing when the compositor has noticed that clients are gone: what it has
 * while it waits for its turn to run says nothing.
 */
static int settled_descriptors(const struct server *server, int wanted)
{
	int count = -1, same = 0;
	for (int tries = 0; tries < 50 * case_seconds(10) && same < 10; tries++) {
		bool at_rest = proc_at_rest(server->pid);
		int now = count_descriptors(server);
		if (now == wanted) {
			return now;
		}
		same = now != count ? 0 : same + at_rest;
		count = now;
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
	}
	return count;
}

/* An allocator may open its device at the first use. */
static void allocate_once(struct server *server)
{
	struct client client;
	struct buffer buffer;
	client_connect(&client, server);
	if (client_offers_format(&client, DRM_FORMAT_XRGB8888)) {
		buffer_create_native(&buffer, &client, 16, 16, DRM_FORMAT_XRGB8888);
		buffer_destroy(&buffer);
		client_roundtrip(&client);
	}
	client_disconnect(&client);
}

void server_warm_up(struct server *server)
{
	server_check_alive(server);
	server_check_alive(server);
	allocate_once(server);
	server->descriptors = settled_descriptors(server, -1);
}

static size_t client_mappings(const struct server *server)
{
	return proc_count_mappings_named(server->pid, "/memfd:gesso-memfd") +
		proc_count_mappings_named(server->pid, "/memfd:test-shm") +
		proc_count_mappings_named(server->pid, "/dmabuf:");
}

void server_check_empty(struct server *server)
{
	CHECK_INT(>=, server->descriptors, 0);
	int now = settled_descriptors(server, server->descriptors);
	if (now != server->descriptors || client_mappings(server) != 0) {
		/* Mesa lets go of the last frame's textures when it draws the next one. */
		server_check_alive(server);
		now = settled_descriptors(server, server->descriptors);
	}
	if (now != server->descriptors) {
		proc_print_descriptors(server->pid, stderr);
		FAIL("the compositor had %d descriptors and now has %d", server->descriptors, now);
	}
	CHECK_EQUAL(client_mappings(server), 0);
	struct client client;
	client_connect(&client, server);
	if (client.reporter != NULL) {
		struct report report;
		report_read(&report, &client);
		CHECK_INT(<=, report.clients_len, 1);
		CHECK_EQUAL(report.buffers_len, 0);
		CHECK_EQUAL(report_held_bytes(&report), 0);
	}
	client_disconnect(&client);
}
