/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SHM_GUARD_H
#define GESSO_SHM_GUARD_H

#include <stdbool.h>

/*
 * A wl_shm buffer whose file ends before the buffer does: its client made the pool
 * larger than the file, or truncated it since. wlroots reads zeros there, under its
 * guard against SIGBUS, and says nothing. The commit that brings such a buffer is
 * rejected with wl_shm's error `invalid_fd` on the wl_buffer, as libwayland's own
 * wl_shm has it.
 *
 * It looks at commits, not at `create_buffer` or `resize`: between these and the commit
 * nothing is read, and a client that sets its file's size in between does no harm. A look
 * then would not spare the one at the commit, since a file can be cut at any time.
 *
 * What is truncated after its commit is still read under wlroots' guard, or was sealed
 * (shm_pool.h); its next commit is rejected.
 */

struct wlr_compositor;

/*
 * Watches every surface that `compositor` makes from now on, until it is destroyed.
 * False on no memory. Call it before gesso_shm_import_create, which puts buffers of its
 * own into the place of those that this looks at.
 */
bool gesso_shm_guard_create(struct wlr_compositor *compositor);

#endif
