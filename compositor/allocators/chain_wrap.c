/* SPDX-License-Identifier: MIT */
#include "allocators/chain_impl.h"
#include <sys/resource.h>
#include <unistd.h>

#define HEADROOM_DESCRIPTORS 16

/*
 * The lowest free number is what a new descriptor gets, so its number says how
 * full the table is. Sending it takes one more, and a client that cannot be
 * sent its descriptor is disconnected by libwayland: so it is refused before.
 */
bool chain_leaves_headroom(const struct gesso_memory *memory, struct gesso_reason *why)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
		(rlim_t)memory->fd + HEADROOM_DESCRIPTORS < limit.rlim_cur) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_NO_DESCRIPTORS,
		"descriptor %d of %llu: the last %d are kept free", memory->fd,
		(unsigned long long)limit.rlim_cur, HEADROOM_DESCRIPTORS);
	return false;
}

/* The first that wraps and is offered. One before it that is still being probed is waited for. */
static struct link *find_link(struct gesso_allocator_chain *chain, struct gesso_reason *why)
{
	gesso_reason_set(why, GESSO_REASON_DISABLED, "no allocator takes clients' memory");
	bool told = false;
	for (size_t i = 0; i < chain->len; i++) {
		struct link *link = &chain->links[i];
		const struct gesso_reason *refusal = &link->state.refusal;
		if (link->state.impl->wrap == NULL) {
			continue;
		}
		if (refusal->code == GESSO_REASON_NONE) {
			return link;
		}
		if (!told || refusal->code == GESSO_REASON_PENDING) {
			*why = *refusal;
			told = true;
		}
		if (refusal->code == GESSO_REASON_PENDING) {
			return NULL;
		}
	}
	return NULL;
}

static bool was_proved_with(
	const struct link *link, const struct gesso_layout *layout, struct gesso_reason *why)
{
	const struct gesso_allocator_measure *measure = &link->state.measure;
	int format = gesso_format_index(layout->fourcc);
	uint32_t proved_bytes = format >= 0 ? measure->format_align_bytes[format] : 0;
	uint32_t align_bytes = proved_bytes != 0 ? proved_bytes : GESSO_STRIDE_ALIGN_BYTES;
	if (format < 0 || (link->state.formats & (1u << format)) == 0) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"format 0x%08x was not proved with %s", layout->fourcc,
			link->state.impl->name);
	} else if (layout->width_px > GESSO_MAX_SIDE_PX || layout->height_px > GESSO_MAX_SIDE_PX) {
		gesso_reason_set(why, GESSO_REASON_OVER_LIMIT, "%dx%d is over %d pixels a side",
			layout->width_px, layout->height_px, GESSO_MAX_SIDE_PX);
	} else if (layout->stride_bytes % align_bytes != 0) {
		gesso_reason_set(why, GESSO_REASON_STRIDE_UNALIGNED,
			"stride %u is not a multiple of %u", layout->stride_bytes, align_bytes);
	} else if (layout->offset_bytes % (uint32_t)sysconf(_SC_PAGESIZE) != 0) {
		gesso_reason_set(why, GESSO_REASON_OFFSET_UNALIGNED,
			"offset %u is not page-aligned", layout->offset_bytes);
	} else {
		return true;
	}
	return false;
}

bool gesso_allocator_chain_may_wrap(struct gesso_allocator_chain *chain,
	const struct gesso_layout *layout, struct gesso_reason *why)
{
	const struct link *link = find_link(chain, why);
	return link != NULL && was_proved_with(link, layout, why);
}

bool gesso_allocator_chain_wrap(struct gesso_allocator_chain *chain, int memfd,
	struct gesso_layout *layout, struct gesso_memory *memory,
	const struct gesso_allocator_impl **impl, struct gesso_reason *why)
{
	struct link *link = find_link(chain, why);
	if (link == NULL || !was_proved_with(link, layout, why)) {
		return false;
	}
	uint64_t offset_bytes = layout->offset_bytes;
	size_t rows_bytes = layout->size_bytes - layout->offset_bytes;
	struct gesso_reason failure = {0};
	if (!link->state.impl->wrap(
		    link->allocator, memfd, &offset_bytes, rows_bytes, memory, &failure)) {
		chain_note_failure(link, &failure);
		*why = failure;
		return false;
	}
	if (offset_bytes > 0 && !link->state.measure.offset) {
		gesso_reason_set(why, GESSO_REASON_OFFSET_UNALIGNED,
			"%s was not proved with an offset", link->state.impl->name);
	} else if (chain_leaves_headroom(memory, why)) {
		memory->cached = link->state.cached;
		*impl = link->state.impl;
		layout->offset_bytes = (uint32_t)offset_bytes;
		layout->size_bytes = offset_bytes + rows_bytes;
		return true;
	}
	gesso_memory_finish(memory);
	return false;
}
