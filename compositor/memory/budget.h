/* SPDX-License-Identifier: MIT */
#ifndef GESSO_BUDGET_H
#define GESSO_BUDGET_H

#include <stddef.h>
#include <stdint.h>

/*
 * What each client may take, and all of them together: filled from the options, read by
 * the ledger (memory) and by objects.h (what is no memory of its own), and told in the
 * report beside what each client has.
 */

enum gesso_budget_kind {
	GESSO_BUDGET_BYTES = 0, /* of buffers: pinned, allocated or imported */
	GESSO_BUDGET_BUFFERS,   /* those buffers */
	GESSO_BUDGET_DESCRIPTORS, /* wl_shm pools, wl_buffers, their further planes, and those of no buffer yet */
	GESSO_BUDGET_SURFACES,
	GESSO_BUDGET_CALLBACKS,
	GESSO_BUDGET_RATE, /* bytes a second that are allocated for it, after as many as BYTES */
	GESSO_BUDGETS_LEN,
};

struct gesso_budget {
	uint64_t limits[GESSO_BUDGETS_LEN]; /* of each client */
	uint64_t ceiling_bytes;             /* of all clients' BYTES together */
};

/*
 * The defaults, some of which are found from what the machine has: half of the free
 * descriptors for one client (4096 at most), and half of the machine's memory for all.
 */
void gesso_budget_init(struct gesso_budget *budget);

/* As in the options and in reports, such as "descriptors". Never NULL. */
const char *gesso_budget_name(enum gesso_budget_kind kind);

/* How many descriptors are kept free for what everybody needs, of a table of `limit`. */
size_t gesso_budget_descriptors_kept(size_t limit);

#endif
