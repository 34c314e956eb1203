/* SPDX-License-Identifier: MIT */
/* Budgets, refusals, and clients that end while they hold buffers. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name
#define MIB (1024 * 1024)

CASE(unknown_format)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	client_connect(&client, &server);
	static const uint32_t formats[] = {0, 1, DRM_FORMAT_NV12, DRM_FORMAT_R8, 0xffffffff};
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		CHECK(!client_offers_format(&client, formats[i]));
		struct buffer buffer;
		buffer_request(&buffer, &client, 16, 16, formats[i]);
		buffer_wait_answer(&buffer);
		CHECK_EQUAL(buffer.state, BUFFER_FAILED);
		CHECK_EQUAL(buffer.reason, REASON(UNSUPPORTED_FORMAT));
		buffer_destroy(&buffer);
	}
	client_disconnect(&client);
	server_stop(&server);
}

/* 256 rows of 256 pixels: a quarter of a MiB, whatever rows are aligned to. */
static void request_quarter_mib(struct buffer *buffer, struct client *client)
{
	buffer_request(buffer, client, 256, 256, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(buffer);
}

CASE(budget)
{
	struct server server;
	struct client client, other;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64 --budget 2");
	server_warm_up(&server);
	client_connect(&client, &server);
	struct buffer buffers[8], last;
	for (size_t i = 0; i < 8; i++) {
		request_quarter_mib(&buffers[i], &client);
		CHECK_EQUAL(buffers[i].state, BUFFER_ALLOCATED);
		buffer_map(&buffers[i]);
	}
	request_quarter_mib(&last, &client);
	CHECK_EQUAL(last.state, BUFFER_FAILED);
	CHECK_EQUAL(last.reason, REASON(OVER_BUDGET));
	buffer_destroy(&last);

	struct report report;
	report_read(&report, &client);
	CHECK_EQUAL(report.budget_bytes, 2 * MIB);
	CHECK_EQUAL(report_held_bytes(&report), 2 * MIB);
	bool told = false;
	for (size_t i = 0; i < report.paths_len; i++) {
		told |= report.paths[i].path == GESSO_MEMORY_REPORT_V1_PATH_NATIVE &&
			report.paths[i].reason == REASON(OVER_BUDGET) &&
			report.paths[i].words[0] != '\0';
	}
	CHECK(told);

	client_connect(&other, &server);
	request_quarter_mib(&last, &other);
	CHECK_EQUAL(last.state, BUFFER_ALLOCATED);
	buffer_destroy(&last);
	client_roundtrip(&other);
	client_disconnect(&other);

	buffer_destroy(&buffers[3]);
	request_quarter_mib(&buffers[3], &client);
	CHECK_EQUAL(buffers[3].state, BUFFER_ALLOCATED);
	for (size_t i = 0; i < 8; i++) {
		buffer_unmap(&buffers[i]);
	}
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

CASE(one_buffer_over_the_budget)
{
	struct server server;
	struct client client;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64 --budget 1");
	server_warm_up(&server);
	client_connect(&client, &server);
	struct buffer buffer;
	buffer_request(&buffer, &client, 16384, 16384, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	CHECK_EQUAL(buffer.reason, REASON(OVER_BUDGET));
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
}

/* A client in a process of its own, which says when it holds its buffers, and stays. */
static pid_t start_holder(struct server *server, bool answered)
{
	int ready[2];
	CHECK_EQUAL(pipe(ready), 0);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		struct client client;
		struct window window;
		struct buffer buffers[12];
		client_connect(&client, server);
		window_create(&window, &client, "holder");
		for (size_t i = 0; i < 12; i++) {
			buffer_request(&buffers[i], &client, 300, 200, DRM_FORMAT_XRGB8888);
		}
		for (size_t i = 0; answered && i < 12; i++) {
			buffer_wait_answer(&buffers[i]);
			buffer_map(&buffers[i]);
		}
		if (answered) {
			window_show(&window, &buffers[0]);
		}
		wl_display_flush(client.display);
		(void)!write(ready[1], "", 1);
		pause();
	}
	char byte;
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void kill_holder(bool answered)
{
	struct server server;
	struct client bystander;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&server);
	pid_t pid = start_holder(&server, answered);
	client_connect(&bystander, &server);
	if (answered) {
		struct report report;
		report_read(&report, &bystander);
		const struct report_client *holder = report_find_client(&report, "holder");
		CHECK(holder != NULL);
		CHECK_EQUAL(holder->pid, pid);
		CHECK_INT(>=, holder->held_bytes, 12 * 300 * 200 * 4);
	}
	CHECK_EQUAL(kill(pid, SIGKILL), 0);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
	client_roundtrip(&bystander);
	client_disconnect(&bystander);
	server_check_empty(&server);
	server_check_alive(&server);
	server_check_empty(&server);
	server_stop(&server);
}

CASE(killed_while_it_holds_buffers)
{
	kill_holder(true);
}

CASE(killed_before_its_answers)
{
	kill_holder(false);
}

CASE(many_requests_at_once)
{
	struct server server;
	struct client client, other;
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&server);
	client_connect(&client, &server);
	client_connect(&other, &server);
	static struct buffer buffers[200];
	for (size_t i = 0; i < 200; i++) {
		buffer_request(&buffers[i], &client, 64, 64, DRM_FORMAT_XRGB8888);
	}
	wl_display_flush(client.display);
	/* Another client is not held up until all are served. */
	struct buffer own;
	buffer_create_native(&own, &other, 64, 64, DRM_FORMAT_XRGB8888);
	for (size_t i = 0; i < 200; i++) {
		buffer_wait_answer(&buffers[i]);
		CHECK(buffers[i].state == BUFFER_ALLOCATED ||
			buffers[i].reason == REASON(OVER_BUDGET) ||
			buffers[i].reason == REASON(NO_DESCRIPTORS));
		buffer_destroy(&buffers[i]);
	}
	buffer_destroy(&own);
	client_roundtrip(&client);
	client_roundtrip(&other);
	client_disconnect(&client);
	client_disconnect(&other);
	server_check_empty(&server);
	server_stop(&server);
}

/* Over what may wait it is told at once; over eight times what it may hold, it has lost. */
CASE(requests_beyond_what_may_wait)
{
	struct server server;
	struct client client, other;
	server_start(
		&server, "--renderer pixman --allocator memfd --size 64x64 --limits buffers=8");
	server_warm_up(&server);
	client_connect(&client, &server);
	client_connect(&other, &server);
	static struct buffer buffers[70];
	for (size_t i = 0; i < 60; i++) {
		buffer_request(&buffers[i], &client, 64, 64, DRM_FORMAT_XRGB8888);
	}
	size_t allocated = 0;
	for (size_t i = 0; i < 60; i++) {
		buffer_wait_answer(&buffers[i]);
		allocated += buffers[i].state == BUFFER_ALLOCATED;
		CHECK(buffers[i].state == BUFFER_ALLOCATED ||
			buffers[i].reason == REASON(OVER_BUDGET));
	}
	CHECK_EQUAL(allocated, 8);
	/* all were in one message, and none was served before the last was read */
	CHECK(strstr(buffers[59].words, "wait already") != NULL);
	struct buffer own;
	buffer_create_native(&own, &other, 64, 64, DRM_FORMAT_XRGB8888);
	for (size_t i = 60; i < 70; i++) {
		buffer_request(&buffers[i], &client, 64, 64, DRM_FORMAT_XRGB8888);
	}
	while (wl_display_dispatch(client.display) >= 0) {
	}
	CHECK_EQUAL(wl_display_get_error(client.display), ENOMEM);
	for (size_t i = 0; i < 70; i++) {
		buffer_unmap(&buffers[i]);
	}
	buffer_destroy(&own);
	client_roundtrip(&other);
	client_disconnect(&client);
	client_disconnect(&other);
	server_check_empty(&server);
	server_check_alive(&server);
	server_stop(&server);
}
