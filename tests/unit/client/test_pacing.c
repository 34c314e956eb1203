/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "pacing.h"

#define MS INT64_C(1000000)

static void test_quantiles(void)
{
	struct pacing pacing = {0};
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 0.5), 0);
	CHECK(pacing_rate_hz(&pacing) == 0);
	int64_t now_ns = 5 * MS;
	pacing_add(&pacing, now_ns);
	CHECK_EQUAL(pacing.intervals, 0);
	for (int i = 0; i < 100; i++) {
		now_ns += (i < 95 ? 10 : 40) * MS;
		pacing_add(&pacing, now_ns);
	}
	CHECK_EQUAL(pacing.intervals, 100);
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 0.5), 10 * MS + PACING_STEP_NS);
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 0.95), 10 * MS + PACING_STEP_NS);
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 0.96), 40 * MS);
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 1), 40 * MS);
	CHECK(pacing_rate_hz(&pacing) * 1.15 == 100);
}

/* Longer than all steps: told by the longest. */
static void test_very_long(void)
{
	struct pacing pacing = {0};
	pacing_add(&pacing, 1);
	pacing_add(&pacing, 1 + 5000 * MS);
	CHECK_EQUAL(pacing_quantile_ns(&pacing, 0.5), 5000 * MS);
	CHECK_EQUAL(pacing.max_ns, 5000 * MS);
}

/* Between the frames of two windows there is no interval. */
static void test_merge(void)
{
	struct pacing both = {0}, one = {0}, other = {0};
	pacing_add(&one, 1 * MS);
	pacing_add(&one, 21 * MS);
	pacing_add(&other, 900 * MS);
	pacing_add(&other, 910 * MS);
	pacing_merge(&both, &one);
	pacing_merge(&both, &other);
	CHECK_EQUAL(both.intervals, 2);
	CHECK_EQUAL(both.sum_ns, 30 * MS);
	CHECK_EQUAL(both.max_ns, 20 * MS);
}

static const struct check_case cases[] = {
	{"quantiles", test_quantiles},
	{"very-long", test_very_long},
	{"merge", test_merge},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
