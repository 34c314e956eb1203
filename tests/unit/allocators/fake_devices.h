/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_DEVICES_H
#define TESTS_FAKE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A kernel with the system heap, a vgem device and one or two other cards with two nodes
 * each, and GBM for them, put before libc, libdrm and libgbm at link time (--wrap). Any one call
 * can be had to fail. Buffers are memfds; what is made is counted until it is gone.
 */

enum fake_call {
	FAKE_NOTHING,
	FAKE_CALLOC,
	FAKE_GET_DEVICES, /* drmGetDevices2 */
	FAKE_OPEN,        /* of the heap and of DRM nodes */
	FAKE_VERSION,     /* drmGetVersion */
	FAKE_DROP_MASTER,
	FAKE_HEAP_ALLOC,
	FAKE_CREATE_DUMB,
	FAKE_DESTROY_DUMB,
	FAKE_EXPORT,        /* drmPrimeHandleToFD */
	FAKE_CREATE_DEVICE, /* GBM's */
	FAKE_CREATE_BO,
	FAKE_SEEK,
	FAKE_MMAP,
	FAKE_SYNC_BEGIN, /* DMA_BUF_IOCTL_SYNC */
	FAKE_SYNC_END,
};

struct fake_devices {
	enum fake_call fails;
	int error;
	int hits; /* calls that were failed */

	bool second_card; /* is there */
	int no_gbm_card;  /* the card that GBM has no driver for; 0: it has for all */

	bool no_format;        /* GBM makes nothing linear */
	unsigned stride_bytes; /* that GBM gives; 0: the least, and some more */
	bool dirty;            /* GBM hands out memory that was used before */

	/* alive now */
	int handles, bos, gbm_devices, device_lists, versions;
	bool master; /* the node that was opened last is master */
};

extern struct fake_devices fake_devices;

/* For the fakes: whether this call is the one to fail, with errno set. */
bool fake_fails(enum fake_call call);
/* For the fakes: the card that a descriptor is of, by number: 0 is vgem's. */
int fake_card_of(int fd);
/* For the fakes: of the next buffer that is exported. */
void fake_set_size(size_t size_bytes);

#endif
