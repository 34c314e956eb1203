/* SPDX-License-Identifier: MIT */
/*
 * A second compositor, on the component alone: nothing of screen/, server.h or
 * main.c. Headless, one output, toplevels drawn where they are. It prints the name
 * of its socket once the probes have ended, and ends on SIGTERM.
 */
#include "allocators/chain.h"
#include "buffers/fence_gate.h"
#include "buffers/gpu_memory_buffer.h"
#include "buffers/linux_dmabuf.h"
#include "buffers/shm_guard.h"
#include "buffers/shm_import.h"
#include "memory/ledger.h"
#include "memory/report.h"
#include "renderer/probe.h"
#include "renderer/recovery.h"
#include "renderer/render_context.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/types/wlr_screencopy_v1.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

struct minimal {
	struct wl_display *display;
	struct gesso_render_context *context;
	struct gesso_gpu_memory_buffer_manager *manager;
	struct gesso_probe *probe;
	struct wlr_scene *scene;
	struct wlr_scene_output *scene_output;
	const char *socket;
	struct wl_listener frame, new_toplevel;
};

struct window {
	struct wlr_xdg_toplevel *toplevel;
	struct wl_listener commit, destroy;
};

static void minimal_handle_frame(struct wl_listener *listener, void *data)
{
	struct minimal *minimal = wl_container_of(listener, minimal, frame);
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	if (wlr_scene_output_build_state(minimal->scene_output, &state, NULL)) {
		gesso_render_context_wait(minimal->context);
		wlr_output_commit_state(minimal->scene_output->output, &state);
	}
	wlr_output_state_finish(&state);
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	wlr_scene_output_send_frame_done(minimal->scene_output, &now);
}

static void window_handle_commit(struct wl_listener *listener, void *data)
{
	struct window *window = wl_container_of(listener, window, commit);
	if (window->toplevel->base->initial_commit) {
		wlr_xdg_toplevel_set_size(window->toplevel, 0, 0);
	}
}

static void window_handle_destroy(struct wl_listener *listener, void *data)
{
	struct window *window = wl_container_of(listener, window, destroy);
	wl_list_remove(&window->commit.link);
	wl_list_remove(&window->destroy.link);
	free(window);
}

static void minimal_handle_new_toplevel(struct wl_listener *listener, void *data)
{
	struct minimal *minimal = wl_container_of(listener, minimal, new_toplevel);
	struct window *window = calloc(1, sizeof(*window));
	window->toplevel = data;
	wlr_scene_xdg_surface_create(&minimal->scene->tree, window->toplevel->base);
	window->commit.notify = window_handle_commit;
	wl_signal_add(&window->toplevel->base->surface->events.commit, &window->commit);
	window->destroy.notify = window_handle_destroy;
	wl_signal_add(&window->toplevel->events.destroy, &window->destroy);
}

static void minimal_handle_probe(void *data)
{
	struct minimal *minimal = data;
	gesso_gpu_memory_buffer_manager_announce(minimal->manager);
	if (!gesso_probe_running(minimal->probe)) {
		printf("%s\n", minimal->socket);
		fflush(stdout);
	}
}

static void minimal_handle_no_renderer(void *data)
{
	wl_display_terminate(data);
}

static int minimal_handle_sigterm(int signal, void *data)
{
	wl_display_terminate(data);
	return 0;
}

static void light_output(struct minimal *minimal, struct wlr_output *output)
{
	struct wlr_output_state state;
	if (!gesso_render_context_init_output(minimal->context, output)) {
		exit(1);
	}
	wlr_output_state_init(&state);
	wlr_output_state_set_enabled(&state, true);
	wlr_output_commit_state(output, &state);
	wlr_output_state_finish(&state);
	wlr_output_create_global(output, minimal->display);
	minimal->scene_output = wlr_scene_output_create(minimal->scene, output);
	minimal->frame.notify = minimal_handle_frame;
	wl_signal_add(&output->events.frame, &minimal->frame);
}

int main(int argc, char *argv[])
{
	struct minimal minimal = {.display = wl_display_create()};
	struct wl_event_loop *loop = wl_display_get_event_loop(minimal.display);
	struct wlr_backend *backend = wlr_headless_backend_create(loop);
	bool gles2 = argc > 1 && strcmp(argv[1], "gles2") == 0;
	struct gesso_reason why = {0};

	/* the component: renderer, allocators, ledger, the three globals, the probe */
	minimal.context = gesso_render_context_create(
		backend, gles2 ? GESSO_RENDERER_GLES2 : GESSO_RENDERER_PIXMAN, &why);
	if (minimal.context == NULL) {
		fprintf(stderr, "minimal: %s\n", why.words);
		return 1;
	}
	struct gesso_allocator_chain *chain = gesso_allocator_chain_create(
		"auto", minimal.context->software, minimal.context->node, &why);
	struct gesso_ledger *ledger = gesso_ledger_create(minimal.context, 256 << 20);
	minimal.manager = gesso_gpu_memory_buffer_manager_create(
		minimal.display, minimal.context, chain, ledger);
	gesso_linux_dmabuf_create(minimal.display, minimal.context, ledger, chain);
	gesso_reporter_create(minimal.display, ledger, chain);

	struct wlr_compositor *compositor =
		wlr_compositor_create(minimal.display, 6, minimal.context->renderer);
	wlr_shm_create_with_renderer(minimal.display, 1, minimal.context->renderer);
	gesso_shm_guard_create(compositor);
	gesso_shm_import_create(
		minimal.display, compositor, minimal.context, chain, ledger, GESSO_SHM_AUTO);
	gesso_ledger_watch(ledger, compositor);
	gesso_fence_gate_create(minimal.display, compositor);
	gesso_recovery_create(minimal.display, backend, minimal.context, compositor,
		minimal_handle_no_renderer, minimal.display);
	wlr_screencopy_manager_v1_create(minimal.display);
	minimal.scene = wlr_scene_create();
	light_output(&minimal, wlr_headless_add_output(backend, 320, 240));
	struct wlr_xdg_shell *shell = wlr_xdg_shell_create(minimal.display, 3);
	minimal.new_toplevel.notify = minimal_handle_new_toplevel;
	wl_signal_add(&shell->events.new_toplevel, &minimal.new_toplevel);

	minimal.socket = wl_display_add_socket_auto(minimal.display);
	if (minimal.socket == NULL || !wlr_backend_start(backend)) {
		fprintf(stderr, "minimal: no socket (is XDG_RUNTIME_DIR set?) or no backend\n");
		return 1;
	}
	minimal.probe = gesso_probe_start(
		loop, chain, minimal.context, 60000, false, minimal_handle_probe, &minimal);
	struct wl_event_source *sigterm =
		wl_event_loop_add_signal(loop, SIGTERM, minimal_handle_sigterm, minimal.display);
	wl_display_run(minimal.display);

	wl_display_destroy_clients(minimal.display);
	wl_event_source_remove(sigterm);
	gesso_probe_destroy(minimal.probe);
	wl_list_remove(&minimal.new_toplevel.link);
	wl_list_remove(&minimal.frame.link);
	wlr_scene_node_destroy(&minimal.scene->tree.node);
	wlr_backend_destroy(backend);
	gesso_ledger_destroy(ledger);
	wl_display_destroy(minimal.display);
	gesso_render_context_destroy(minimal.context);
	gesso_allocator_chain_destroy(chain);
	return 0;
}
