/* SPDX-License-Identifier: MIT */
#include "allocators/chain_impl.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

const struct gesso_allocator_impl *const gesso_allocator_impls[] = {
	&gesso_udmabuf_allocator,
	&gesso_dma_heap_allocator,
	&gesso_memfd_allocator,
	&gesso_gbm_allocator,
	&gesso_vgem_allocator,
	NULL,
};

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

static void link_open(struct link *link, bool software_renderer, const char *renderer_node)
{
	const struct gesso_allocator_impl *impl = link->state.impl;
	struct gesso_reason *refusal = &link->state.refusal;
	if (impl->software_only && !software_renderer) {
		gesso_reason_set(refusal, GESSO_REASON_IMPORT_FAILED,
			"a GPU does not import a %s: only software renderers do", impl->name);
		return;
	}
	link->allocator = impl->create(renderer_node, refusal);
	if (link->allocator != NULL) {
		if (link->allocator->device[0] != '\0') {
			link->state.device = link->allocator->device;
		}
		link->state.devices_key = link->allocator->devices_key;
		link->state.opened = true;
		gesso_reason_set(refusal, GESSO_REASON_PENDING, "the probe has not ended yet");
	}
}

static void link_begin(struct link *link, bool software_renderer, const char *renderer_node)
{
	struct gesso_allocator_state *state = &link->state;
	state->device = state->impl->device;
	state->cached = state->impl->cached;
	if (link->allowed) {
		link_open(link, software_renderer, renderer_node);
	} else {
		gesso_reason_set(&state->refusal, GESSO_REASON_DISABLED,
			"turned off by the option for allocators");
	}
}

struct gesso_allocator_chain *gesso_allocator_chain_create(const char *names,
	bool software_renderer, const char *renderer_node, struct gesso_reason *why)
{
	struct gesso_allocator_chain *chain = chain_order_by_names(names, why);
	for (size_t i = 0; chain != NULL && i < chain->len; i++) {
		link_begin(&chain->links[i], software_renderer, renderer_node);
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
	for (size_t i = 0; i < chain->len; i++) {
		link_close(&chain->links[i]);
	}
	free(chain);
}

void gesso_allocator_chain_renew(
	struct gesso_allocator_chain *chain, bool software_renderer, const char *renderer_node)
{
	for (size_t i = 0; i < chain->len; i++) {
		struct link *link = &chain->links[i];
		if (!link->allowed) {
			continue;
		}
		link_close(link);
		*link = (struct link){
			.state = {.impl = link->state.impl, .failures = link->state.failures},
			.allowed = true,
			.order = link->order,
			.logged = link->logged,
		};
		link_begin(link, software_renderer, renderer_node);
		if (link->allocator != NULL) {
			gesso_reason_set(&link->state.refusal, GESSO_REASON_RENDERER_LOST,
				"the renderer was lost; the probe of the new one has not ended");
		}
	}
}

size_t gesso_allocator_chain_length(const struct gesso_allocator_chain *chain)
{
	return chain->len;
}

struct gesso_allocator_state gesso_allocator_chain_state(
	const struct gesso_allocator_chain *chain, size_t index)
{
	assert(index < chain->len);
	return chain->links[index].state;
}

void gesso_allocator_chain_set_proved(struct gesso_allocator_chain *chain, size_t index,
	uint32_t formats, const struct gesso_reason *refusal)
{
	assert(index < chain->len);
	struct gesso_allocator_state *state = &chain->links[index].state;
	assert(chain->links[index].allocator != NULL || formats == 0);
	state->formats = formats;
	state->refusal = formats != 0 ? (struct gesso_reason){0} : *refusal;
}

void gesso_allocator_chain_refuse_format(struct gesso_allocator_chain *chain, size_t index,
	int format, const struct gesso_reason *why)
{
	assert(index < chain->len && format >= 0 && format < GESSO_FORMATS_LEN);
	chain->links[index].formats[format] = *why;
}

struct gesso_reason gesso_allocator_chain_format_refusal(
	const struct gesso_allocator_chain *chain, size_t index, int format)
{
	assert(index < chain->len && format >= 0 && format < GESSO_FORMATS_LEN);
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
	assert(index < chain->len);
	struct gesso_allocator_state *state = &chain->links[index].state;
	state->measure = *measure;
	state->cached =
		state->impl->cached && measure->read_cost_percent <= GESSO_SLOW_READ_PERCENT;
}

uint32_t gesso_allocator_chain_formats(const struct gesso_allocator_chain *chain)
{
	uint32_t formats = 0;
	for (size_t i = 0; i < chain->len; i++) {
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
	for (size_t i = 0; i < chain->len; i++) {
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

void chain_note_failure(struct link *link, const struct gesso_reason *why)
{
	struct gesso_allocator_state *state = &link->state;
	uint32_t bit = 1u << why->code;
	wlr_log((link->logged & bit) != 0 ? WLR_DEBUG : WLR_INFO, "chain: %s gave no memory: %s",
		state->impl->name, why->words);
	link->logged |= bit;
	state->failures.last = *why;
	state->failures.count++;
}

static bool ask_link(struct link *link, struct gesso_layout layout,
	struct gesso_allocator_taker *taker, struct gesso_reason *why)
{
	struct gesso_memory memory;
	struct gesso_reason failure = {0};
	if (gesso_allocator_allocate(link->allocator, &layout, &memory, &failure)) {
		memory.cached = link->state.cached;
		if (!chain_leaves_headroom(&memory, &failure)) {
			gesso_memory_finish(&memory);
		} else if (taker->take(taker, &memory, &layout, link->state.impl, &failure)) {
			return true;
		}
	}
	chain_note_failure(link, &failure);
	*why = failure;
	return false;
}

bool gesso_allocator_chain_allocate(struct gesso_allocator_chain *chain, int width_px,
	int height_px, uint32_t fourcc, struct gesso_allocator_taker *taker,
	struct gesso_reason *why)
{
	struct gesso_layout layout;
	int format = gesso_format_index(fourcc);
	if (format < 0) {
		gesso_allocator_chain_refuse(chain, fourcc, why);
		return false;
	}
	if (!gesso_layout_init(&layout, width_px, height_px, fourcc, GESSO_STRIDE_ALIGN_BYTES)) {
		refuse_size(width_px, height_px, format, why);
		return false;
	}
	gesso_allocator_chain_refuse(chain, fourcc, why);
	for (size_t i = 0; i < chain->len; i++) {
		struct link *link = &chain->links[i];
		if ((link->state.formats & (1u << format)) != 0 &&
			ask_link(link, layout, taker, why)) {
			return true;
		}
	}
	return false;
}
