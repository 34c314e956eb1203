/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SHM_POOL_H
#define GESSO_SHM_POOL_H

#include "allocators/reason.h"
#include <stdbool.h>

/*
 * What the file of a wl_shm pool must be before a buffer in it is sampled in place.
 * An upload reads it under wlroots' guard against SIGBUS; a texture's reads have no
 * guard, so F_SEAL_SHRINK must make the fault impossible: the kernel then refuses to
 * truncate the file, and what is punched out of a memfd reads as zeros.
 */

struct wlr_shm_attributes;

/*
 * Whether the pool's file is a memfd that cannot shrink any more, can still be mapped
 * for writing (udmabuf and llvmpipe ask that), and holds all rows of `shm`. Adds
 * F_SEAL_SHRINK where it is missing and the client left that open: pools never shrink
 * by protocol, and a file that is never truncated notices nothing. False with `why`
 * set: NOT_MEMFD, NOT_SEALED, WRITE_SEALED or BEYOND_FILE.
 * Source: fcntl(2) "File Sealing"; Linux drivers/dma-buf/udmabuf.c, check_memfd_seals.
 */
bool shm_pool_secure(const struct wlr_shm_attributes *shm, struct gesso_reason *why);

/*
 * The same for one who maps it later, and may hold against us what the client did to it
 * meanwhile: adds F_SEAL_SEAL too, after which nobody can forbid to map it for writing.
 */
bool shm_pool_secure_for_others(const struct wlr_shm_attributes *shm, struct gesso_reason *why);

#endif
