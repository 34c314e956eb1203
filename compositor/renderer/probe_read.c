/* SPDX-License-Identifier: MIT */
#include "renderer/probe_read.h"
#include "allocators/chain.h"
#include "allocators/cpu_access.h"
#include "memory/clock.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_PX 512
#define ROUNDS 4
#define MOST_PERCENT 100000

static int64_t best_read_ns(const void *data, size_t size_bytes)
{
	int64_t best = INT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t begin = clock_now_ns();
		const uint64_t *words = data;
		uint64_t sum = 0;
		for (size_t i = 0; i < size_bytes / sizeof(*words); i++) {
			sum += words[i];
		}
		__asm__ volatile("" : : "r"(sum) : "memory");
		int64_t took = clock_now_ns() - begin;
		best = took < best ? took : best;
	}
	return best;
}

static uint32_t compare(const struct gesso_mapping *mapping)
{
	void *heap = malloc(mapping->size_bytes);
	if (heap == NULL) {
		return 0;
	}
	memset(heap, 1, mapping->size_bytes);
	int64_t heap_ns = best_read_ns(heap, mapping->size_bytes);
	int64_t mapped_ns = best_read_ns(mapping->data, mapping->size_bytes);
	free(heap);
	int64_t percent = heap_ns > 0 ? mapped_ns * 100 / heap_ns : 0;
	return (uint32_t)(percent < 1 ? 1 : percent > MOST_PERCENT ? MOST_PERCENT : percent);
}

uint32_t probe_read_cost_percent(struct gesso_allocator *allocator)
{
	struct gesso_layout layout;
	struct gesso_memory memory;
	struct gesso_mapping mapping;
	uint32_t percent = 0;
	if (!gesso_layout_init(
		    &layout, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888, GESSO_STRIDE_ALIGN_BYTES) ||
		!gesso_allocator_allocate(allocator, &layout, &memory, NULL)) {
		return 0;
	}
	enum gesso_descriptor_kind kind = allocator->impl->kind;
	if (gesso_mapping_init(&mapping, &memory, true, NULL)) {
		if (gesso_cpu_access_begin(memory.fd, kind, true)) {
			memset(mapping.data, 1, mapping.size_bytes); /* has the pages there */
			percent = compare(&mapping);
			gesso_cpu_access_end(memory.fd, kind, true);
		}
		gesso_mapping_finish(&mapping);
	}
	gesso_memory_finish(&memory);
	return percent;
}
