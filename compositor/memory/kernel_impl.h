/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_IMPL_H
#define KERNEL_IMPL_H

#include "memory/kernel.h"
#include <stdio.h>

/* What the files of kernel.h share: the model's growth, and the parsers. */

/* The object, made when first seen. NULL on no memory. */
struct kernel_object *kernel_object_get(struct kernel_snapshot *snapshot,
	enum kernel_object_kind kind, uint64_t device, uint64_t inode);
/* `process`'s hold on it, made when first seen. NULL on no memory. */
struct kernel_holder *kernel_holder_get(
	struct kernel_snapshot *snapshot, struct kernel_object *object, size_t process);

/*
 * Reads one line, without its newline; what does not fit is skipped. False at
 * the end or on an error (ferror).
 */
bool kernel_read_line(FILE *file, char *line, size_t size);

/* "Pss:    12 kB" → 12288 if `line` begins with `key` and ':'. */
bool kernel_parse_kib(const char *line, const char *key, uint64_t *bytes);

/* The first line of a mapping in maps or smaps. `name` points into `line`. */
struct kernel_mapping {
	uint64_t size_bytes;
	bool shared;
	uint64_t device, inode;
	const char *name;
};
bool kernel_parse_mapping(const char *line, struct kernel_mapping *mapping);

/* Whether a name in fd/ or smaps is an object, and of what kind. `device` is zeroed if so said. */
bool kernel_classify(const char *name, enum kernel_object_kind *kind, uint64_t *device);

/* These read from the open directory /proc/PID. */
void kernel_read_rollup(int dir, struct kernel_process *process);
void kernel_read_command(int dir, struct kernel_process *process);
void kernel_read_mappings(struct kernel_snapshot *snapshot, int dir, size_t process);
void kernel_read_descriptors(struct kernel_snapshot *snapshot, int dir, size_t process);

#endif
