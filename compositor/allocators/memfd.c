/* SPDX-License-Identifier: MIT */
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Ordinary shared memory, with no device at all. Mesa's llvmpipe maps whatever
 * mappable descriptor it is given as a dma-buf, and pixman reads a mapping: so
 * this serves software renderers, and them only.
 */

static struct gesso_allocator *memfd_create_allocator(
	const char *renderer_node, struct gesso_reason *why)
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

/*
 * Opened anew, since Mesa moves the file position of what it maps, and the one of
 * the descriptor that came is the client's too.
 */
static bool memfd_wrap(struct gesso_allocator *allocator, int memfd, uint64_t *offset_bytes,
	size_t size_bytes, struct gesso_memory *memory, struct gesso_reason *why)
{
	char path[32];
	struct stat status;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) != 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"opening the pool anew: %s", strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = (size_t)status.st_size,
		.inode = status.st_ino,
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
	.wrap = memfd_wrap,
	.destroy = memfd_destroy,
};
