/* SPDX-License-Identifier: MIT */
#include "option_limits.h"
#include <stdio.h>
#include <string.h>

#define ALLOWED                                                                                    \
	"buffers, descriptors, surfaces, callbacks, rate (MiB a second), textures (MiB) and "      \
	"ceiling (MiB), each as NAME=NUMBER, with commas between them"
#define MOST (1 << 20)
#define MEBIBYTE (UINT64_C(1) << 20)

/* Where the limit of that name goes, and what one of its number is. NULL if there is none. */
static uint64_t *find_limit(
	struct gesso_budget *limits, const char *name, size_t name_len, uint64_t *unit)
{
	if (name_len == strlen("ceiling") && strncmp(name, "ceiling", name_len) == 0) {
		*unit = MEBIBYTE;
		return &limits->ceiling_bytes;
	}
	for (enum gesso_budget_kind kind = GESSO_BUDGET_BUFFERS; kind < GESSO_BUDGETS_LEN; kind++) {
		const char *known = gesso_budget_name(kind);
		if (strlen(known) == name_len && strncmp(known, name, name_len) == 0) {
			bool bytes = kind == GESSO_BUDGET_RATE || kind == GESSO_BUDGET_TEXTURES;
			*unit = bytes ? MEBIBYTE : 1;
			return &limits->limits[kind];
		}
	}
	return NULL;
}

static bool parse_one(struct gesso_budget *limits, const char *pair)
{
	size_t name_len = strcspn(pair, "=");
	uint64_t unit;
	uint64_t *limit = find_limit(limits, pair, name_len, &unit);
	struct complaint ignored;
	long number;
	if (limit == NULL || pair[name_len] != '=' ||
		!option_value_number(pair + name_len + 1, 1, MOST, &number, &ignored)) {
		return false;
	}
	*limit = (uint64_t)number * unit;
	return true;
}

bool option_limits_parse(
	struct gesso_budget *limits, const char *value, struct complaint *complaint)
{
	const char *at = value;
	for (;;) {
		char pair[64];
		size_t len = strcspn(at, ",");
		if (len >= sizeof(pair)) {
			return option_value_complain(complaint, value, ALLOWED);
		}
		memcpy(pair, at, len);
		pair[len] = '\0';
		if (!parse_one(limits, pair)) {
			return option_value_complain(complaint, value, ALLOWED);
		}
		if (at[len] == '\0') {
			return true;
		}
		at += len + 1;
	}
}
