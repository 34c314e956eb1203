/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_PACING_H
#define GESSO_DEMO_PACING_H

#include <stdint.h>

/*
 * How evenly frames were shown: the times between the frame callbacks of one
 * window, counted in steps of a quarter of a millisecond so that a long run
 * takes no more memory than a short one. Those of several windows add up.
 */

#define PACING_STEP_NS 250000
#define PACING_STEPS 400

struct pacing {
	uint32_t counts[PACING_STEPS]; /* the last one: and all that is longer */
	uint64_t intervals;
	int64_t sum_ns, max_ns;
	int64_t last_ns; /* when the last frame was shown; 0: none was */
};

/* A frame was shown at `now_ns`, of any clock that never is 0. */
void pacing_add(struct pacing *pacing, int64_t now_ns);
void pacing_merge(struct pacing *pacing, const struct pacing *other);

/*
 * The interval that the part `quantile` (0 to 1) of all does not exceed, to a step;
 * 0 if there is none.
 */
int64_t pacing_quantile_ns(const struct pacing *pacing, double quantile);

/* Frames a second; 0 if there is no interval. */
double pacing_rate_hz(const struct pacing *pacing);

#endif
