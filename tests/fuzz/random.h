/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_RANDOM_H
#define TESTS_FUZZ_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers that are the same again for the same seed: splitmix64. */

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t mixed = random->state += 0x9e3779b97f4a7c15ull;
	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ull;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
	return mixed ^ mixed >> 31;
}

/* What comes from it depends on all three, and on nothing else. */
static inline struct random random_seed(uint64_t seed, uint64_t second, uint64_t third)
{
	struct random random = {seed};
	random.state = random_next(&random) ^ second;
	random.state = random_next(&random) ^ third;
	return random;
}

/* 0 to limit - 1. */
static inline uint32_t random_below(struct random *random, uint32_t limit)
{
	return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

/* True once in so many times. */
static inline bool random_once_in(struct random *random, uint32_t times)
{
	return random_below(random, times) == 0;
}

#endif
