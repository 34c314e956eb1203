/* SPDX-License-Identifier: MIT */
#include "allocators/cpu_access.h"
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

bool gesso_mapping_init(struct gesso_mapping *mapping, const struct gesso_memory *memory,
	bool writable, struct gesso_reason *why)
{
	int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *data = mmap(NULL, memory->size_bytes, protection, MAP_SHARED, memory->fd, 0);
	if (data == MAP_FAILED) {
		*mapping = (struct gesso_mapping){0};
		gesso_reason_set(why, gesso_reason_code_from_errno(errno), "mmap of %zu bytes: %s",
			memory->size_bytes, strerror(errno));
		return false;
	}
	*mapping = (struct gesso_mapping){.data = data, .size_bytes = memory->size_bytes};
	return true;
}

void gesso_mapping_finish(struct gesso_mapping *mapping)
{
	if (mapping->data != NULL) {
		munmap(mapping->data, mapping->size_bytes);
		mapping->data = NULL;
	}
}

static bool sync_dmabuf(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = {.flags = flags};
	/* EAGAIN comes from a signal in the fence wait: a bound keeps this from spinning. */
	for (int tries = 0; tries < 100; tries++) {
		if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) == 0) {
			return true;
		}
		if (errno != EINTR && errno != EAGAIN) {
			return false;
		}
	}
	return false;
}

bool gesso_cpu_access_begin(int fd, enum gesso_descriptor_kind kind, bool write)
{
	if (kind != GESSO_DESCRIPTOR_DMABUF) {
		return true;
	}
	/* POLLIN: writers are done; POLLOUT: readers too (dma-buf.c, dma_buf_poll) */
	struct pollfd ready = {.fd = fd, .events = write ? POLLOUT : POLLIN};
	if (poll(&ready, 1, 0) <= 0 || (ready.revents & (POLLERR | POLLNVAL)) != 0) {
		return false;
	}
	return sync_dmabuf(fd, DMA_BUF_SYNC_START | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}

bool gesso_cpu_access_end(int fd, enum gesso_descriptor_kind kind, bool write)
{
	if (kind != GESSO_DESCRIPTOR_DMABUF) {
		return true;
	}
	return sync_dmabuf(fd, DMA_BUF_SYNC_END | (write ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ));
}
