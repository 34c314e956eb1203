/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FAULT_GUARD_H
#define GESSO_FAULT_GUARD_H

#include "allocators/cpu_access.h"
#include <signal.h>
#include <stdbool.h>

/*
 * Reading memory whose device may go: a client's own dma-buf cannot be truncated,
 * but its exporter may answer a fault by SIGBUS, as a camera that was unplugged
 * does. Between begin and end a fault within the mapping turns all of it into
 * zeros, for good; any other fault goes to the handler that was there before.
 *
 * SIGBUS's handler is replaced only between the two. They nest with wlroots' own
 * guard of wl_shm pools, and with one another, as long as the one begun last ends
 * first, which is how renderers access buffers.
 */

struct gesso_fault_guard {
	const struct gesso_mapping *mapping; /* NULL unless it is on */
	bool faulted;                        /* since it was first begun */
	/* private */
	struct sigaction before;
	struct gesso_fault_guard *outer;
};

/* `mapping` is borrowed until the end. False, logged, if SIGBUS cannot be handled. */
bool gesso_fault_guard_begin(struct gesso_fault_guard *guard, const struct gesso_mapping *mapping);
/* Does nothing if it is not on. */
void gesso_fault_guard_end(struct gesso_fault_guard *guard);

#endif
