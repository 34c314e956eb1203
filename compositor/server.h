/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SERVER_H
#define GESSO_SERVER_H

#include "command.h"
#include "guards/limits.h"
#include "guards/surface_outputs.h"
#include "options.h"
#include "screen/desktop.h"
#include "screen/refocus.h"
#include "screen/seat.h"
#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * The compositor as a whole: it makes each part in turn, hands it what it needs,
 * and takes all down in the opposite order.
 *
 *   options ─▶ display ─▶ backend ─▶ renderer ─▶ globals ─▶ start ─▶ run
 *
 * What is process-wide is here too: signals, the filter that hides globals from
 * sandboxed clients, and the command that is started once all is ready.
 */

struct gesso_allocator_chain;
struct gesso_gpu_memory_buffer_manager;
struct gesso_ledger;
struct gesso_probe;
struct gesso_render_context;
struct gesso_reporter;
struct wlr_backend;
struct security_context_manager;
struct wlr_session;

#define SERVER_SIGNALS_LEN 4

/* Globals that reach beyond a client's own windows, other than the component's. */
enum server_privileged {
	SERVER_SCREENCOPY,
	SERVER_SECURITY_CONTEXT,
	SERVER_VIRTUAL_POINTER,
	SERVER_VIRTUAL_KEYBOARD,
	SERVER_OUTPUT_MANAGER,
	SERVER_FOREIGN_TOPLEVEL,
	SERVER_LAYER_SHELL,
	SERVER_PRIVILEGED_LEN,
};

struct server {
	const struct options *options; /* borrowed */
	struct wl_display *display;
	const char *socket;          /* the display's; NULL before server_start */
	struct wlr_backend *backend; /* NULL once it is gone, which can be before the end */
	struct wlr_session *session; /* the event loop's; NULL but on a bare display */

	struct gesso_render_context *context;
	struct gesso_allocator_chain *chain;
	struct gesso_ledger *ledger;
	struct gesso_gpu_memory_buffer_manager *manager; /* the display's */
	struct gesso_reporter *reporter;                 /* the display's; NULL with --no-report */
	struct gesso_probe *probe;

	struct limits limits;
	struct refocus refocus;
	struct surface_outputs surface_outputs;
	struct desktop desktop;
	struct seat seat;
	struct command command;
	struct security_context_manager *security; /* the display's */
	const struct wl_global *privileged[SERVER_PRIVILEGED_LEN];

	int ready_fd; /* -1 once it was written */
	bool ready;   /* the command and --ready-fd were told */
	int exit_status;

	/* private */
	struct wl_event_source *signals[SERVER_SIGNALS_LEN];
	struct wl_event_source *probe_wait; /* NULL when nothing waits for the probe */
	struct wl_listener backend_destroy, renewed;
};

/*
 * Each makes its part of `server`, which begins zeroed, and needs those before
 * it. False, logged, if gesso cannot run.
 */
bool server_create_display(struct server *server, const struct options *options);
bool server_create_backend(struct server *server);
bool server_create_renderer(struct server *server);
bool server_create_globals(struct server *server);
/*
 * Opens the socket, turns the outputs on and starts the probe. Clients are served
 * at once; the command waits for the probe, as long as the options allow.
 */
bool server_start(struct server *server);

/* Has server_run return `exit_status`. */
void server_end(struct server *server, int exit_status);
/* Serves until the end. Returns the exit status. */
int server_run(struct server *server);

/* Takes a half-made server. */
void server_finish(struct server *server);

#endif
