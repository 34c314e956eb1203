/* SPDX-License-Identifier: MIT */
#include "allocators/sealed_memfd.h"
#include <stdlib.h>

/*
 * Ordinary shared memory, with no device at all. Mesa's llvmpipe maps whatever
 * mappable descriptor it is given as a dma-buf, and pixman reads a mapping: so
 * this serves software renderers, and them only.
 */

static struct gesso_allocator *memfd_create_allocator(struct gesso_reason *why)
{
	struct gesso_allocator *allocator = calloc(1, sizeof(*allocator));
	if (allocator == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	allocator->impl = &gesso_memfd_allocator;
	return allocator;
}

static bool memfd_allocate(struct gesso_allocator *allocator, size_t size_bytes,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	int fd = gesso_sealed_memfd_create("gesso-memfd", &size_bytes, why);
	if (fd < 0) {
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = size_bytes,
		.inode = gesso_descriptor_inode(fd),
	};
	return true;
}

static void memfd_destroy(struct gesso_allocator *allocator)
{
	free(allocator);
}

const struct gesso_allocator_impl gesso_memfd_allocator = {
	.name = "memfd",
	.kind = GESSO_DESCRIPTOR_MEMFD,
	.cached = true,
	.software_only = true,
	.create = memfd_create_allocator,
	.allocate = memfd_allocate,
	.destroy = memfd_destroy,
};
