/* SPDX-License-Identifier: MIT */
#ifndef GESSO_ALLOCATOR_CHAIN_H
#define GESSO_ALLOCATOR_CHAIN_H

#include "allocators/allocator.h"
#include "allocators/layout.h"

/*
 * The allocators that the options allow, in order, each with what the probe said
 * of it or why it was refused. Fed by the options and the probe; asked by the
 * gpu_memory_buffer global; printed by the report.
 */

struct gesso_allocator_chain;

/* Of every layout that the chain gives: what hardware asks of linear buffers, at most. */
#define GESSO_STRIDE_ALIGN_BYTES 256

/* What the probe measured beside the formats that it proved. */
struct gesso_allocator_measure {
	uint32_t stride_align_bytes; /* the least at which every proved format held; 0: unknown */
	/* Time to read a mapping, against the heap's, per cent; 0 if not measured. */
	uint32_t read_cost_percent;
	bool offset; /* a first pixel that is not at byte 0 held too */
};

/* Reads that cost more than this against the heap's are called slow. */
#define GESSO_SLOW_READ_PERCENT 400

/* One link, for printers. Strings live as long as the chain. */
struct gesso_allocator_state {
	const struct gesso_allocator_impl *impl;
	const char *device;          /* opened, or wanted; NULL if none is needed */
	struct gesso_reason refusal; /* code NONE if offered */
	uint32_t formats;            /* bit i: gesso_formats[i] was proved */
	bool cached;                 /* by kind, unless it was measured to be slow */
	struct gesso_allocator_measure measure;
};

/*
 * `names` is "auto", "none", or a comma-separated list of allocator names in
 * the order in which they are to be tried. NULL if a name is unknown, with
 * `why` naming it and what is allowed. Nothing is offered until the probe has
 * said so: every allowed link begins refused with PENDING, every other with
 * DISABLED, those whose device cannot be opened with the reason.
 */
struct gesso_allocator_chain *gesso_allocator_chain_create(
	const char *names, bool software_renderer, struct gesso_reason *why);
void gesso_allocator_chain_destroy(struct gesso_allocator_chain *chain);

/*
 * For a renderer that was made anew: opens each allowed link's device again and has it
 * refused with RENDERER_LOST, which is PENDING to the probe, or with what is wrong now. Memory that was allocated before stays valid.
 */
void gesso_allocator_chain_renew(struct gesso_allocator_chain *chain, bool software_renderer);

size_t gesso_allocator_chain_length(const struct gesso_allocator_chain *chain);
struct gesso_allocator_state gesso_allocator_chain_state(
	const struct gesso_allocator_chain *chain, size_t index);

/* The probe's word on link `index`: the formats proved, or a refusal if none. */
void gesso_allocator_chain_set_proved(struct gesso_allocator_chain *chain, size_t index,
	uint32_t formats, const struct gesso_reason *refusal);

/* Why the probe did not prove format `format` (an index into gesso_formats) with a link. */
void gesso_allocator_chain_refuse_format(struct gesso_allocator_chain *chain, size_t index,
	int format, const struct gesso_reason *why);
/* That reason, or the link's own where it has none. Code NONE if it was proved. */
struct gesso_reason gesso_allocator_chain_format_refusal(
	const struct gesso_allocator_chain *chain, size_t index, int format);

/* What the probe measured of link `index`, which it proved. */
void gesso_allocator_chain_set_measure(struct gesso_allocator_chain *chain, size_t index,
	const struct gesso_allocator_measure *measure);

/*
 * Once the probe is done with all links: with "auto", puts those that are offered
 * first, cached before write-combined, and leaves the order as it is otherwise.
 * Indices change.
 */
void gesso_allocator_chain_sort(struct gesso_allocator_chain *chain);

/* All formats that some offered link was proved for. */
uint32_t gesso_allocator_chain_formats(const struct gesso_allocator_chain *chain);

/* Why no link gives `fourcc`, which none was proved for. `why` may be NULL. */
void gesso_allocator_chain_refuse(
	const struct gesso_allocator_chain *chain, uint32_t fourcc, struct gesso_reason *why);

/*
 * Asks each offered link in turn. On success fills `memory` (owned by the
 * caller), `layout` and `impl`; on failure returns false with `why` set to the
 * last refusal.
 */
bool gesso_allocator_chain_allocate(struct gesso_allocator_chain *chain, int width_px,
	int height_px, uint32_t fourcc, struct gesso_memory *memory, struct gesso_layout *layout,
	const struct gesso_allocator_impl **impl, struct gesso_reason *why);

/*
 * Whether the first link that wraps clients' memory was proved with the format, the
 * stride and the offset of `layout`. False with `why` set if not, or not yet.
 */
bool gesso_allocator_chain_may_wrap(struct gesso_allocator_chain *chain,
	const struct gesso_layout *layout, struct gesso_reason *why);

/*
 * Memory over the rows of `layout` (format, size and stride, and its offset in the
 * file) in a client's memfd (borrowed; F_SEAL_SHRINK is on it), by that link, if it may.
 * On success fills `memory` (owned by the caller), `impl`, and the offset of `layout`
 * in it; on failure false with `why` set.
 */
bool gesso_allocator_chain_wrap(struct gesso_allocator_chain *chain, int memfd,
	struct gesso_layout *layout, struct gesso_memory *memory,
	const struct gesso_allocator_impl **impl, struct gesso_reason *why);

#endif
