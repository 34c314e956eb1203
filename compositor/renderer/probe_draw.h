/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_DRAW_H
#define GESSO_PROBE_DRAW_H

#include "allocators/allocator.h"
#include <stdbool.h>
#include <stdint.h>

/*
 * The proof for one allocator and format: a picture painted into the memory by the
 * CPU, drawn by the renderer into an output's buffer, read back and compared; then
 * painted over and drawn again from the same texture, with no new import. The size
 * is odd, but for formats of two planes.
 */

struct gesso_render_context;

struct probe_case {
	int format; /* an index into gesso_formats */
	uint32_t stride_align_bytes;
	uint32_t offset_bytes; /* of the first pixel; 0 for kinds that lay out rows themselves */
};

/* False with `why` set if it did not hold. */
bool probe_draw(struct gesso_render_context *context, struct gesso_allocator *allocator,
	const struct probe_case *probe_case, struct gesso_reason *why);

#endif
