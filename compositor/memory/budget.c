/* SPDX-License-Identifier: MIT */
#include "memory/budget.h"
#include <assert.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)
#define DESCRIPTORS_KEPT_LEAST 8
#define DESCRIPTORS_KEPT_MOST 128 /* one message brings 28, and several clients may send one */
#define DESCRIPTORS_MOST 4096

static uint64_t default_descriptors(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 2 * DESCRIPTORS_MOST) {
		return DESCRIPTORS_MOST;
	}
	size_t len = (size_t)limit.rlim_cur;
	return len > 2 * DESCRIPTORS_KEPT_LEAST ? (len - gesso_budget_descriptors_kept(len)) / 2
						: 1;
}

static uint64_t default_ceiling(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	return pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page / 2 : 1024 * MIB;
}

void gesso_budget_init(struct gesso_budget *budget)
{
	*budget = (struct gesso_budget){
		.limits =
			{
				[GESSO_BUDGET_BYTES] = 512 * MIB,
				[GESSO_BUDGET_BUFFERS] = 512,
				[GESSO_BUDGET_DESCRIPTORS] = default_descriptors(),
				[GESSO_BUDGET_SURFACES] = 4096,
				[GESSO_BUDGET_CALLBACKS] = 16384,
				[GESSO_BUDGET_RATE] = 256 * MIB,
				[GESSO_BUDGET_TEXTURES] = 512 * MIB,
			},
		.ceiling_bytes = default_ceiling(),
	};
}

const char *gesso_budget_name(enum gesso_budget_kind kind)
{
	static const char *const names[GESSO_BUDGETS_LEN] = {
		[GESSO_BUDGET_BYTES] = "bytes",
		[GESSO_BUDGET_BUFFERS] = "buffers",
		[GESSO_BUDGET_DESCRIPTORS] = "descriptors",
		[GESSO_BUDGET_SURFACES] = "surfaces",
		[GESSO_BUDGET_CALLBACKS] = "callbacks",
		[GESSO_BUDGET_RATE] = "rate",
		[GESSO_BUDGET_TEXTURES] = "textures",
	};
	assert(kind < GESSO_BUDGETS_LEN);
	return names[kind];
}

size_t gesso_budget_descriptors_kept(size_t limit)
{
	size_t kept = limit / 8;
	kept = kept > DESCRIPTORS_KEPT_LEAST ? kept : DESCRIPTORS_KEPT_LEAST;
	return kept < DESCRIPTORS_KEPT_MOST ? kept : DESCRIPTORS_KEPT_MOST;
}
