/* SPDX-License-Identifier: MIT */
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * The kernel's system heap (Linux: drivers/dma-buf/heaps/system_heap.c,
 * linux/dma-heap.h): ordinary pages, zeroed by the kernel, cached. They count in
 * neither Shmem nor AnonPages, only in debugfs' bufinfo.
 */

#define HEAP_PATH "/dev/dma_heap/system"

struct dma_heap {
	struct gesso_allocator base;
	int fd;
};

static struct gesso_allocator *dma_heap_create(const char *renderer_node, struct gesso_reason *why)
{
	int fd = gesso_device_open(HEAP_PATH, "the kernel was built without the system heap", why);
	if (fd < 0) {
		return NULL;
	}
	struct dma_heap *heap = calloc(1, sizeof(*heap));
	if (heap == NULL) {
		close(fd);
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	heap->base.impl = &gesso_dma_heap_allocator;
	heap->fd = fd;
	return &heap->base;
}

static bool dma_heap_allocate(struct gesso_allocator *allocator, size_t size_bytes,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	struct dma_heap *heap = (struct dma_heap *)allocator;
	if (!gesso_round_to_pages(&size_bytes, why)) {
		return false;
	}
	struct dma_heap_allocation_data data = {
		.len = size_bytes,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	if (ioctl(heap->fd, DMA_HEAP_IOCTL_ALLOC, &data) != 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"DMA_HEAP_IOCTL_ALLOC of %zu bytes: %s", size_bytes, strerror(errno));
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = (int)data.fd,
		.size_bytes = size_bytes,
		.inode = gesso_descriptor_inode((int)data.fd),
	};
	return true;
}

static void dma_heap_destroy(struct gesso_allocator *allocator)
{
	struct dma_heap *heap = (struct dma_heap *)allocator;
	close(heap->fd);
	free(heap);
}

const struct gesso_allocator_impl gesso_dma_heap_allocator = {
	.name = "dma-heap",
	.kind = GESSO_DESCRIPTOR_DMABUF,
	.cached = true,
	.device = HEAP_PATH,
	.udev_rule = true,
	.create = dma_heap_create,
	.allocate = dma_heap_allocate,
	.destroy = dma_heap_destroy,
};
