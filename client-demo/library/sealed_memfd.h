/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_SEALED_MEMFD_H
#define GESSO_LIBRARY_SEALED_MEMFD_H

#include <stddef.h>

/*
 * *Returns* a memfd of `size_bytes`, zeroed, that can neither shrink nor grow. Its pages
 * are taken here: a full tmpfs is an error now, not a SIGBUS while painting. -1 with
 * errno, and what failed in `*failed`. Source: memfd_create(2), fcntl(2) "File Sealing".
 */
int sealed_memfd_create(const char *name, size_t size_bytes, const char **failed);

/* Closes `fd` and leaves errno as it is. */
void close_keeping_errno(int fd);

#endif
