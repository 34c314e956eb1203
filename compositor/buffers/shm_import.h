/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SHM_IMPORT_H
#define GESSO_SHM_IMPORT_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * Path shm-import: the buffers of wl_shm clients, which know nothing of it, are
 * imported as textures where that pays and can be proved, and uploaded where not.
 *
 *   client_commit ─▶ wl_shm? ─▶ policy (shm_policy.h) ─┬─ upload: left to wlroots
 *                                                      └─ import: pending.buffer is
 *   replaced by a wlr_buffer over the pool's own pages, made once per wl_buffer
 *
 *   wl_shm's wlr_buffer ◀─ locked while shown ─ wlr_buffer of the import ◀─ texture
 *
 * The pages are the pool's memfd, once F_SEAL_SHRINK is on it (shm_pool.h), wrapped by
 * /dev/udmabuf, or itself where the renderer is software and that was proved
 * (gesso_allocator_chain_wrap). An import is charged to the client's budget, lives no
 * longer than its wl_buffer, and stands for no other: a client that punches holes in a
 * live buffer harms its own picture alone.
 *
 * wl_buffer.release comes once the surface shows another buffer and nothing reads
 * this one: of software GL's threads gesso_render_context_wait makes sure, before each
 * commit of an output; a dma-buf is asked for its readers' fences.
 *
 * On pixman there is nothing to do: it reads pools in place (shm-direct).
 */

struct gesso_allocator_chain;
struct gesso_ledger;
struct gesso_render_context;
struct wlr_compositor;

enum gesso_shm_choice {
	GESSO_SHM_AUTO = 0, /* as the policy finds that it pays, for each surface */
	GESSO_SHM_IMPORT,   /* whatever can be */
	GESSO_SHM_UPLOAD,
};

/*
 * Watches every surface that `compositor` makes from now on, until it is destroyed.
 * All borrowed; chain, context and ledger outlive the clients. False on no memory.
 *
 * Call it before gesso_ledger_watch and gesso_fence_gate_create: at a commit each looks
 * at pending.buffer in the order of these calls, and they should see what will be shown.
 */
bool gesso_shm_import_create(struct wl_display *display, struct wlr_compositor *compositor,
	struct gesso_render_context *context, struct gesso_allocator_chain *chain,
	struct gesso_ledger *ledger, enum gesso_shm_choice choice);

#endif
