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
	FAULT_ABILITY,  /* DRM_IOCTL_GET_CAP */
	FAULT_MAP_DUMB, /* DRM_IOCTL_MODE_MAP_DUMB */
	FAULT_MAP_NODE, /* mmap of a dumb buffer, by its node */
	FAULT_MASTER,   /* DRM_IOCTL_DROP_MASTER */
	FAULT_SEEK,     /* lseek in a dma-buf, which says its size */
	FAULT_MMAP,     /* of a dma-buf, or of allocator memfd's memory */
	FAULT_SYNC,     /* DMA_BUF_IOCTL_SYNC */
	FAULT_CALLS_LEN,
};

struct fault {
	int32_t call, error;
	uint32_t hits; /* calls that were failed since the test set it to 0 */
	uint32_t seen; /* a bit for each call that was made since then */
	char only[32]; /* how the device's path begins, for FAULT_OPEN and FAULT_IOCTL; or empty */
};

#endif
