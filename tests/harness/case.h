/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CASE_H
#define TESTS_CASE_H

#include "check.h"

/*
 * The runner. A test program holds cases; `PROGRAM CASE [KEY=VALUE...]` runs one,
 * in a process and process group of its own, in a private XDG_RUNTIME_DIR, with
 * an alarm, its descriptors counted before and after. Whatever is left running
 * afterwards is a failure, and is ended. On failure every *.log of the directory
 * is printed. Exit status: 0 passed, 1 failed, 77 skipped (a failure in the kernel
 * lane: where tools/in-machine set GESSO_MACHINE, or GESSO_LANE is "kernel"), 2
 * wrong usage.
 *
 * tests/meson.build finds the cases of a source file by their CASE( lines.
 */

struct test_case {
	const char *name;
	void (*run)(void);
	struct test_case *next;
};

void case_register(struct test_case *test_case);

#define CASE(case_name)                                                                            \
	static void case_name(void);                                                               \
	__attribute__((constructor)) static void register_##case_name(void)                        \
	{                                                                                          \
		static struct test_case entry = {#case_name, case_name, NULL};                     \
		case_register(&entry);                                                             \
	}                                                                                          \
	static void case_name(void)

/* VALUE of the argument KEY=VALUE. Fails the case if there is none. Valid for ever. */
const char *case_fixture(const char *key);
/* The same, but NULL if there is none. */
const char *case_try_fixture(const char *key);

/* Skips the case unless this user may read and write the device. */
void case_need_device(const char *path);
/* The same for the device of an allocator of Gesso's; memfd needs none. */
void case_need_allocator(const char *name);

/*
 * Seconds that a wait may take, or the whole case, where `seconds` are ample on a machine with
 * nothing else to do: 3 times that, since tests run beside each other and beside other work, 6
 * times under a sanitizer and in the machine, GESSO_TEST_SLOW times where that is set. A wait
 * ends by what it waits for: none of this is time that a case that passes takes.
 */
int case_seconds(int seconds);

/* Called once when a check has failed, for what the case wants to say of it. */
void case_on_failure(void (*say)(void));
/* How often to do it: `few` times, or `full` times where GESSO_TEST_FULL is set. */
int case_times(int few, int full);

/* Sets the alarm anew: the default is 30 seconds by case_seconds. */
void case_set_deadline(int seconds);

#endif
