/* SPDX-License-Identifier: MIT */
#include "readiness.h"
#include "buffers/gpu_memory_buffer.h"
#include "renderer/probe.h"
#include "renderer/probe_print.h"
#include "server.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <wlr/util/log.h>

/* The standard three stay open, so that nothing else takes their numbers. */
static void close_ready_fd(struct server *server)
{
	int null_fd = -1;
	if (server->ready_fd >= 0 && server->ready_fd <= STDERR_FILENO) {
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	}
	if (null_fd >= 0) {
		dup2(null_fd, server->ready_fd);
		close(null_fd);
	} else if (server->ready_fd > STDERR_FILENO) {
		close(server->ready_fd);
	}
	server->ready_fd = -1;
}

static void tell_ready(struct server *server)
{
	if (server->ready_fd >= 0 && dprintf(server->ready_fd, "%s\n", server->socket) < 0) {
		wlr_log_errno(
			WLR_ERROR, "server: writing to --ready-fd %d failed", server->ready_fd);
	}
	close_ready_fd(server);
}

static void print_probe(struct server *server)
{
	if (server->options->json) {
		gesso_probe_print_json(stdout, server->chain, server->context);
	} else {
		gesso_probe_print_table(stdout, server->chain, server->context);
	}
	server_end(server, EXIT_SUCCESS);
}

static void become_ready(struct server *server)
{
	server->ready = true;
	if (server->probe_wait != NULL) {
		wl_event_source_remove(server->probe_wait);
		server->probe_wait = NULL;
	}
	wlr_log(WLR_INFO, "server: ready: WAYLAND_DISPLAY=%s%s", server->socket,
		gesso_probe_running(server->probe) ? ", while the probe goes on" : "");
	tell_ready(server);
	if (server->options->command != NULL &&
		!command_start(&server->command, server->options->command, server->socket)) {
		server_end(server, EXIT_FAILURE);
	}
}

static int readiness_handle_probe_wait(void *data)
{
	become_ready(data);
	return 0;
}

static void readiness_handle_probe_done(void *data)
{
	struct server *server = data;
	gesso_gpu_memory_buffer_manager_announce(server->manager);
	if (server->ready || gesso_probe_running(server->probe)) {
		return;
	}
	if (server->options->probe) {
		server->ready = true;
		print_probe(server);
	} else {
		become_ready(server);
	}
}

bool readiness_begin(struct server *server)
{
	const struct options *options = server->options;
	struct wl_event_loop *loop = wl_display_get_event_loop(server->display);
	wlr_log(WLR_INFO, "server: serving on %s; the probe begins", server->socket);
	server->probe = gesso_probe_start(loop, server->chain, server->context,
		options->probe_timeout_ms, options->probe, readiness_handle_probe_done, server);
	if (server->probe == NULL) {
		return false;
	}
	if (server->command.files.rlim_max > 0) {
		gesso_probe_set_files(server->probe, &server->command.files);
	}
	if (options->probe) {
		return true;
	}
	server->probe_wait = wl_event_loop_add_timer(loop, readiness_handle_probe_wait, server);
	/* a timer of 0 would be off */
	int wait_ms = options->probe_wait_ms > 0 ? options->probe_wait_ms : 1;
	return server->probe_wait != NULL &&
		wl_event_source_timer_update(server->probe_wait, wait_ms) == 0;
}

void readiness_finish(struct server *server)
{
	if (server->probe_wait != NULL) {
		wl_event_source_remove(server->probe_wait);
		server->probe_wait = NULL;
	}
	gesso_probe_destroy(server->probe);
	server->probe = NULL;
	close_ready_fd(server);
}
