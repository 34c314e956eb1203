/* SPDX-License-Identifier: MIT */
#include "dmabuf_memory.h"
#include "sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* *Returns* a descriptor; -1 with errno, and what failed in `*failed`. */
typedef int (*allocate_func)(size_t size_bytes, const char **failed);

/* The dma-buf alone keeps the pages. */
static int allocate_udmabuf(size_t size_bytes, const char **failed)
{
	*failed = "/dev/udmabuf";
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	int fd = -1;
	/* it takes memory only that cannot shrink under it */
	int memfd = sealed_memfd_create("gesso-dmabuf", size_bytes, failed);
	if (memfd >= 0) {
		struct udmabuf_create create = {
			.memfd = (uint32_t)memfd,
			.flags = UDMABUF_FLAGS_CLOEXEC,
			.size = size_bytes,
		};
		*failed = "UDMABUF_CREATE";
		fd = ioctl(device, UDMABUF_CREATE, &create);
		close_keeping_errno(memfd);
	}
	close_keeping_errno(device);
	return fd;
}

static int allocate_heap(size_t size_bytes, const char **failed)
{
	*failed = "/dev/dma_heap/system";
	int device = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return -1;
	struct dma_heap_allocation_data data = {
		.len = size_bytes,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	*failed = "DMA_HEAP_IOCTL_ALLOC";
	int result = ioctl(device, DMA_HEAP_IOCTL_ALLOC, &data);
	close_keeping_errno(device);
	return result == 0 ? (int)data.fd : -1;
}

static const struct {
	const char *name;
	allocate_func allocate;
} sources[] = {
	{"udmabuf", allocate_udmabuf},
	{"dma-heap", allocate_heap},
};

int dmabuf_memory_allocate(size_t size_bytes, const char **allocator, struct refusal *why)
{
	char words[sizeof(why->words)] = "";
	size_t used = 0;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const char *failed = "";
		int fd = sources[i].allocate(size_bytes, &failed);
		*allocator = sources[i].name;
		if (fd >= 0)
			return fd;
		/* two of them fit by far */
		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s: %s: %s",
			used > 0 ? "; " : "", sources[i].name, failed, strerror(errno));
	}
	refusal_set(why, GESSO_CLIENT_REASON_NO_DMABUF, "%s", words);
	return -1;
}
