/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_TRACE_H
#define TESTS_FUZZ_TRACE_H

#include <stdint.h>

/* What was sent last, in words, to be printed when the compositor has failed. */

/* Begins the line of a message; a line that was begun before is complete. */
void trace_begin(
	uint32_t peer, uint64_t message, const char *interface, uint32_t id, const char *request);
void trace_add(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* From now on each line is printed when it is complete. */
void trace_print_all(void);
/* The last lines, oldest first, to standard error. */
void trace_print(void);

#endif
