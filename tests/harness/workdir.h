/* SPDX-License-Identifier: MIT */
#ifndef TESTS_WORKDIR_H
#define TESTS_WORKDIR_H

#include <stdio.h>

/*
 * The directory of one case: XDG_RUNTIME_DIR, and where logs go. Made before
 * the case and removed after it, with all that is in it.
 */

/* Makes it and points XDG_RUNTIME_DIR to it. Exits on failure. */
void workdir_create(void);
/* Never NULL after workdir_create. */
const char *workdir_path(void);
/* All *.log files. */
void workdir_print_logs(FILE *out);
void workdir_remove(void);

#endif
