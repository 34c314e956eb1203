/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_BRACKET_H
#define GESSO_LIBRARY_BRACKET_H

#include <stdbool.h>

/*
 * The bracket around CPU access to a dma-buf: DMA_BUF_IOCTL_SYNC for reading and
 * writing (linux/dma-buf.h). Between begin and end the exporter keeps the CPU's
 * view and the device's apart.
 */

/*
 * Whether begin would return at once: no fence is left on the dma-buf. The ioctl
 * waits for fences without a bound, so this is asked first. Borrows `fd`.
 */
bool bracket_is_ready(int fd);

/* Borrow `fd`. 0, or -errno; EINTR and EAGAIN are retried a bounded number of times. */
int bracket_begin(int fd) __attribute__((warn_unused_result));
int bracket_end(int fd) __attribute__((warn_unused_result));

#endif
