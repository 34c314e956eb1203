/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SEALED_MEMFD_H
#define GESSO_SEALED_MEMFD_H

#include "allocators/allocator.h"

/*
 * A memfd of a fixed size: what allocator memfd hands out, what udmabuf wraps,
 * and what the outputs of a software renderer are drawn into.
 */

/*
 * Rounds a size up to whole pages. False, with `why` set, if they are more than a
 * descriptor or a 32-bit count of pages could hold.
 */
bool gesso_round_to_pages(size_t *size_bytes, struct gesso_reason *why);

/*
 * Makes a zeroed memfd of `size_bytes` rounded up to whole pages, sealed with
 * F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL. Returns a descriptor that the
 * caller closes (CLOEXEC), with `size_bytes` set to what it holds; -1 with `why`
 * set on failure. Source: memfd_create(2), fcntl(2) "File Sealing".
 */
int gesso_sealed_memfd_create(const char *name, size_t *size_bytes, struct gesso_reason *why);

/* st_ino of `fd` (borrowed); 0 if it cannot be read. */
uint64_t gesso_descriptor_inode(int fd);

#endif
