/* SPDX-License-Identifier: MIT */
#include "allocators/chain_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gesso_allocator_impl *impl_by_name(const char *name, size_t name_len)
{
	for (size_t i = 0; gesso_allocator_impls[i] != NULL; i++) {
		const struct gesso_allocator_impl *impl = gesso_allocator_impls[i];
		if (strlen(impl->name) == name_len && strncmp(impl->name, name, name_len) == 0) {
			return impl;
		}
	}
	return NULL;
}

/* Puts a kind next, unless it is there already. */
static void add_link(
	struct gesso_allocator_chain *chain, const struct gesso_allocator_impl *impl, bool allowed)
{
	for (size_t i = 0; i < chain->len; i++) {
		if (chain->links[i].state.impl == impl) {
			return;
		}
	}
	chain->links[chain->len] = (struct link){
		.state = {.impl = impl},
		.allowed = allowed,
		.order = chain->len,
	};
	chain->len++;
}

static void add_all_links(struct gesso_allocator_chain *chain, bool allowed)
{
	for (size_t i = 0; gesso_allocator_impls[i] != NULL; i++) {
		add_link(chain, gesso_allocator_impls[i], allowed);
	}
}

static void refuse_name(struct gesso_reason *why, const char *name, size_t name_len)
{
	char allowed[96] = "";
	size_t used = 0;
	for (size_t i = 0; gesso_allocator_impls[i] != NULL && used < sizeof(allowed); i++) {
		used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, ", %s",
			gesso_allocator_impls[i]->name);
	}
	gesso_reason_set(why, GESSO_REASON_DISABLED, "unknown allocator '%.*s': use auto, none%s",
		(int)name_len, name, allowed);
}

static bool add_named_links(
	struct gesso_allocator_chain *chain, const char *names, struct gesso_reason *why)
{
	for (const char *name = names;; name++) {
		size_t name_len = strcspn(name, ",");
		const struct gesso_allocator_impl *impl = impl_by_name(name, name_len);
		if (impl == NULL) {
			refuse_name(why, name, name_len);
			return false;
		}
		add_link(chain, impl, true);
		name += name_len;
		if (*name == '\0') {
			return true;
		}
	}
}

struct gesso_allocator_chain *chain_order_by_names(const char *names, struct gesso_reason *why)
{
	size_t impls_len = 0;
	while (gesso_allocator_impls[impls_len] != NULL) {
		impls_len++;
	}
	struct gesso_allocator_chain *chain =
		calloc(1, sizeof(*chain) + impls_len * sizeof(chain->links[0]));
	if (chain == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	chain->automatic = strcmp(names, "auto") == 0;
	if (chain->automatic) {
		add_all_links(chain, true);
	} else if (strcmp(names, "none") != 0 && !add_named_links(chain, names, why)) {
		free(chain);
		return NULL;
	}
	add_all_links(chain, false);
	return chain;
}

bool gesso_allocator_chain_check_names(const char *names, struct gesso_reason *why)
{
	struct gesso_allocator_chain *chain = chain_order_by_names(names, why);
	free(chain);
	return chain != NULL;
}

/* Noise does not change the order: only each doubling beyond twice the heap's counts. */
static uint32_t read_doublings(uint32_t percent)
{
	uint32_t doublings = 0;
	for (; percent > 200; percent /= 2) {
		doublings++;
	}
	return doublings;
}

uint32_t chain_key_value(const struct link *link, enum chain_key key)
{
	const struct gesso_allocator_measure *measure = &link->state.measure;
	switch (key) {
	case CHAIN_KEY_OFFERED:
		return link->state.refusal.code != GESSO_REASON_NONE;
	case CHAIN_KEY_CACHED:
		return !link->state.cached;
	case CHAIN_KEY_ALIGN:
		return measure->stride_align_bytes != 0 ? measure->stride_align_bytes
							: GESSO_STRIDE_ALIGN_BYTES;
	case CHAIN_KEY_READ:
		return read_doublings(measure->read_cost_percent);
	case CHAIN_KEYS_LEN:
		break;
	}
	return 0;
}

enum chain_key chain_key_between(const struct link *a, const struct link *b)
{
	enum chain_key key = 0;
	while (key < CHAIN_KEYS_LEN && chain_key_value(a, key) == chain_key_value(b, key)) {
		key++;
	}
	return key;
}

static int compare_links(const void *left, const void *right)
{
	const struct link *a = left, *b = right;
	enum chain_key key = chain_key_between(a, b);
	if (key == CHAIN_KEYS_LEN) {
		return a->order < b->order ? -1 : 1;
	}
	return chain_key_value(a, key) < chain_key_value(b, key) ? -1 : 1;
}

void gesso_allocator_chain_sort(struct gesso_allocator_chain *chain)
{
	if (chain->automatic) {
		qsort(chain->links, chain->len, sizeof(chain->links[0]), compare_links);
	}
}
