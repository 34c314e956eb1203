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
	uint32_t format_align_bytes[GESSO_FORMATS_LEN]; /* the same for each */
	/* Time to read a mapping, against the heap's, per cent; 0 if not measured. */
	uint32_t read_cost_percent;
	bool offset; /* a first pixel that is not at byte 0 held too */
};

/* Reads that cost more than this against the heap's are called slow. */
#define GESSO_SLOW_READ_PERCENT 400

/* That a link which is offered gave no memory all the same. Kept when a later one does. */
struct gesso_allocator_failures {
	uint64_t count;
	struct gesso_reason last; /* code NONE if there was none */
};

/* One link, for printers. Strings live as long as the chain. */
struct gesso_allocator_state {
	const struct gesso_allocator_impl *impl;
	const char *device;          /* opened, or wanted; NULL if none is needed */
	struct gesso_reason refusal; /* code NONE if offered */
	uint32_t formats;            /* bit i: gesso_formats[i] was proved */
	bool cached;                 /* by kind, unless it was measured to be slow */
	struct gesso_allocator_measure measure;
	struct gesso_allocator_failures failures;
	bool opened; /* the device, if there is one */
	/* Changes with the devices that it may use, where these are several; else 0. */
	uint64_t devices_key;
};

/*
 * `names` is "auto", "none", or a comma-separated list of allocator names in
 * the order in which they are to be tried. NULL if a name is unknown, with
 * `why` naming it and what is allowed. Nothing is offered until the probe has
 * said so: every allowed link begins refused with PENDING, every other with
 * DISABLED, those whose device cannot be opened with the reason. `renderer_node` is
 * the DRM node that the renderer draws on, and may be NULL or empty.
 */
struct gesso_allocator_chain *gesso_allocator_chain_create(const char *names,
	bool software_renderer, const char *renderer_node, struct gesso_reason *why);
void gesso_allocator_chain_destroy(struct gesso_allocator_chain *chain);

/* Whether create would take `names`. Opens nothing. False with `why` set if not. */
bool gesso_allocator_chain_check_names(const char *names, struct gesso_reason *why);

/*
 * For a renderer that was made anew: opens each allowed link's device again and has it
 * refused with RENDERER_LOST, which is PENDING to the probe, or with what is wrong now.
 * Memory that was allocated before stays valid.
 */
void gesso_allocator_chain_renew(
	struct gesso_allocator_chain *chain, bool software_renderer, const char *renderer_node);

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
 * Once the probe is done with all links: with "auto", puts those that are offered first,
 * of these cached memory before what is slow to read, then those whose rows may lie
 * closer, then those that cost less to read (by factors of two), and leaves the order of
 * gesso_allocator_impls otherwise. Indices change.
 */
void gesso_allocator_chain_sort(struct gesso_allocator_chain *chain);

#define GESSO_PLACE_WORDS_BYTES 128
/*
 * As the how manieth of those that are offered link `index` is asked, from 1 on, with
 * why in `words`; 0, and no words, if it is not offered.
 */
int gesso_allocator_chain_place(const struct gesso_allocator_chain *chain, size_t index,
	char words[GESSO_PLACE_WORDS_BYTES]);

/* In tools/udev/, and optional: it lets whoever sits at the machine open the devices. */
#define GESSO_UDEV_RULE "70-gesso.rules"

/* Who may open the device of a link. */
struct gesso_allocator_access {
	char node[64];          /* empty if there is none, or none is needed */
	const char *permission; /* granted, denied, unknown, not needed */
	char group[32];         /* whose members may open it; empty if there is none such */
	const char *rule;       /* GESSO_UDEV_RULE, where else only the owner may; or NULL */
};
void gesso_allocator_chain_access(const struct gesso_allocator_chain *chain, size_t index,
	struct gesso_allocator_access *access);

/* All formats that some offered link was proved for. */
uint32_t gesso_allocator_chain_formats(const struct gesso_allocator_chain *chain);

/* Why no link gives `fourcc`, which none was proved for. `why` may be NULL. */
void gesso_allocator_chain_refuse(
	const struct gesso_allocator_chain *chain, uint32_t fourcc, struct gesso_reason *why);

/* Who asks for memory, and tries what a link gave. Embedded in a struct of the asker's. */
struct gesso_allocator_taker {
	/* Takes `memory`. False, with `why` set, if it is of no use: the next link is asked. */
	bool (*take)(struct gesso_allocator_taker *taker, struct gesso_memory *memory,
		const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
		struct gesso_reason *why);
};

/*
 * Asks each offered link in turn, until `taker` has taken memory. What each one before
 * it said is kept in its state. False, with `why` set to the last of these, if none did.
 */
bool gesso_allocator_chain_allocate(struct gesso_allocator_chain *chain, int width_px,
	int height_px, uint32_t fourcc, struct gesso_allocator_taker *taker,
	struct gesso_reason *why);

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
