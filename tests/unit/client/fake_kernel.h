/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TESTS_CLIENT_FAKE_KERNEL_H
#define GESSO_TESTS_CLIENT_FAKE_KERNEL_H

#include <stdbool.h>

/*
 * /dev/udmabuf and /dev/dma_heap/system as a case wants them, put in the place of
 * open() and ioctl() at link time. Their "dma-bufs" are memfds.
 */

struct fake_kernel {
	bool udmabuf, heap;  /* whether the device is there */
	bool udmabuf_fails;  /* UDMABUF_CREATE, as past size_limit_mb */
	int allocations_max; /* past it each one fails; 0 is no limit */
	bool sync_fails;
	/* seen */
	int allocations, syncs;
};

extern struct fake_kernel fake_kernel;

#endif
