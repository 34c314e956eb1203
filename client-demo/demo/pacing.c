/* SPDX-License-Identifier: MIT */
#include "pacing.h"
#include <stdbool.h>

#define NS_PER_S 1e9

void pacing_add(struct pacing *pacing, int64_t now_ns)
{
	int64_t interval_ns = now_ns - pacing->last_ns;
	bool first = pacing->last_ns == 0;
	pacing->last_ns = now_ns;
	if (first)
		return;
	int64_t step = interval_ns / PACING_STEP_NS;
	pacing->counts[step < PACING_STEPS ? step : PACING_STEPS - 1]++;
	pacing->intervals++;
	pacing->sum_ns += interval_ns;
	if (interval_ns > pacing->max_ns)
		pacing->max_ns = interval_ns;
}

void pacing_merge(struct pacing *pacing, const struct pacing *other)
{
	for (int i = 0; i < PACING_STEPS; i++)
		pacing->counts[i] += other->counts[i];
	pacing->intervals += other->intervals;
	pacing->sum_ns += other->sum_ns;
	if (other->max_ns > pacing->max_ns)
		pacing->max_ns = other->max_ns;
}

int64_t pacing_quantile_ns(const struct pacing *pacing, double quantile)
{
	uint64_t seen = 0;
	for (int i = 0; i < PACING_STEPS - 1; i++) {
		seen += pacing->counts[i];
		if (seen > 0 && (double)seen >= quantile * (double)pacing->intervals) {
			int64_t end_ns = (int64_t)(i + 1) * PACING_STEP_NS;
			return end_ns < pacing->max_ns ? end_ns : pacing->max_ns;
		}
	}
	return pacing->max_ns;
}

double pacing_rate_hz(const struct pacing *pacing)
{
	return pacing->sum_ns ? NS_PER_S * (double)pacing->intervals / (double)pacing->sum_ns : 0;
}
