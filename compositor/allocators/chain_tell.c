/* SPDX-License-Identifier: MIT */
#include "allocators/chain_impl.h"
#include "allocators/device.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static void tell_measures(const struct link *link, char *words, size_t size)
{
	const struct gesso_allocator_measure *measure = &link->state.measure;
	const char *cached = link->state.cached ? "cached" : "slow to read";
	if (measure->stride_align_bytes != 0) {
		snprintf(words, size, "first: %s, rows at multiples of %u bytes", cached,
			measure->stride_align_bytes);
	} else {
		snprintf(words, size, "first: %s, rows laid out by the device", cached);
	}
}

/* What puts a link behind the one that is asked before it. */
static void tell_difference(
	const struct link *before, const struct link *link, char *words, size_t size)
{
	const char *name = before->state.impl->name;
	enum chain_key key = chain_key_between(before, link);
	switch (key) {
	case CHAIN_KEY_CACHED:
		snprintf(words, size, "after %s: slow to read", name);
		break;
	case CHAIN_KEY_ALIGN:
		if (link->state.measure.stride_align_bytes == 0) {
			snprintf(words, size, "after %s: rows laid out by the device", name);
			break;
		}
		snprintf(words, size, "after %s: rows at multiples of %u bytes, not of %u", name,
			chain_key_value(link, key), chain_key_value(before, key));
		break;
	case CHAIN_KEY_READ:
		snprintf(words, size, "after %s: a read takes %.1f times the heap's, not %.1f",
			name, link->state.measure.read_cost_percent / 100.0,
			before->state.measure.read_cost_percent / 100.0);
		break;
	default:
		snprintf(words, size, "after %s: as good by what was measured", name);
		break;
	}
}

int gesso_allocator_chain_place(const struct gesso_allocator_chain *chain, size_t index,
	char words[GESSO_PLACE_WORDS_BYTES])
{
	assert(index < chain->len);
	const struct link *link = &chain->links[index], *before = NULL;
	int place = 1;
	words[0] = '\0';
	if (link->state.refusal.code != GESSO_REASON_NONE) {
		return 0;
	}
	for (size_t i = 0; i < index; i++) {
		if (chain->links[i].state.refusal.code == GESSO_REASON_NONE) {
			before = &chain->links[i];
			place++;
		}
	}
	if (!chain->automatic) {
		snprintf(words, GESSO_PLACE_WORDS_BYTES, "%s%s: in the order that was asked for",
			before != NULL ? "after " : "first",
			before != NULL ? before->state.impl->name : "");
	} else if (before == NULL) {
		tell_measures(link, words, GESSO_PLACE_WORDS_BYTES);
	} else {
		tell_difference(before, link, words, GESSO_PLACE_WORDS_BYTES);
	}
	return place;
}

static void find_node(const struct link *link, char *node, size_t size)
{
	const struct gesso_allocator_state *state = &link->state;
	node[0] = '\0';
	if (state->device != NULL && state->device[0] == '/') {
		snprintf(node, size, "%s", state->device);
	} else if (state->impl->find_node != NULL) {
		state->impl->find_node(node, size);
	}
}

static const char *tell_permission(
	const struct gesso_allocator_state *state, bool exists, bool may_open)
{
	if (state->impl->device == NULL) {
		return "not needed";
	}
	if (state->opened) {
		return "granted";
	}
	if (state->refusal.code == GESSO_REASON_PERMISSION_DENIED) {
		return "denied";
	}
	return !exists ? "unknown" : may_open ? "granted" : "denied";
}

void gesso_allocator_chain_access(const struct gesso_allocator_chain *chain, size_t index,
	struct gesso_allocator_access *access)
{
	assert(index < chain->len);
	const struct link *link = &chain->links[index];
	struct gesso_device_access device = {0};
	*access = (struct gesso_allocator_access){0};
	find_node(link, access->node, sizeof(access->node));
	bool exists = access->node[0] != '\0' && gesso_device_ask_access(access->node, &device);
	access->permission = tell_permission(&link->state, exists, device.may_open);
	memcpy(access->group, device.group, sizeof(access->group));
	if (device.owner_only && link->state.impl->udev_rule) {
		access->rule = GESSO_UDEV_RULE;
	}
}
