/* SPDX-License-Identifier: MIT */
/* The kernel's own list of dma-bufs is as it was, however clients and compositor end. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "window.h"
#include <drm_fourcc.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS_LEN 6

static void check_dmabufs(struct proc_dmabufs wanted)
{
	struct proc_dmabufs now = proc_dmabufs();
	for (int tries = 0; tries < 100 && now.count != wanted.count; tries++) {
		nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
		now = proc_dmabufs();
	}
	CHECK_EQUAL(now.count, wanted.count);
	CHECK_EQUAL(now.size_bytes, wanted.size_bytes);
}

static void hold_buffers(
	struct server *server, struct client *client, struct buffer buffers[BUFFERS_LEN])
{
	struct window window;
	client_connect(client, server);
	window_create(&window, client, "holder");
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_create_native(&buffers[i], client, 120, 90, DRM_FORMAT_XRGB8888);
	}
	window_show(&window, &buffers[0]);
	surface_commit(window.surface, &buffers[1]);
	wl_display_flush(client->display);
}

static void start(struct server *server)
{
	case_need_device("/dev/udmabuf");
	server_start(server, "--renderer %s --allocator udmabuf --size 160x120",
		case_fixture("renderer"));
	server_warm_up(server);
}

CASE(client_ends)
{
	struct proc_dmabufs before = proc_dmabufs();
	struct server server;
	struct client client;
	struct buffer buffers[BUFFERS_LEN];
	start(&server);
	struct proc_dmabufs idle = proc_dmabufs();
	hold_buffers(&server, &client, buffers);
	struct proc_dmabufs held = proc_dmabufs();
	CHECK_EQUAL(held.count, idle.count + BUFFERS_LEN);
	CHECK_EQUAL(held.size_bytes, idle.size_bytes + BUFFERS_LEN * buffers[0].size_bytes);
	client_disconnect(&client);
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_unmap(&buffers[i]);
	}
	server_check_empty(&server);
	check_dmabufs(idle);
	server_stop(&server);
	check_dmabufs(before);
}

CASE(client_is_killed)
{
	struct proc_dmabufs before = proc_dmabufs();
	struct server server;
	start(&server);
	struct proc_dmabufs idle = proc_dmabufs();
	int ready[2];
	CHECK_EQUAL(pipe(ready), 0);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		struct client client;
		struct buffer buffers[BUFFERS_LEN];
		hold_buffers(&server, &client, buffers);
		(void)!write(ready[1], "", 1);
		pause();
	}
	char byte;
	CHECK_EQUAL(read(ready[0], &byte, 1), 1);
	CHECK_EQUAL(proc_dmabufs().count, idle.count + BUFFERS_LEN);
	kill(pid, SIGKILL);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
	server_check_empty(&server);
	check_dmabufs(idle);
	server_stop(&server);
	check_dmabufs(before);
}

CASE(compositor_ends_first)
{
	struct proc_dmabufs before = proc_dmabufs();
	struct server server;
	struct client client;
	struct buffer buffers[BUFFERS_LEN];
	start(&server);
	hold_buffers(&server, &client, buffers);
	server_stop(&server);
	/* The client's own mappings keep the pages, and only they. */
	CHECK_EQUAL(proc_dmabufs().count, before.count + BUFFERS_LEN);
	client_disconnect(&client);
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffers[i].pixels[0] = 1;
		buffer_unmap(&buffers[i]);
	}
	check_dmabufs(before);
}
