/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define HEADROOM_DESCRIPTORS 16

const struct gesso_allocator_impl *const gesso_allocator_impls[] = {
	&gesso_udmabuf_allocator,
	&gesso_memfd_allocator,
	NULL,
};

#define IMPLS_LEN (sizeof(gesso_allocator_impls) / sizeof(gesso_allocator_impls[0]) - 1)

struct link {
	struct gesso_allocator_state state;
	struct gesso_allocator *allocator; /* NULL if it cannot be used at all */
};

struct gesso_allocator_chain {
	struct link links[IMPLS_LEN];
};

void gesso_memory_finish(struct gesso_memory *memory)
{
	if (memory->fd >= 0) {
		close(memory->fd);
	}
	*memory = (struct gesso_memory){.fd = -1};
}

static void link_open(struct link *link, bool software_renderer)
{
	const struct gesso_allocator_impl *impl = link->state.impl;
	struct gesso_reason *refusal = &link->state.refusal;
	if (impl->software_only && !software_renderer) {
		gesso_reason_set(refusal, GESSO_REASON_IMPORT_FAILED,
			"a GPU does not import a %s: only software renderers do", impl->name);
		return;
	}
	link->allocator = impl->create(refusal);
	if (link->allocator != NULL) {
		gesso_reason_set(refusal, GESSO_REASON_PENDING, "the probe has not ended yet");
	}
}

static const struct gesso_allocator_impl *impl_by_name(const char *name, size_t len)
{
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		const struct gesso_allocator_impl *impl = gesso_allocator_impls[i];
		if (strlen(impl->name) == len && strncmp(impl->name, name, len) == 0) {
			return impl;
		}
	}
	return NULL;
}

static bool has_impl(const struct gesso_allocator_chain *chain, size_t len,
	const struct gesso_allocator_impl *impl)
{
	for (size_t i = 0; i < len; i++) {
		if (chain->links[i].state.impl == impl) {
			return true;
		}
	}
	return false;
}

static void refuse_name(struct gesso_reason *why, const char *name, size_t name_len)
{
	char allowed[96] = "";
	size_t used = 0;
	for (size_t i = 0; i < IMPLS_LEN && used < sizeof(allowed); i++) {
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, ", %s",
			gesso_allocator_impls[i]->name);
	}
	gesso_reason_set(why, GESSO_REASON_DISABLED, "unknown allocator '%.*s': use auto, none%s",
		(int)name_len, name, allowed);
}

/* Puts the named kinds first, in the order named. Returns how many, or -1. */
static int order_by_names(
	struct gesso_allocator_chain *chain, const char *names, struct gesso_reason *why)
{
	size_t len = 0;
	if (strcmp(names, "none") == 0) {
		return 0;
	}
	if (strcmp(names, "auto") == 0) {
		for (; len < IMPLS_LEN; len++) {
			chain->links[len].state.impl = gesso_allocator_impls[len];
		}
		return (int)len;
	}
	const char *name = names;
	while (true) {
		size_t name_len = strcspn(name, ",");
		const struct gesso_allocator_impl *impl = impl_by_name(name, name_len);
		if (impl == NULL) {
			refuse_name(why, name, name_len);
			return -1;
		}
		if (!has_impl(chain, len, impl)) {
			chain->links[len++].state.impl = impl;
		}
		if (name[name_len] == '\0') {
			return (int)len;
		}
		name += name_len + 1;
	}
}

struct gesso_allocator_chain *gesso_allocator_chain_create(
	const char *names, bool software_renderer, struct gesso_reason *why)
{
	struct gesso_allocator_chain *chain = calloc(1, sizeof(*chain));
	if (chain == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	int allowed = order_by_names(chain, names, why);
	if (allowed < 0) {
		free(chain);
		return NULL;
	}
	size_t len = (size_t)allowed;
	for (size_t i = 0; i < len; i++) {
		link_open(&chain->links[i], software_renderer);
	}
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		if (!has_impl(chain, len, gesso_allocator_impls[i])) {
			struct gesso_allocator_state *state = &chain->links[len++].state;
			state->impl = gesso_allocator_impls[i];
			gesso_reason_set(&state->refusal, GESSO_REASON_DISABLED,
				"turned off by the option for allocators");
		}
	}
	return chain;
}

void gesso_allocator_chain_destroy(struct gesso_allocator_chain *chain)
{
	if (chain == NULL) {
		return;
	}
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		struct gesso_allocator *allocator = chain->links[i].allocator;
		if (allocator != NULL) {
			allocator->impl->destroy(allocator);
		}
	}
	free(chain);
}

size_t gesso_allocator_chain_length(const struct gesso_allocator_chain *chain)
{
	return IMPLS_LEN;
}

struct gesso_allocator_state gesso_allocator_chain_state(
	const struct gesso_allocator_chain *chain, size_t index)
{
	assert(index < IMPLS_LEN);
	return chain->links[index].state;
}

void gesso_allocator_chain_set_proved(struct gesso_allocator_chain *chain, size_t index,
	uint32_t formats, const struct gesso_reason *refusal)
{
	assert(index < IMPLS_LEN);
	struct gesso_allocator_state *state = &chain->links[index].state;
	assert(chain->links[index].allocator != NULL || formats == 0);
	state->formats = formats;
	state->refusal = formats != 0 ? (struct gesso_reason){0} : *refusal;
}

uint32_t gesso_allocator_chain_formats(const struct gesso_allocator_chain *chain)
{
	uint32_t formats = 0;
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		formats |= chain->links[i].state.formats;
	}
	return formats;
}

static void refuse_format(const struct gesso_allocator_chain *chain, uint32_t fourcc,
	struct gesso_reason *why)
{
	if (gesso_allocator_chain_formats(chain) != 0) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"format 0x%08x was not proved with any allocator", fourcc);
		return;
	}
	/* nothing is offered at all: the first link's refusal tells most */
	*why = chain->links[0].state.refusal;
}

/*
 * The lowest free number is what a new descriptor gets, so its number says how
 * full the table is. Sending it takes one more, and a client that cannot be
 * sent its descriptor is disconnected by libwayland: so it is refused before.
 */
static bool leaves_headroom(const struct gesso_memory *memory, struct gesso_reason *why)
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

bool gesso_allocator_chain_allocate(struct gesso_allocator_chain *chain, int width_px,
	int height_px, uint32_t fourcc, struct gesso_memory *memory, struct gesso_layout *layout,
	const struct gesso_allocator_impl **impl, struct gesso_reason *why)
{
	int format = gesso_format_index(fourcc);
	if (format < 0) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"format 0x%08x is not one of those announced", fourcc);
		return false;
	}
	if (!gesso_layout_init(layout, width_px, height_px, fourcc, GESSO_STRIDE_ALIGN_BYTES)) {
		gesso_reason_set(why, GESSO_REASON_OVER_LIMIT, "%dx%d is too large", width_px,
			height_px);
		return false;
	}
	refuse_format(chain, fourcc, why);
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		struct link *link = &chain->links[i];
		if ((link->state.formats & (1u << format)) == 0) {
			continue;
		}
		if (link->allocator->impl->allocate(
			    link->allocator, layout->size_bytes, memory, why)) {
			if (leaves_headroom(memory, why)) {
				*impl = link->state.impl;
				return true;
			}
			gesso_memory_finish(memory);
		}
	}
	return false;
}
