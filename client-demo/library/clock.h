/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_CLOCK_H
#define GESSO_LIBRARY_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Times are nanoseconds of CLOCK_MONOTONIC; a deadline of NEVER does not come. */
#define CLOCK_NEVER INT64_MAX
#define CLOCK_NS_PER_MS INT64_C(1000000)

static inline int64_t clock_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t clock_after_ms(int timeout_ms)
{
	return clock_now_ns() + timeout_ms * CLOCK_NS_PER_MS;
}

/* For poll: rounded up, so that the deadline has passed when it returns. -1 for NEVER. */
static inline int clock_ms_until(int64_t deadline_ns)
{
	if (deadline_ns == CLOCK_NEVER)
		return -1;
	int64_t left_ns = deadline_ns - clock_now_ns();
	if (left_ns <= 0)
		return 0;
	int64_t left_ms = (left_ns + CLOCK_NS_PER_MS - 1) / CLOCK_NS_PER_MS;
	return left_ms > INT32_MAX ? INT32_MAX : (int)left_ms;
}

static inline int64_t clock_earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

#endif
