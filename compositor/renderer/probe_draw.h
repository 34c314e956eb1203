/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_DRAW_H
#define GESSO_PROBE_DRAW_H

#include "allocators/allocator.h"
#include <stdbool.h>

/*
 * The proof for one allocator and format: a picture painted into the memory by the
 * CPU, drawn by the renderer into an output's buffer, read back and compared; then
 * painted over and drawn again from the same texture, with no new import. The size
 * is odd and the stride is not the least that would do.
 */

struct gesso_render_context;

/* `format` is an index into gesso_formats. False with `why` set if it did not hold. */
bool probe_draw(struct gesso_render_context *context, struct gesso_allocator *allocator,
	int format, struct gesso_reason *why);

#endif
