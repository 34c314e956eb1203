/* SPDX-License-Identifier: MIT */
#include "bracket.h"
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define RETRIES_MAX 1000

bool bracket_is_ready(int fd)
{
	/* POLLOUT on a dma-buf: readers' and writers' fences have signalled */
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ready = poll(&poll_fd, 1, 0);
	return ready != 0 || poll_fd.revents != 0;
}

static int sync_ioctl(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_RW};
	for (int i = 0; i < RETRIES_MAX; i++) {
		if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync) == 0)
			return 0;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return -EAGAIN;
}

int bracket_begin(int fd)
{
	return sync_ioctl(fd, DMA_BUF_SYNC_START);
}

int bracket_end(int fd)
{
	return sync_ioctl(fd, DMA_BUF_SYNC_END);
}
