/* SPDX-License-Identifier: MIT */
#ifndef GESSO_ALLOCATOR_CHAIN_IMPL_H
#define GESSO_ALLOCATOR_CHAIN_IMPL_H

#include "allocators/chain.h"

/* Private to chain.c (what is offered, and memory of our own) and chain_wrap.c (clients'). */

#define IMPLS_LEN 5 /* of gesso_allocator_impls, without the NULL */

struct link {
	struct gesso_allocator_state state;
	bool allowed;
	struct gesso_allocator *allocator; /* NULL if it cannot be used at all */
	struct gesso_reason formats[GESSO_FORMATS_LEN];
};

struct gesso_allocator_chain {
	bool automatic; /* no order was asked for */
	struct link links[IMPLS_LEN];
};

/* Whether the descriptor table is still far from full. False with `why` set if not. */
bool chain_leaves_headroom(const struct gesso_memory *memory, struct gesso_reason *why);

#endif
