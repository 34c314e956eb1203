/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The programs that a case starts: each dies with it, and writes to a log in its
 * directory. Waits for them are bounded.
 */

/*
 * Starts `program` (looked up in PATH), its arguments `text`, which is split at spaces in
 * place, with LD_PRELOAD as `preload` unless that is NULL. Fails the case if it cannot fork.
 */
pid_t process_spawn(const char *program, char *text, const char *log_name, const char *preload);

/*
 * Reads the line that a program says it is ready by, without its end, into `line`. `what` names
 * the program where it ends or is late, which fails the case. Borrows `fd`.
 */
void process_read_line(int fd, char *line, size_t size_bytes, const char *what);

/* False where it has not ended after `seconds`; else its `status` is waitpid's. */
bool process_wait_end(pid_t pid, int seconds, int *status);

#endif
