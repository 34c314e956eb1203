/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_PROC_H
#define TESTS_FAKE_PROC_H

#include <sys/types.h>

/*
 * A directory of the shape of /proc, in the case's own, filled by hand. Texts
 * follow what Linux 6.12 writes. Links of descriptors to a dma-buf dangle, as
 * nothing in a file system has such a name.
 */

/* Its path, for kernel_snapshot_create. Valid for ever. */
const char *fake_proc(void);
/* Makes /proc/PID with comm, stat, fd and fdinfo. */
void fake_proc_add(pid_t pid, pid_t parent, const char *command);
/* Writes /proc/PID/`file`. */
void fake_proc_write(pid_t pid, const char *file, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A plain smaps_rollup. */
void fake_proc_write_rollup(pid_t pid, unsigned int pss_kib);
/* A descriptor of a udmabuf. */
void fake_proc_add_udmabuf(pid_t pid, int fd, unsigned int inode, unsigned int size_bytes);

#endif
