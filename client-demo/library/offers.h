/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_OFFERS_H
#define GESSO_LIBRARY_OFFERS_H

#include "words.h"

/*
 * What the compositor offers on path native: the batch of
 * gesso_gpu_memory_buffer_manager_v1. A batch is gathered beside the one in force
 * and replaces it at "done".
 */

#define OFFERS_FORMATS_MAX 32

struct gesso_gpu_memory_buffer_manager_v1;

struct offers_batch {
	uint32_t formats[OFFERS_FORMATS_MAX];
	size_t formats_len;
	bool pending;           /* some allocator's probe has not ended */
	struct refusal refusal; /* all of the batch's refusals in one line; the first one's code */
};

struct offers {
	struct gesso_gpu_memory_buffer_manager_v1 *manager; /* NULL without the global */
	struct offers_batch batch;
	uint64_t serial; /* batches received; 0 before the first */
	/* private */
	struct offers_batch next;
};

/* Takes `manager` and listens to it. */
void offers_listen(struct offers *offers, struct gesso_gpu_memory_buffer_manager_v1 *manager);
void offers_finish(struct offers *offers);

/* Whether `fourcc` is offered. If not, `why` says why. */
bool offers_has(const struct offers *offers, uint32_t fourcc, struct refusal *why);

#endif
