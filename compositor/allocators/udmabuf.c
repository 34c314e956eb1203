/* SPDX-License-Identifier: MIT */
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A memfd's pages, pinned and wrapped as a dma-buf by /dev/udmabuf (Linux:
 * drivers/dma-buf/udmabuf.c, linux/udmabuf.h). The memfd is closed at once: the
 * dma-buf alone keeps the pages, and its holder can neither truncate nor punch
 * them. A client's memfd is wrapped the same way, in part.
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

static struct gesso_allocator *udmabuf_create(const char *renderer_node, struct gesso_reason *why)
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

static bool within_limit(const struct udmabuf *udmabuf, size_t size_bytes, struct gesso_reason *why)
{
	if (udmabuf->size_limit_mb < 0 ||
		size_bytes <= (size_t)udmabuf->size_limit_mb * 1024 * 1024) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_OVER_LIMIT,
		"%zu MiB is over udmabuf's size_limit_mb of %ld",
		(size_bytes + 1024 * 1024 - 1) / (1024 * 1024), udmabuf->size_limit_mb);
	return false;
}

/* One part per buffer: the module's list_limit is not reached. */
static bool create_over(struct udmabuf *udmabuf, int memfd, uint64_t offset_bytes,
	size_t size_bytes, struct gesso_memory *memory, struct gesso_reason *why)
{
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset_bytes,
		.size = size_bytes,
	};
	int fd = ioctl(udmabuf->fd, UDMABUF_CREATE, &create);
	if (fd < 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"UDMABUF_CREATE of %zu bytes: %s", size_bytes, strerror(errno));
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = size_bytes,
		.inode = gesso_descriptor_inode(fd),
	};
	return true;
}

static bool udmabuf_allocate(struct gesso_allocator *allocator, size_t size_bytes,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	struct udmabuf *udmabuf = (struct udmabuf *)allocator;
	if (!within_limit(udmabuf, size_bytes, why)) {
		return false;
	}
	int memfd = gesso_sealed_memfd_create("gesso-udmabuf", &size_bytes, why);
	if (memfd < 0) {
		return false;
	}
	bool ok = create_over(udmabuf, memfd, 0, size_bytes, memory, why);
	close(memfd);
	return ok;
}

/*
 * udmabuf takes whole pages of the file. A pool that ends within a page is grown by
 * the rest of it, which its mappings show anyway; sealed, it can only grow.
 */
static bool fill_last_page(int memfd, uint64_t end_bytes, struct gesso_reason *why)
{
	struct stat status;
	if (fstat(memfd, &status) == 0 && (uint64_t)status.st_size >= end_bytes) {
		return true;
	}
	if (ftruncate(memfd, (off_t)end_bytes) == 0 ||
		(fstat(memfd, &status) == 0 && (uint64_t)status.st_size >= end_bytes)) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_BEYOND_FILE,
		"the pool ends within a page at byte %lld and is sealed against growing",
		(long long)status.st_size);
	return false;
}

static bool udmabuf_wrap(struct gesso_allocator *allocator, int memfd, uint64_t *offset_bytes,
	size_t size_bytes, struct gesso_memory *memory, struct gesso_reason *why)
{
	struct udmabuf *udmabuf = (struct udmabuf *)allocator;
	uint64_t begin_bytes = *offset_bytes;
	*offset_bytes = 0;
	return gesso_round_to_pages(&size_bytes, why) && within_limit(udmabuf, size_bytes, why) &&
		fill_last_page(memfd, begin_bytes + size_bytes, why) &&
		create_over(udmabuf, memfd, begin_bytes, size_bytes, memory, why);
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
	.udev_rule = true,
	.create = udmabuf_create,
	.allocate = udmabuf_allocate,
	.wrap = udmabuf_wrap,
	.destroy = udmabuf_destroy,
};
