/* SPDX-License-Identifier: MIT */
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * A memfd's pages, pinned and wrapped as a dma-buf by /dev/udmabuf (Linux:
 * drivers/dma-buf/udmabuf.c, linux/udmabuf.h). The memfd is closed at once: the
 * dma-buf alone keeps the pages, and its holder can neither truncate nor punch
 * them.
 */

#define DEVICE_PATH "/dev/udmabuf"

struct udmabuf {
	struct gesso_allocator base;
	int fd;
	long size_limit_mb; /* of one buffer; -1 if the module does not say */
};

static long read_size_limit_mb(void)
{
	FILE *file = fopen("/sys/module/udmabuf/parameters/size_limit_mb", "re");
	if (file == NULL) {
		return -1;
	}
	long limit_mb;
	if (fscanf(file, "%ld", &limit_mb) != 1) {
		limit_mb = -1;
	}
	fclose(file);
	return limit_mb;
}

static struct gesso_allocator *udmabuf_create(struct gesso_reason *why)
{
	int fd = gesso_device_open(DEVICE_PATH, "load the kernel module udmabuf", why);
	if (fd < 0) {
		return NULL;
	}
	struct udmabuf *udmabuf = calloc(1, sizeof(*udmabuf));
	if (udmabuf == NULL) {
		close(fd);
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	udmabuf->base.impl = &gesso_udmabuf_allocator;
	udmabuf->fd = fd;
	udmabuf->size_limit_mb = read_size_limit_mb();
	return &udmabuf->base;
}

static bool udmabuf_allocate(struct gesso_allocator *allocator, size_t size_bytes,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	struct udmabuf *udmabuf = (struct udmabuf *)allocator;
	if (udmabuf->size_limit_mb >= 0 &&
		size_bytes > (size_t)udmabuf->size_limit_mb * 1024 * 1024) {
		gesso_reason_set(why, GESSO_REASON_OVER_LIMIT,
			"%zu MiB is over udmabuf's size_limit_mb of %ld",
			(size_bytes + 1024 * 1024 - 1) / (1024 * 1024), udmabuf->size_limit_mb);
		return false;
	}
	int memfd = gesso_sealed_memfd_create("gesso-udmabuf", &size_bytes, why);
	if (memfd < 0) {
		return false;
	}
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = 0,
		.size = size_bytes,
	};
	int fd = ioctl(udmabuf->fd, UDMABUF_CREATE, &create);
	int error = errno;
	close(memfd);
	if (fd < 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(error),
			"UDMABUF_CREATE of %zu bytes: %s", size_bytes, strerror(error));
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = size_bytes,
		.inode = gesso_descriptor_inode(fd),
	};
	return true;
}

static void udmabuf_destroy(struct gesso_allocator *allocator)
{
	struct udmabuf *udmabuf = (struct udmabuf *)allocator;
	close(udmabuf->fd);
	free(udmabuf);
}

const struct gesso_allocator_impl gesso_udmabuf_allocator = {
	.name = "udmabuf",
	.kind = GESSO_DESCRIPTOR_DMABUF,
	.cached = true,
	.device = DEVICE_PATH,
	.create = udmabuf_create,
	.allocate = udmabuf_allocate,
	.destroy = udmabuf_destroy,
};
