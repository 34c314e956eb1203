/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_DMABUF_MEMORY_H
#define GESSO_LIBRARY_DMABUF_MEMORY_H

#include "words.h"

/*
 * Where the client itself gets dma-bufs for path dmabuf: /dev/udmabuf, which wraps
 * pages of a memfd (linux/udmabuf.h), else /dev/dma_heap/system (linux/dma-heap.h).
 * Both give ordinary pages, zeroed and cached.
 */

/*
 * *Returns* a dma-buf of `size_bytes`, whole pages, that can be read and written,
 * and the name of what made it. -1 where neither can, with both reasons in `why`.
 */
int dmabuf_memory_allocate(size_t size_bytes, const char **allocator, struct refusal *why);

#endif
