/* SPDX-License-Identifier: MIT */
#ifndef GESSO_CLOCK_H
#define GESSO_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * What deadlines and rates are counted by. clock_now_* read CLOCK_MONOTONIC, which nobody sets
 * and which wl_surface.frame and input events count in too; clock_thread_ns reads the CPU time
 * of the calling thread, without the time in which others ran.
 */

static inline int64_t clock_read_ns(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline int64_t clock_now_ns(void)
{
	return clock_read_ns(CLOCK_MONOTONIC);
}

static inline int64_t clock_now_ms(void)
{
	return clock_now_ns() / 1000000;
}

static inline int64_t clock_thread_ns(void)
{
	return clock_read_ns(CLOCK_THREAD_CPUTIME_ID);
}

#endif
