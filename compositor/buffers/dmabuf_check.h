/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DMABUF_CHECK_H
#define GESSO_DMABUF_CHECK_H

#include "allocators/layout.h"
#include "allocators/reason.h"
#include <stdbool.h>
#include <stdint.h>
#include <wlr/render/dmabuf.h>

/*
 * What a client says of a dma-buf, held against the descriptor itself. Nothing is
 * imported here: whoever passes is only worth a try. Fed by the requests of
 * linux-dmabuf-v1, on every renderer.
 */

struct dmabuf_verdict {
	bool ok;
	/* enum zwp_linux_buffer_params_v1_error; -1 where the answer is `failed`. */
	int error;
	struct gesso_reason why;
};

/* linux-dmabuf's word for an implicit layout; a software renderer reads it as linear. */
bool dmabuf_modifier_is_linear(uint64_t modifier);

/*
 * In this order: planes without a gap from 0 (INCOMPLETE); a known format's number
 * of them (INCOMPLETE); width and height (INVALID_DIMENSIONS; failed past
 * GESSO_MAX_SIDE_PX); flags (failed, none is served); each descriptor a dma-buf by
 * fstatfs (failed); of each plane of a linear one, stride >= the bytes of a row and
 * offset + stride × rows <= the descriptor's size, in 64 bits (OUT_OF_BOUNDS), and
 * an offset of whole pixels (failed). A second plane has half as many pixels either
 * way, rounded up. Whether format and modifier are on offer is the caller's to ask
 * first. Descriptors are borrowed.
 */
struct dmabuf_verdict dmabuf_check(const struct wlr_dmabuf_attributes *claim, uint32_t flags);

/*
 * Whether who maps it finds the pixels of a single plane row after row. LINEAR says so.
 * INVALID leaves it to the driver that made it, and a GPU's may have tiled it: then it is so
 * where the exporter (exp_name of /proc/self/fdinfo) has no layouts but that one: udmabuf, the
 * kernel's own heaps, and V4L2. If not, `why` says why. Checked before by dmabuf_check.
 */
bool dmabuf_lies_in_rows(const struct wlr_dmabuf_attributes *claim, struct gesso_reason *why);

/* DMA_BUF_MAGIC (linux/magic.h), by fstatfs(2). A memfd, a pipe or a file has another. */
bool dmabuf_is_dmabuf(int fd);

#endif
