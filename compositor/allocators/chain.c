/* SPDX-License-Identifier: MIT */
#include "allocators/chain_impl.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

const struct gesso_allocator_impl *const gesso_allocator_impls[] = {
	&gesso_udmabuf_allocator,
	&gesso_dma_heap_allocator,
	&gesso_memfd_allocator,
	&gesso_gbm_allocator,
	&gesso_vgem_allocator,
	NULL,
};

static_assert(sizeof(gesso_allocator_impls) / sizeof(gesso_allocator_impls[0]) - 1 == IMPLS_LEN,
	"chain_impl.h has the length");

void gesso_memory_finish(struct gesso_memory *memory)
{
	if (memory->fd >= 0) {
		close(memory->fd);
	}
	*memory = (struct gesso_memory){.fd = -1};
}

bool gesso_allocator_allocate(struct gesso_allocator *allocator, struct gesso_layout *layout,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	const struct gesso_allocator_impl *impl = allocator->impl;
	bool ok = impl->allocate_image != NULL
		? impl->allocate_image(allocator, layout, memory, why)
		: impl->allocate(allocator, layout->size_bytes, memory, why);
	if (ok) {
		memory->cached = impl->cached;
	}
	return ok;
}

static void link_open(struct link *link, bool software_renderer)
{
	const struct gesso_allocator_impl *impl = link->state.impl;
	struct gesso_reason *refusal = &link->state.refusal;
	link->state.device = impl->device;
	link->state.cached = impl->cached;
	if (impl->software_only && !software_renderer) {
		gesso_reason_set(refusal, GESSO_REASON_IMPORT_FAILED,
			"a GPU does not import a %s: only software renderers do", impl->name);
		return;
	}
	link->allocator = impl->create(refusal);
	if (link->allocator != NULL) {
		if (link->allocator->device[0] != '\0') {
			link->state.device = link->allocator->device;
		}
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
		chain->automatic = true;
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
		chain->links[i].allowed = true;
		link_open(&chain->links[i], software_renderer);
	}
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		if (!has_impl(chain, len, gesso_allocator_impls[i])) {
			struct gesso_allocator_state *state = &chain->links[len++].state;
			state->impl = gesso_allocator_impls[i];
			state->device = state->impl->device;
			state->cached = state->impl->cached;
			gesso_reason_set(&state->refusal, GESSO_REASON_DISABLED,
				"turned off by the option for allocators");
		}
	}
	return chain;
}

static void link_close(struct link *link)
{
	if (link->allocator != NULL) {
		link->allocator->impl->destroy(link->allocator);
	}
}

void gesso_allocator_chain_destroy(struct gesso_allocator_chain *chain)
{
	if (chain == NULL) {
		return;
	}
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		link_close(&chain->links[i]);
	}
	free(chain);
}

void gesso_allocator_chain_renew(struct gesso_allocator_chain *chain, bool software_renderer)
{
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		struct link *link = &chain->links[i];
		if (!link->allowed) {
			continue;
		}
		link_close(link);
		*link = (struct link){.state.impl = link->state.impl, .allowed = true};
		link_open(link, software_renderer);
		if (link->allocator != NULL) {
			gesso_reason_set(&link->state.refusal, GESSO_REASON_RENDERER_LOST,
				"the renderer was lost; the probe of the new one has not ended");
		}
	}
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

void gesso_allocator_chain_refuse_format(struct gesso_allocator_chain *chain, size_t index,
	int format, const struct gesso_reason *why)
{
	assert(index < IMPLS_LEN && format >= 0 && format < GESSO_FORMATS_LEN);
	chain->links[index].formats[format] = *why;
}

struct gesso_reason gesso_allocator_chain_format_refusal(
	const struct gesso_allocator_chain *chain, size_t index, int format)
{
	assert(index < IMPLS_LEN && format >= 0 && format < GESSO_FORMATS_LEN);
	const struct link *link = &chain->links[index];
	if ((link->state.formats & (1u << format)) != 0) {
		return (struct gesso_reason){0};
	}
	return link->formats[format].code != GESSO_REASON_NONE ? link->formats[format]
							       : link->state.refusal;
}

void gesso_allocator_chain_set_measure(struct gesso_allocator_chain *chain, size_t index,
	const struct gesso_allocator_measure *measure)
{
	assert(index < IMPLS_LEN);
	struct gesso_allocator_state *state = &chain->links[index].state;
	state->measure = *measure;
	state->cached =
		state->impl->cached && measure->read_cost_percent <= GESSO_SLOW_READ_PERCENT;
}

/* 0 is asked first. */
static int rank(const struct link *link)
{
	if (link->state.refusal.code != GESSO_REASON_NONE) {
		return 2;
	}
	return link->state.cached ? 0 : 1;
}

void gesso_allocator_chain_sort(struct gesso_allocator_chain *chain)
{
	for (size_t i = 1; chain->automatic && i < IMPLS_LEN; i++) {
		struct link link = chain->links[i];
		size_t at = i;
		for (; at > 0 && rank(&chain->links[at - 1]) > rank(&link); at--) {
			chain->links[at] = chain->links[at - 1];
		}
		chain->links[at] = link;
	}
}

uint32_t gesso_allocator_chain_formats(const struct gesso_allocator_chain *chain)
{
	uint32_t formats = 0;
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		formats |= chain->links[i].state.formats;
	}
	return formats;
}

void gesso_allocator_chain_refuse(
	const struct gesso_allocator_chain *chain, uint32_t fourcc, struct gesso_reason *why)
{
	if (gesso_format_index(fourcc) < 0) {
		char *name = drmGetFormatName(fourcc);
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%s is not one of the formats that are probed",
			name != NULL ? name : "this format");
		free(name);
		return;
	}
	const struct gesso_format *format = &gesso_formats[gesso_format_index(fourcc)];
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		if (chain->links[i].state.formats != 0) {
			struct gesso_reason first = gesso_allocator_chain_format_refusal(
				chain, i, (int)(format - gesso_formats));
			gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
				"%s was not proved: %s", format->name, first.words);
			return;
		}
	}
	/* nothing is offered at all: the first link's refusal tells most */
	if (why != NULL) {
		*why = chain->links[0].state.refusal;
	}
}

static void refuse_size(int width_px, int height_px, int format, struct gesso_reason *why)
{
	if (gesso_formats[format].chroma_bytes != 0 && (width_px % 2 != 0 || height_px % 2 != 0)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%dx%d: %s has a colour for every 2x2 pixels, and so even sides", width_px,
			height_px, gesso_formats[format].name);
		return;
	}
	gesso_reason_set(why, GESSO_REASON_OVER_LIMIT, "%dx%d is too large", width_px, height_px);
}

bool gesso_allocator_chain_allocate(struct gesso_allocator_chain *chain, int width_px,
	int height_px, uint32_t fourcc, struct gesso_memory *memory, struct gesso_layout *layout,
	const struct gesso_allocator_impl **impl, struct gesso_reason *why)
{
	int format = gesso_format_index(fourcc);
	if (format < 0) {
		gesso_allocator_chain_refuse(chain, fourcc, why);
		return false;
	}
	if (!gesso_layout_init(layout, width_px, height_px, fourcc, GESSO_STRIDE_ALIGN_BYTES)) {
		refuse_size(width_px, height_px, format, why);
		return false;
	}
	gesso_allocator_chain_refuse(chain, fourcc, why);
	for (size_t i = 0; i < IMPLS_LEN; i++) {
		struct link *link = &chain->links[i];
		if ((link->state.formats & (1u << format)) == 0) {
			continue;
		}
		if (gesso_allocator_allocate(link->allocator, layout, memory, why)) {
			if (chain_leaves_headroom(memory, why)) {
				memory->cached = link->state.cached;
				*impl = link->state.impl;
				return true;
			}
			gesso_memory_finish(memory);
		}
	}
	return false;
}
