/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_ANSWER_H
#define GESSO_PROBE_ANSWER_H

#include "allocators/chain.h"

/* What a helper printed (probe_helper.c tells the lines), as it is entered in a chain. */

struct probe_answer {
	bool complete;    /* all formats of one plane are told: only then anything counts */
	uint32_t formats; /* bit i: gesso_formats[i] was proved */
	struct gesso_reason refusals[GESSO_FORMATS_LEN];
	struct gesso_reason why; /* the first refusal of all, or why it failed as a whole */
	struct gesso_allocator_measure measure;
};

/* Lines that are not understood are passed over. */
void probe_answer_parse(struct probe_answer *answer, const char *text);

/* Whether those of two planes, which come last, are told as well. */
bool probe_answer_is_whole(const struct probe_answer *answer);
/* Refuses what is not told. */
void probe_answer_refuse_rest(struct probe_answer *answer, const struct gesso_reason *why);

/* Whether another run might answer otherwise: the kernel refused, not the renderer. */
bool probe_answer_is_passing(const struct probe_answer *answer);

/* Enters a complete answer. */
void probe_answer_enter(
	const struct probe_answer *answer, struct gesso_allocator_chain *chain, size_t index);

#endif
