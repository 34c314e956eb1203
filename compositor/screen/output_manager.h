/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OUTPUT_MANAGER_H
#define GESSO_OUTPUT_MANAGER_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * Outputs as a client arranges them, by wlr-output-management-unstable-v1: which are
 * on, with what mode, scale and transform, and where they lie. Tells clients of each
 * change of the layout; does what they ask through output_setup.c, all of it or none.
 *
 * What would leave no output on, or one that nobody could use, is answered `failed`,
 * with the reason in the log, and so is what an output refuses. The size of a window
 * of a Wayland parent is the parent's to say.
 */

struct desktop;
struct wl_global;
struct wlr_output_manager_v1;

struct output_manager {
	struct desktop *desktop;
	struct wlr_output_manager_v1 *manager; /* the display's */

	/* private */
	struct wl_event_source *rescue; /* NULL if none is due */
	bool rescuing, parent_is_deaf;
	struct wl_listener apply, test;
};

/* False on no memory. */
bool output_manager_init(struct output_manager *manager, struct desktop *desktop);
/* Takes a zeroed struct too. */
void output_manager_finish(struct output_manager *manager);

/* It shows and changes what is all clients': for the filter of globals. */
const struct wl_global *output_manager_global(const struct output_manager *manager);

/*
 * Tells clients how the outputs are now. Where the last one that was on has gone while
 * others are off, one of them is turned on, once the loop is idle.
 */
void output_manager_outputs_changed(struct output_manager *manager);

#endif
