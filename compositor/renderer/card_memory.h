/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CARD_MEMORY_H
#define GESSO_CARD_MEMORY_H

#include "allocators/allocator.h"

/*
 * Memory that a display card can show and a CPU can draw into: dumb buffers of the
 * card, exported as dma-bufs. For outputs of a bare display whose renderer is
 * software; clients are not given any.
 */

/*
 * `drm_fd` is a primary node's, borrowed. NULL on failure, with `why` set: the card has
 * no dumb buffers, or none that can be mapped as a dma-buf.
 */
struct gesso_allocator *card_memory_create(int drm_fd, struct gesso_reason *why);

#endif
