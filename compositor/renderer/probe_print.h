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
 * array of objects with "name", "device" (null if none), "permission" (granted, denied,
 * unknown, not needed), "kind", "offered", "formats" (an object: true, or the reason),
 * "stride_align_bytes", "offset", "cached" and "read_cost_percent" (null if not
 * measured), "reason" and "words" (null if offered).
 */
void gesso_probe_print_json(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context);

#endif
