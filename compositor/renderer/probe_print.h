/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_PRINT_H
#define GESSO_PROBE_PRINT_H

#include <stdio.h>

/* What the probe found, link by link, as `gesso --probe` prints it. */

struct gesso_allocator_chain;
struct gesso_render_context;

/* A table for people, in the order in which the allocators are asked. */
void gesso_probe_print_table(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context);

/*
 * One JSON object: "renderer", "renderer_reason", "software", and "allocators", an
 * array of objects with "name", "device" (its node if there is one, else words; null if
 * none is needed), "permission" (granted, denied, unknown, not needed), "group" (whose
 * members may open the device, or null), "rule" (the udev rule that would let others than
 * its owner, or null), "kind", "offered", "formats" (an object: true, or the reason),
 * "place" (1 is asked first; null if not offered) and "order" (why there),
 * "stride_align_bytes" (of all formats) and "alignment_bytes" (an object: each format's),
 * "offset", "cached" and "read_cost_percent" (null if not measured), "reason" and "words"
 * (null if offered).
 */
void gesso_probe_print_json(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context);

#endif
