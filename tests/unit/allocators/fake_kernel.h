/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_KERNEL_H
#define TESTS_FAKE_KERNEL_H

/*
 * Faults that the kernel won't give on request, put before libc at link time
 * (--wrap). A member that is 0 lets the call through, any other is its errno.
 */
struct fake_kernel {
	int open_udmabuf; /* open("/dev/udmabuf"); -1 gives a stand-in for the device */
	int opens;        /* of /dev/udmabuf, so far */
	int memfd_create;
	int ftruncate;
	int add_seals;
	int udmabuf_create; /* UDMABUF_CREATE on the stand-in; 0 wraps the memfd by a copy */
	unsigned long long created_bytes; /* size that UDMABUF_CREATE was asked for */
};

extern struct fake_kernel fake_kernel;

#endif
