/* SPDX-License-Identifier: MIT */
/* Very many windows, one after the other and at once: what they leave, and what they cost. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define WINDOWS_FEW 2000
#define WINDOWS_FULL 10000
#define WINDOWS_BEFORE 1000 /* for what is kept once */
#define BATCH 50
#define MOST_BYTES_LEFT (1024 * 1024)
#define CLIENTS 500
#define MOST_BYTES_A_CLIENT (60 * 1024)
#define SIDE_PX 32

static void begin(struct server *server)
{
	struct rlimit files;
	case_set_deadline(240);
	case_need_allocator(case_fixture("allocator"));
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_TRIM_SO"), 1);
	server_start(server, "--renderer %s --allocator %s --shm %s --size 160x120",
		case_fixture("renderer"), case_fixture("allocator"), case_fixture("shm"));
	unsetenv("GESSO_TEST_PRELOAD");
	server_warm_up(server);
}

/* The compositor's own memory, without what it shares with its clients. */
static size_t trimmed_bytes(struct server *server)
{
	struct client client;
	client_connect(&client, server);
	CHECK_EQUAL(kill(server->pid, SIGUSR2), 0);
	for (int i = 0; i < 3; i++) {
		client_roundtrip(&client);
	}
	client_disconnect(&client);
	return proc_pss(server->pid).anonymous_bytes;
}

static void make_buffer(struct buffer *buffer, struct client *client)
{
	const char *path = case_fixture("path");
	if (strcmp(path, "shm") == 0) {
		buffer_create_shm_tight(
			buffer, client, SIDE_PX, SIDE_PX, SIDE_PX * 4, DRM_FORMAT_XRGB8888);
	} else {
		buffer_create(buffer, client, path, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	}
}

/* Only what lies uppermost is told of a frame: the last one. */
static void open_and_close(struct client *client)
{
	struct window windows[BATCH];
	struct buffer buffers[BATCH];
	for (size_t i = 0; i < BATCH; i++) {
		window_create(&windows[i], client, "one of many");
		make_buffer(&buffers[i], client);
		surface_commit(windows[i].surface, &buffers[i]);
	}
	surface_commit_wait(client, windows[BATCH - 1].surface, &buffers[BATCH - 1]);
	for (size_t i = 0; i < BATCH; i++) {
		window_destroy(&windows[i]);
		buffer_destroy(&buffers[i]);
	}
	client_roundtrip(client);
}

static void open_and_close_many(struct server *server, int count)
{
	struct client client;
	client_connect(&client, server);
	for (int done = 0; done < count; done += BATCH) {
		open_and_close(&client);
	}
	client_disconnect(&client);
	server_check_empty(server);
}

static size_t count_dmabufs(void)
{
	bool told = access("/sys/kernel/debug/dma_buf/bufinfo", R_OK) == 0;
	return told ? proc_dmabufs().count : 0;
}

CASE(windows_one_after_the_other)
{
	struct server server;
	int count = case_times(atoi(case_fixture("windows")), WINDOWS_FULL);
	begin(&server);
	open_and_close_many(&server, count < WINDOWS_BEFORE ? count : WINDOWS_BEFORE);
	size_t before = trimmed_bytes(&server), dmabufs = count_dmabufs();
	open_and_close_many(&server, count);
	size_t after = trimmed_bytes(&server);
	printf("%s, --shm %s, %s: %d windows: descriptors +0, dma-bufs %+d, PSS %+.0f KiB of its "
	       "own memory (%.0f KiB)\n",
		case_fixture("path"), case_fixture("shm"), case_fixture("renderer"), count,
		(int)count_dmabufs() - (int)dmabufs, ((double)after - (double)before) / 1024,
		(double)after / 1024);
	CHECK_EQUAL(count_dmabufs(), dmabufs);
	CHECK_INT(<, after, before + MOST_BYTES_LEFT);
	server_stop(&server);
}

CASE(clients_at_once)
{
	static struct client clients[CLIENTS];
	static struct window windows[CLIENTS];
	static struct buffer buffers[CLIENTS];
	struct server server;
	begin(&server);
	size_t before = trimmed_bytes(&server);
	for (int i = 0; i < CLIENTS; i++) {
		client_connect(&clients[i], &server);
		window_create(&windows[i], &clients[i], "one of many");
		make_buffer(&buffers[i], &clients[i]);
		surface_commit(windows[i].surface, &buffers[i]);
		client_roundtrip(&clients[i]);
	}
	struct report *report = calloc(1, sizeof(*report));
	report_read(report, &clients[0]);
	size_t mapped = report->surfaces_len;
	size_t bytes = trimmed_bytes(&server) - before;
	printf("%zu of %d clients are mapped; each costs the compositor %.1f KiB beyond its "
	       "pixels\n",
		mapped, CLIENTS, (double)bytes / CLIENTS / 1024);
	CHECK_EQUAL(mapped, CLIENTS);
	CHECK_INT(<, bytes / CLIENTS, MOST_BYTES_A_CLIENT);
	free(report);
	for (int i = 0; i < CLIENTS; i++) {
		client_disconnect(&clients[i]);
		buffer_unmap(&buffers[i]);
	}
	server_check_empty(&server);
	server_stop(&server);
}
