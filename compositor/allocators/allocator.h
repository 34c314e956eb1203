/* SPDX-License-Identifier: MIT */
#ifndef GESSO_ALLOCATOR_H
#define GESSO_ALLOCATOR_H

#include "allocators/layout.h"
#include "allocators/reason.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the pages of path native come from: one vtable, one file per kind of
 * memory. An allocator is given a size and gives back one descriptor; layout.h
 * says how pixels lie in it, chain.h which allocator is asked first.
 */

/* The values are those of gesso_gpu_memory_buffer_manager_v1.kind. */
enum gesso_descriptor_kind {
	GESSO_DESCRIPTOR_DMABUF = 0,
	GESSO_DESCRIPTOR_MEMFD = 1,
};

/* Memory without a layout. */
struct gesso_memory {
	int fd;            /* owned by whoever holds the struct; CLOEXEC; -1 if none */
	size_t size_bytes; /* of the descriptor, a multiple of the page size */
	uint64_t inode;    /* st_ino of fd: names the memory once, whoever holds it */
	bool cached;       /* whether CPU reads of a mapping are known or expected to be */
};

struct gesso_allocator;

struct gesso_allocator_impl {
	const char *name; /* used in options, protocol, report and documents */
	enum gesso_descriptor_kind kind;
	bool cached;        /* whether CPU reads of a mapping can be cached: the probe measures */
	const char *device; /* what it opens, for people; NULL if nothing */
	/* Only where the renderer is software: no device would take the descriptor. */
	bool software_only;

	bool udev_rule; /* the udev rule that comes with gesso grants its device */

	/*
	 * Opens what it needs. Where that may be one of several devices, the renderer's
	 * comes first: `renderer_node` is its DRM node, and may be NULL or empty. NULL on
	 * failure, with `why` set.
	 */
	struct gesso_allocator *(*create)(const char *renderer_node, struct gesso_reason *why);
	/*
	 * For kinds whose `device` is no path: the node that create would open first, or
	 * "". Opens nothing. May be NULL.
	 */
	void (*find_node)(char *node, size_t size);
	/*
	 * Gives at least `size_bytes` (> 0) of zeroed memory. On success `memory` is
	 * filled and owned by the caller; on failure false, with `why` set.
	 */
	bool (*allocate)(struct gesso_allocator *allocator, size_t size_bytes,
		struct gesso_memory *memory, struct gesso_reason *why);
	/*
	 * For kinds whose device lays out the rows, instead of `allocate`: takes the
	 * format and size of `layout` and corrects its stride and size. May be NULL.
	 */
	bool (*allocate_image)(struct gesso_allocator *allocator, struct gesso_layout *layout,
		struct gesso_memory *memory, struct gesso_reason *why);
	/*
	 * Memory over the `size_bytes` at `*offset_bytes`, a multiple of the page size,
	 * of a client's memfd (borrowed; F_SEAL_SHRINK is on it): no page is allocated.
	 * On success `memory` is owned by the caller and `*offset_bytes` is where the
	 * part begins in it; on failure false, with `why` set. NULL for kinds that cannot.
	 */
	bool (*wrap)(struct gesso_allocator *allocator, int memfd, uint64_t *offset_bytes,
		size_t size_bytes, struct gesso_memory *memory, struct gesso_reason *why);
	void (*destroy)(struct gesso_allocator *allocator);
};

/* Embedded first in the struct of each kind. */
struct gesso_allocator {
	const struct gesso_allocator_impl *impl;
	char device[64]; /* the node that was opened, empty if none was */
	/* Changes with the devices that it may use, where these are several; else 0. */
	uint64_t devices_key;
};

/* Every kind there is, NULL-terminated, in the order in which `auto` tries them. */
extern const struct gesso_allocator_impl *const gesso_allocator_impls[];
extern const struct gesso_allocator_impl gesso_udmabuf_allocator;
extern const struct gesso_allocator_impl gesso_dma_heap_allocator;
extern const struct gesso_allocator_impl gesso_gbm_allocator;
extern const struct gesso_allocator_impl gesso_memfd_allocator;
extern const struct gesso_allocator_impl gesso_vgem_allocator;

/*
 * Memory for the picture that `layout` describes, whichever way the kind gives it.
 * `layout` may come back with a larger stride. On success `memory` is owned by the
 * caller; on failure false, with `why` set.
 */
bool gesso_allocator_allocate(struct gesso_allocator *allocator, struct gesso_layout *layout,
	struct gesso_memory *memory, struct gesso_reason *why);

/* Closes the descriptor, if any, and empties the struct. */
void gesso_memory_finish(struct gesso_memory *memory);

#endif
