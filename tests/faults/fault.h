/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdint.h>

/*
 * A fault that the interposer inject.so makes of the allocators' calls into the
 * kernel, in the compositor and in its helper, told by a file that all of them map.
 */

enum fault_call {
	FAULT_NONE,
	FAULT_OPEN,     /* of /dev/udmabuf, /dev/dma_heap/ and /dev/dri/ */
	FAULT_VERSION,  /* DRM_IOCTL_VERSION, which says whose node it is */
	FAULT_MEMFD,    /* memfd_create for allocators udmabuf and memfd */
	FAULT_TRUNCATE, /* ftruncate of that */
	FAULT_SEAL,     /* F_ADD_SEALS on that */
	FAULT_IOCTL,    /* the one that makes memory: udmabuf, dma-heap, dumb buffer */
	FAULT_EXPORT,   /* DRM_IOCTL_PRIME_HANDLE_TO_FD */
	FAULT_DESTROY,  /* DRM_IOCTL_MODE_DESTROY_DUMB */
	FAULT_MMAP,     /* of a dma-buf, or of allocator memfd's memory */
	FAULT_SYNC,     /* DMA_BUF_IOCTL_SYNC */
	FAULT_CALLS_LEN,
};

struct fault {
	int32_t call, error;
	uint32_t hits; /* calls that were failed since the test set it to 0 */
};

#endif
