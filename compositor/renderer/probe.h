/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_H
#define GESSO_PROBE_H

#include <stdbool.h>
#include <sys/resource.h>
#include <wayland-server-core.h>

/*
 * Probe by doing: the helper executable gesso-probe paints, imports, draws,
 * reads back, paints again and reads back again, for each allocator and format
 * of the chain, in a process of its own with a deadline. Its word is entered in
 * the chain. Runs beside the start of the compositor.
 */

struct gesso_allocator_chain;
struct gesso_render_context;
struct gesso_probe;

typedef void (*gesso_probe_done_func)(void *data);

/*
 * Starts one helper per allocator that is still PENDING, one after another; calls
 * `done` after each one has changed the chain, and once more, with
 * gesso_probe_running false, when there is nothing left to do. Never calls it from
 * within gesso_probe_start. NULL on no memory. A helper that
 * cannot be started is a refusal in the chain, not an error here.
 * `deadline_ms` bounds each helper. What was answered before is taken instead of a
 * helper's run, unless `afresh`.
 *
 * When the context's renderer is made anew, all that was proved is withdrawn and
 * proved again, with `done` called as before.
 */
struct gesso_probe *gesso_probe_start(struct wl_event_loop *loop,
	struct gesso_allocator_chain *chain, struct gesso_render_context *context, int deadline_ms,
	bool afresh, gesso_probe_done_func done, void *data);
/*
 * The RLIMIT_NOFILE that helpers are started with, for hosts that have raised their own;
 * before the event loop runs.
 */
void gesso_probe_set_files(struct gesso_probe *probe, const struct rlimit *files);
bool gesso_probe_running(const struct gesso_probe *probe);
/* Ends a helper under way. Takes NULL. */
void gesso_probe_destroy(struct gesso_probe *probe);

#endif
