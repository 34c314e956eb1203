/* SPDX-License-Identifier: MIT */
#ifndef GESSO_ALLOCATOR_CHAIN_IMPL_H
#define GESSO_ALLOCATOR_CHAIN_IMPL_H

#include "allocators/chain.h"

/*
 * Private to chain.c (what is offered, and memory of our own), chain_wrap.c (clients'),
 * chain_order.c (who is asked first) and chain_tell.c (why, for people).
 */

struct link {
	struct gesso_allocator_state state;
	bool allowed;
	size_t order;                      /* place that it was given by name */
	struct gesso_allocator *allocator; /* NULL if it cannot be used at all */
	struct gesso_reason formats[GESSO_FORMATS_LEN];
	uint32_t logged; /* bit i: that it gave no memory for code i is in the log */
};

struct gesso_allocator_chain {
	bool automatic; /* no order was asked for */
	size_t len;     /* of gesso_allocator_impls */
	struct link links[];
};

/* All links in the order of `names`, nothing opened. NULL, with `why` set, as create says. */
struct gesso_allocator_chain *chain_order_by_names(const char *names, struct gesso_reason *why);

/* What puts one link before another. */
enum chain_key {
	CHAIN_KEY_OFFERED, /* proved, before what is not */
	CHAIN_KEY_CACHED,  /* cached, before slow to read */
	CHAIN_KEY_ALIGN,   /* rows packed closer, by what was proved */
	CHAIN_KEY_READ,    /* cheaper to read, by factors of two */
	CHAIN_KEYS_LEN,    /* nothing but the order by name */
};
/* By `key`, the less the sooner it is asked. */
uint32_t chain_key_value(const struct link *link, enum chain_key key);
/* The first key by which two links differ. */
enum chain_key chain_key_between(const struct link *a, const struct link *b);

/* Keeps, counts and logs that an offered link gave no memory. */
void chain_note_failure(struct link *link, const struct gesso_reason *why);

/* Whether the descriptor table is still far from full. False with `why` set if not. */
bool chain_leaves_headroom(const struct gesso_memory *memory, struct gesso_reason *why);

#endif
