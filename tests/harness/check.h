/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

/*
 * How a case says that something is wrong: one line with the place, and the end
 * of the case's process. The runner (case.h) then prints the compositor's log.
 */

_Noreturn void check_failed(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The case needs a device that is not there. A failure in the kernel lane. */
_Noreturn void case_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define FAIL(...) check_failed(__FILE__, __LINE__, __VA_ARGS__)

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			FAIL("not true: %s", #condition);                                          \
		}                                                                                  \
	} while (0)

#define CHECK_INT(operator, left, right)                                                           \
	do {                                                                                       \
		long long left_value = (long long)(left), right_value = (long long)(right);        \
		if (!(left_value operator right_value)) {                                          \
			FAIL("%s " #operator" %s: %lld and %lld", #left, #right, left_value,       \
				right_value);                                                      \
		}                                                                                  \
	} while (0)

#define CHECK_EQUAL(left, right) CHECK_INT(==, left, right)

#define CHECK_STRING(left, right)                                                                  \
	do {                                                                                       \
		const char *left_string = (left), *right_string = (right);                         \
		if (strcmp(left_string, right_string) != 0) {                                      \
			FAIL("%s is '%s', not '%s'", #left, left_string, right_string);            \
		}                                                                                  \
	} while (0)

#endif
