/* SPDX-License-Identifier: MIT */
#include "server.h"
#include "allocators/chain.h"
#include "buffers/fence_gate.h"
#include "buffers/gpu_memory_buffer.h"
#include "buffers/linux_dmabuf.h"
#include "buffers/shm_guard.h"
#include "buffers/shm_import.h"
#include "display_socket.h"
#include "guards/limits.h"
#include "guards/screencopy.h"
#include "guards/security_context.h"
#include "guards/unconfigured.h"
#include "memory/ledger.h"
#include "memory/objects.h"
#include "memory/report.h"
#include "readiness.h"
#include "renderer/recovery.h"
#include "renderer/render_context.h"
#include "screen/backend.h"
#include "screen/foreign.h"
#include "screen/layer.h"
#include "screen/listener.h"
#include "screen/output.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <wlr/backend.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_presentation_time.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_single_pixel_buffer_v1.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_viewporter.h>
#include <wlr/util/log.h>

#define COMPOSITOR_VERSION 6
#define SHM_VERSION 2
#define FRACTIONAL_SCALE_VERSION 1
/* What waits for a client that does not read, at most, as in other compositors. */
#define CLIENT_BUFFER_BYTES (1024 * 1024)

void server_end(struct server *server, int exit_status)
{
	server->exit_status = exit_status;
	wl_display_terminate(server->display);
}

static int server_handle_end_signal(int signal_number, void *data)
{
	struct server *server = data;
	wlr_log(WLR_INFO, "server: %s: ending", signal_number == SIGINT ? "SIGINT" : "SIGTERM");
	server_end(server, EXIT_SUCCESS);
	return 0;
}

static int server_handle_report_signal(int signal_number, void *data)
{
	struct server *server = data;
	if (server->ledger != NULL && server->chain != NULL) {
		gesso_report_print(stderr, server->ledger, server->chain);
	}
	return 0;
}

static int server_handle_child_signal(int signal_number, void *data)
{
	struct server *server = data;
	bool had_ended = server->command.ended;
	command_reap(&server->command);
	if (server->command.ended && !had_ended && server->options->exit_with_command) {
		server_end(server, server->command.status);
	}
	return 0;
}

/* Before anything starts threads: they inherit that these are blocked. */
static bool listen_for_signals(struct server *server)
{
	const struct {
		int number;
		wl_event_loop_signal_func_t handle;
	} table[SERVER_SIGNALS_LEN] = {
		{SIGTERM, server_handle_end_signal},
		{SIGINT, server_handle_end_signal},
		{SIGUSR1, server_handle_report_signal},
		{SIGCHLD, server_handle_child_signal},
	};
	struct wl_event_loop *loop = wl_display_get_event_loop(server->display);
	for (size_t i = 0; i < SERVER_SIGNALS_LEN; i++) {
		server->signals[i] =
			wl_event_loop_add_signal(loop, table[i].number, table[i].handle, server);
		if (server->signals[i] == NULL) {
			wlr_log_errno(WLR_ERROR, "server: listening for signals failed");
			return false;
		}
	}
	return true;
}

bool server_create_display(struct server *server, const struct options *options)
{
	server->options = options;
	server->ready_fd = options->ready_fd;
	server->display = wl_display_create();
	if (server->display == NULL) {
		wlr_log_errno(WLR_ERROR, "server: making the display failed");
		return false;
	}
	wl_display_set_default_max_buffer_size(server->display, CLIENT_BUFFER_BYTES);
	return listen_for_signals(server);
}

static void server_handle_backend_destroy(struct wl_listener *listener, void *data)
{
	struct server *server = wl_container_of(listener, server, backend_destroy);
	listener_detach(&server->backend_destroy);
	listener_detach(&server->desktop.new_output);
	listener_detach(&server->seat.new_input);
	server->backend = NULL;
	wlr_log(WLR_INFO, "server: the display is gone: ending");
	wl_display_terminate(server->display);
}

bool server_create_backend(struct server *server)
{
	server->backend = backend_create(
		wl_display_get_event_loop(server->display), server->options, &server->session);
	if (server->backend == NULL) {
		return false;
	}
	listener_attach(&server->backend_destroy, &server->backend->events.destroy,
		server_handle_backend_destroy);
	return true;
}

static void server_handle_renewed(struct wl_listener *listener, void *data)
{
	struct server *server = wl_container_of(listener, server, renewed);
	cursor_renew(&server->seat.cursor);
	desktop_ask_for_pictures(&server->desktop);
}

static void server_handle_no_renderer(void *data)
{
	wlr_log(WLR_ERROR, "server: the renderer was lost and none can be had: ending");
	server_end(data, EXIT_FAILURE);
}

/* Where the options say nothing, the defaults stay. */
static void set_budget(struct gesso_budget *budget, const struct gesso_budget *asked)
{
	for (size_t i = 0; i < GESSO_BUDGETS_LEN; i++) {
		budget->limits[i] = asked->limits[i] > 0 ? asked->limits[i] : budget->limits[i];
	}
	budget->ceiling_bytes =
		asked->ceiling_bytes > 0 ? asked->ceiling_bytes : budget->ceiling_bytes;
}

bool server_create_renderer(struct server *server)
{
	struct gesso_reason why = {0};
	server->context =
		gesso_render_context_create(server->backend, server->options->renderer, &why);
	if (server->context == NULL) {
		wlr_log(WLR_ERROR, "server: no renderer: %s", why.words);
		return false;
	}
	wlr_log(WLR_INFO, "server: renderer %s: %s", server->context->name, server->context->why);
	listener_attach(&server->renewed, &server->context->events.renewed, server_handle_renewed);

	server->chain = gesso_allocator_chain_create(server->options->allocators,
		server->context->software, server->context->node, &why);
	if (server->chain == NULL) {
		wlr_log(WLR_ERROR, "server: no allocators: %s", why.words);
		return false;
	}
	server->ledger = gesso_ledger_create(
		server->context, server->options->limits.limits[GESSO_BUDGET_BYTES]);
	if (server->ledger == NULL) {
		return false;
	}
	set_budget(&server->ledger->budget, &server->options->limits);
	return gesso_objects_create(server->display, server->ledger) != NULL;
}

static bool server_may_see(
	const struct wl_client *client, const struct wl_global *global, void *data)
{
	const struct server *server = data;
	if (!security_context_holds(client)) {
		return true;
	}
	for (size_t i = 0; i < SERVER_PRIVILEGED_LEN; i++) {
		if (server->privileged[i] == global) {
			return false;
		}
	}
	return !gesso_gpu_memory_buffer_manager_owns_global(server->manager, global) &&
		(server->reporter == NULL || !gesso_reporter_owns_global(server->reporter, global));
}

static bool create_privileged(struct server *server)
{
	struct wl_display *display = server->display;
	struct screencopy *screencopy = screencopy_create(display);
	server->security = security_context_manager_create(display);
	server->manager = gesso_gpu_memory_buffer_manager_create(
		display, server->context, server->chain, server->ledger);
	if (server->options->report) {
		server->reporter = gesso_reporter_create(display, server->ledger, server->chain);
	}
	if (screencopy == NULL || server->security == NULL || server->manager == NULL ||
		(server->options->report && server->reporter == NULL)) {
		return false;
	}
	server->privileged[SERVER_SCREENCOPY] = screencopy_global(screencopy);
	server->privileged[SERVER_SECURITY_CONTEXT] =
		security_context_manager_global(server->security);
	server->privileged[SERVER_OUTPUT_MANAGER] =
		output_manager_global(&server->desktop.output_manager);
	server->privileged[SERVER_FOREIGN_TOPLEVEL] = foreign_global(&server->desktop);
	server->privileged[SERVER_LAYER_SHELL] = layer_global(&server->desktop);
	wl_display_set_global_filter(display, server_may_see, server);
	return true;
}

static bool create_linux_dmabuf(struct server *server)
{
	struct gesso_linux_dmabuf *linux_dmabuf = gesso_linux_dmabuf_create(
		server->display, server->context, server->ledger, server->chain);
	if (linux_dmabuf != NULL) {
		gesso_linux_dmabuf_set_scene(linux_dmabuf, server->desktop.scene);
	}
	return linux_dmabuf != NULL;
}

static bool create_surface_globals(struct server *server)
{
	struct wl_display *display = server->display;
	struct wlr_renderer *renderer = server->context->renderer;
	struct wlr_compositor *compositor =
		wlr_compositor_create(display, COMPOSITOR_VERSION, renderer);
	if (compositor == NULL) {
		return false;
	}
	/* each sees the buffer that those before it left at a commit */
	bool ok = gesso_shm_guard_create(compositor) &&
		gesso_shm_import_create(display, compositor, server->context, server->chain,
			server->ledger, server->options->shm);
	gesso_ledger_watch(server->ledger, compositor);
	limits_watch(
		&server->limits, compositor, server->ledger->budget.limits[GESSO_BUDGET_SURFACES]);
	refocus_watch(&server->refocus, compositor, &server->seat);
	surface_outputs_watch(&server->surface_outputs, compositor);
	return ok && unconfigured_watch(display) && gesso_fence_gate_create(display, compositor) &&
		gesso_recovery_create(display, server->backend, server->context, compositor,
			server_handle_no_renderer, server) &&
		wlr_shm_create_with_renderer(display, SHM_VERSION, renderer) != NULL &&
		wlr_subcompositor_create(display) != NULL &&
		wlr_viewporter_create(display) != NULL &&
		wlr_single_pixel_buffer_manager_v1_create(display) != NULL &&
		wlr_presentation_create(display, server->backend) != NULL &&
		wlr_fractional_scale_manager_v1_create(display, FRACTIONAL_SCALE_VERSION) != NULL;
}

bool server_create_globals(struct server *server)
{
	server->desktop.display = server->display;
	server->desktop.context = server->context;
	server->desktop.ledger = server->ledger;
	server->desktop.options = server->options;
	server->desktop.seat = &server->seat;
	server->desktop.backend = server->backend;
	bool ok = create_surface_globals(server) && desktop_init(&server->desktop) &&
		seat_init(&server->seat, &server->desktop, server->session,
			&server->privileged[SERVER_VIRTUAL_POINTER]) &&
		create_linux_dmabuf(server) && create_privileged(server);
	if (!ok) {
		wlr_log(WLR_ERROR, "server: offering the protocols failed: no memory");
	}
	return ok;
}

static bool open_socket(struct server *server)
{
	const char *wanted = server->options->socket;
	if (getenv("XDG_RUNTIME_DIR") == NULL) {
		wlr_log(WLR_ERROR,
			"server: XDG_RUNTIME_DIR is not set: "
			"set it to a directory of yours for the socket");
		return false;
	}
	struct display_socket *socket = display_socket_create(server->display, wanted);
	server->socket = socket != NULL ? display_socket_name(socket) : NULL;
	if (server->socket == NULL) {
		wlr_log_errno(WLR_ERROR, "server: opening the socket %s in %s failed",
			wanted != NULL ? wanted : "wayland-N", getenv("XDG_RUNTIME_DIR"));
	}
	return server->socket != NULL;
}

bool server_start(struct server *server)
{
	if (!open_socket(server)) {
		return false;
	}
	if (!wlr_backend_start(server->backend)) {
		wlr_log(WLR_ERROR, "server: starting the display failed");
		return false;
	}
	output_start_pending(&server->desktop);
	if (wl_list_empty(&server->desktop.outputs) && server->session == NULL) {
		wlr_log(WLR_ERROR, "server: no output can be shown");
		return false;
	}
	return readiness_begin(server);
}

int server_run(struct server *server)
{
	wl_display_run(server->display);
	return server->exit_status;
}

static void finish_parts(struct server *server)
{
	readiness_finish(server);
	seat_finish(&server->seat);
	desktop_finish(&server->desktop);
	listener_detach(&server->backend_destroy);
	wlr_backend_destroy(server->backend);
	listener_detach(&server->renewed);
	for (size_t i = 0; i < SERVER_SIGNALS_LEN; i++) {
		if (server->signals[i] != NULL) {
			wl_event_source_remove(server->signals[i]);
		}
	}
}

void server_finish(struct server *server)
{
	command_end(&server->command);
	if (server->display == NULL) {
		return;
	}
	wl_display_destroy_clients(server->display);
	finish_parts(server);
	wl_display_destroy(server->display);
	if (server->ledger != NULL) {
		gesso_ledger_destroy(server->ledger);
	}
	gesso_allocator_chain_destroy(server->chain);
	gesso_render_context_destroy(server->context);
	command_finish(&server->command);
}
