/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CPU_ACCESS_H
#define GESSO_CPU_ACCESS_H

#include "allocators/allocator.h"
#include <stdbool.h>

/*
 * Reading a buffer's memory with the CPU, in the compositor and in the probe
 * helper. (Clients have their own, in client-demo/: they may wait; the
 * compositor may not.)
 */

struct gesso_mapping {
	void *data; /* NULL if not mapped */
	size_t size_bytes;
};

/*
 * Maps all of `memory` shared, read-only or (`writable`) read-write. The mapping
 * holds the memory by itself; memory->fd stays the caller's. False with `why` set
 * on failure.
 */
bool gesso_mapping_init(struct gesso_mapping *mapping, const struct gesso_memory *memory,
	bool writable, struct gesso_reason *why);
/* Takes an empty one. */
void gesso_mapping_finish(struct gesso_mapping *mapping);

/*
 * Brackets CPU access to dma-buf `fd` (borrowed) by DMA_BUF_IOCTL_SYNC
 * (linux/dma-buf.h). `gesso_cpu_access_begin` does not wait for fences: it returns
 * false, and takes no bracket, with errno EBUSY if poll says that the buffer is not
 * ready; and with ETIME, after 30 ms at most, if a fence came between poll and the
 * ioctl, which was then broken off. For that it has SIGURG's handler for a moment.
 * Do nothing and return true for kind memfd.
 */
bool gesso_cpu_access_begin(int fd, enum gesso_descriptor_kind kind, bool write);
bool gesso_cpu_access_end(int fd, enum gesso_descriptor_kind kind, bool write);

#endif
