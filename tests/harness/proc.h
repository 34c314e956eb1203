/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROC_H
#define TESTS_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* What the kernel says of a process and of its own memory: read, never guessed. */

/* Open descriptors, the one that counts them not among them. */
int proc_count_descriptors(pid_t pid);
/* Those of the buffers that a compositor's outputs have of their own, which come and go. */
int proc_count_outputs_buffers(pid_t pid);
/* Number, target and size of each, a line each. */
void proc_print_descriptors(pid_t pid, FILE *out);

/*
 * Each of its threads sleeps: whatever woke it has been dealt with, however busy the machine is,
 * since a thread that was woken is runnable from then on.
 */
bool proc_at_rest(pid_t pid);

struct proc_mappings {
	size_t count; /* mappings of one inode */
	size_t size_bytes;
};

/* The mappings of `inode` (st_ino of a memfd or a dma-buf) in the process. */
struct proc_mappings proc_mappings_of(pid_t pid, uint64_t inode);

/* Mappings of the process whose name begins with `name`, as the kernel prints it in maps. */
size_t proc_count_mappings_named(pid_t pid, const char *name);

/* Bytes of private anonymous memory, from smaps_rollup. */
size_t proc_anonymous_bytes(pid_t pid);

struct proc_pss {
	size_t total_bytes;
	/* Of these: the process's own; shared memory; program files, which depend on who else runs. */
	size_t anonymous_bytes, shared_memory_bytes, file_bytes;
};

/* From smaps_rollup. */
struct proc_pss proc_pss(pid_t pid);

/* A field of /proc/meminfo, such as "Shmem", in bytes. Fails the case if there is none. */
size_t proc_meminfo_bytes(const char *field);

struct proc_dmabufs {
	size_t count, size_bytes;
};

/*
 * All dma-bufs of the machine, from debugfs' dma_buf/bufinfo. The case is skipped
 * where that cannot be read.
 */
struct proc_dmabufs proc_dmabufs(void);

/*
 * Resident pages have a cost that settles: waits until the anonymous and the shared memory of a
 * process stay as they are; with 0, those of the whole machine (AnonPages and Shmem).
 */
void proc_settle(pid_t pid);

#endif
