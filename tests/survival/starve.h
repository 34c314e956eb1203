/* SPDX-License-Identifier: MIT */
#ifndef TESTS_STARVE_H
#define TESTS_STARVE_H

#include <stdint.h>

/*
 * A file shared between a case and the interposer starve.so in the compositor, which
 * refuses its main thread memory. Where the process then ends by a signal, the stack of the
 * last refusal is printed.
 */
struct starve {
	int32_t every;    /* refuse each call with that number; 0: none */
	int32_t only_own; /* not 0: calls that gesso's own code makes, not its libraries */
	int32_t calls, refused; /* written by the interposer */
};

#endif
