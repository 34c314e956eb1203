/* SPDX-License-Identifier: MIT */
#ifndef GESSO_GPU_MEMORY_BUFFER_H
#define GESSO_GPU_MEMORY_BUFFER_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * Path native: the global gesso_gpu_memory_buffer_manager_v1. A client's request
 * becomes memory from the allocator chain, a wlr_buffer over it that the
 * renderer samples in place, and an entry in the ledger. Requests are served
 * one per turn of the event loop, so that zeroing one client's pages does not
 * hold up the others.
 */

struct gesso_allocator_chain;
struct gesso_ledger;
struct gesso_render_context;

struct gesso_gpu_memory_buffer_manager;

/* All borrowed; they outlive the manager, which dies with the display. NULL on no memory. */
struct gesso_gpu_memory_buffer_manager *gesso_gpu_memory_buffer_manager_create(
	struct wl_display *display, struct gesso_render_context *context,
	struct gesso_allocator_chain *chain, struct gesso_ledger *ledger);

/* Sends every client the batch again, after the chain has changed. */
void gesso_gpu_memory_buffer_manager_announce(struct gesso_gpu_memory_buffer_manager *manager);

/* Whether `global` is this manager's: hosts hide it from sandboxed clients. */
bool gesso_gpu_memory_buffer_manager_owns_global(
	const struct gesso_gpu_memory_buffer_manager *manager, const struct wl_global *global);

#endif
