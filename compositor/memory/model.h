/* SPDX-License-Identifier: MIT */
#ifndef MODEL_H
#define MODEL_H

#include "memory/kernel.h"
#include "memory/report_client.h"
#include <stdio.h>

/*
 * What is claimed beside what is measured: one data model, which print_table.c
 * and print_json.c print. Fed by report_client.h and kernel.h.
 *
 * The *honest total* = Σ PSS of all processes
 *                    + dma-buf bytes that are in no PSS
 *                    + shared memory that is allocated and in no PSS
 *                    + texture bytes that are not in the compositor's PSS.
 * Textures are claimed, all else is measured. Where a part cannot be read there
 * is no honest total, but a lower bound, and the gaps say what is missing.
 */

struct memory_model {
	struct report *report;            /* claimed */
	struct kernel_snapshot *snapshot; /* measured */
	/* Why the report's pids are not this process's; empty if they are. */
	char pids_why[KERNEL_WHY_LEN];
	bool children; /* a group is a process and its descendants */
};

/* A client, or the compositor: one process, or one and its descendants. */
struct memory_group {
	bool known;
	char why[KERNEL_WHY_LEN]; /* where it is not */
	uint64_t pss_bytes, rss_bytes, private_bytes, shared_bytes, swap_pss_bytes;
	uint64_t dmabuf_bytes; /* each dma-buf divided among its holders */
};

struct memory_totals {
	bool complete; /* no gaps */
	uint64_t pss_bytes;
	uint64_t dmabuf_unaccounted_bytes;
	uint64_t memfd_unaccounted_bytes;
	uint64_t texture_bytes; /* claimed, wherever they lie */
	uint64_t texture_unaccounted_bytes;
	uint64_t honest_bytes; /* a lower bound unless complete */
	uint64_t possibly_counted_twice_bytes;
};

/*
 * Measures what `report` (taken, on every outcome) names, under `proc` (borrowed).
 * With `children` a client's descendants are counted with it, unless they are
 * clients themselves. NULL on no memory.
 */
struct memory_model *memory_model_create(struct report *report, const char *proc, bool children);
/* Takes NULL. */
void memory_model_destroy(struct memory_model *model);

/* The figures of the group of `pid`, a client's or the compositor's. */
struct memory_group memory_model_group(const struct memory_model *model, pid_t pid);
struct memory_totals memory_model_totals(const struct memory_model *model);

/* Calls `gap` with one line for each thing that could not be read; returns how many. */
size_t memory_model_each_gap(
	const struct memory_model *model, void (*gap)(const char *why, void *data), void *data);

/* The two printers. The table is for people; the JSON's shape is in gesso-memory(1). */
void memory_print_table(FILE *out, const struct memory_model *model);
/* One line if `compact`. False on no memory. */
bool memory_print_json(FILE *out, const struct memory_model *model, bool compact);

#endif
