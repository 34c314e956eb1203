/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TESTS_CLIENT_CHECK_H
#define GESSO_TESTS_CLIENT_CHECK_H

#include <stdio.h>
#include <stdlib.h>

/* What every case of the client's unit tests is made of. */

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define CHECK_EQUAL(actual, expected)                                                              \
	do {                                                                                       \
		long long actual_ = (long long)(actual), expected_ = (long long)(expected);        \
		if (actual_ != expected_) {                                                        \
			fprintf(stderr, "%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__,  \
				#actual, actual_, expected_);                                      \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

struct check_case {
	const char *name;
	void (*run)(void);
};

/*
 * Runs the case that argv[1] names, under an alarm; the descriptors and mappings
 * of the process must be the same after it as before. The exit status of main.
 */
int check_main(int argc, char **argv, const struct check_case *cases, size_t cases_len);

#endif
