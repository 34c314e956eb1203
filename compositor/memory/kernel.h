/* SPDX-License-Identifier: MIT */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * What the kernel says of the memory of some processes: every figure here is
 * *measured*, read from /proc with the reader's own rights. Fed with process
 * ids; read by model.h, which sets it beside what the compositor claims.
 *
 *   snapshot ─┬─ process …: PSS, RSS, private, shared   smaps_rollup
 *             └─ object …:  size, allocated, exporter   fd, fdinfo
 *                  └─ holder …: one process's share     fd, smaps
 *
 * An object is memory that has an inode and may be held by several processes: a
 * dma-buf, or shared memory (memfd, or a file of /dev/shm or /run/user). It is
 * entered once however many descriptors and mappings it has.
 *
 * A mapping of a dma-buf is VM_PFNMAP with every exporter of the kernel that was
 * looked at (udmabuf, system heap, vgem and the other users of the shmem
 * helpers): smaps says 0 for it and it is in nobody's PSS. That is not assumed
 * but read: `pss_bytes` of an object is what smaps gives for its mappings, and
 * what is not in it is in no PSS.
 *
 * All sizes are in bytes; smaps has them in KiB, rounded down per mapping.
 */

#define KERNEL_WHY_LEN 160

enum kernel_object_kind {
	KERNEL_OBJECT_DMABUF,
	KERNEL_OBJECT_SHMEM,
};

/* One process's hold on an object. */
struct kernel_holder {
	size_t process; /* index into kernel_snapshot.processes */
	bool by_fd;
	uint64_t mapped_bytes;
	uint64_t pss_bytes; /* smaps, Pss of the mappings */
	uint64_t rss_bytes; /* smaps, Rss of the mappings */
};

struct kernel_object {
	enum kernel_object_kind kind;
	uint64_t device; /* st_dev; 0 for dma-bufs and memfds, which have one each */
	uint64_t inode;
	bool size_known; /* some process holds a descriptor of it that can be read */
	uint64_t size_bytes;
	uint64_t allocated_bytes; /* of shared memory st_blocks × 512; of a dma-buf its size */
	char exporter[32];        /* of a dma-buf; empty if only mappings were seen */
	char name[64];            /* of shared memory */
	/* of a dma-buf: its pages are those of shared memory that is counted: set by model.c */
	bool counted_elsewhere;
	/* of a memfd: no udmabuf can be over it, since it may still shrink */
	bool may_shrink;
	struct kernel_holder *holders;
	size_t holders_len;
};

struct kernel_process {
	pid_t pid;
	pid_t group; /* the pid of the client, or of the compositor, that it belongs to */
	char command[32];
	/* smaps_rollup; where it could not be read `rollup_why` says so */
	bool rollup_known;
	char rollup_why[KERNEL_WHY_LEN];
	uint64_t pss_bytes, rss_bytes, private_bytes, shared_bytes, swap_pss_bytes;
	/* smaps, fd and fdinfo; empty if all was read */
	char objects_why[KERNEL_WHY_LEN];
};

struct kernel_snapshot {
	const char *proc; /* "/proc", or a directory of the same shape */
	struct kernel_process *processes;
	size_t processes_len;
	struct kernel_object *objects;
	size_t objects_len;
	bool no_memory; /* something was left out */
};

/* `proc` is borrowed. NULL on no memory. */
struct kernel_snapshot *kernel_snapshot_create(const char *proc);
/* Takes NULL. */
void kernel_snapshot_destroy(struct kernel_snapshot *snapshot);

/*
 * Measures one process, once: a pid that is there already is left as it is.
 * The directory /proc/PID is held open meanwhile, and so, as with a pidfd, all is
 * read from the one process even if its pid is given to another. A process that
 * is gone, may not be read, or is another user's is entered with the reason.
 */
void kernel_snapshot_add(struct kernel_snapshot *snapshot, pid_t pid, pid_t group);

/* Its children, their children and so on, but none that is there already. */
void kernel_snapshot_add_descendants(struct kernel_snapshot *snapshot, pid_t pid, pid_t group);

/* NULL if it was not entered. */
const struct kernel_process *kernel_process_find(const struct kernel_snapshot *snapshot, pid_t pid);

/* Σ Pss of all its mappings, in all the processes of the snapshot. */
uint64_t kernel_object_pss_bytes(const struct kernel_object *object);

/*
 * What is allocated for it and in no PSS. Meaningless unless size_known. Exact
 * where every process that maps it is in the snapshot.
 */
uint64_t kernel_object_unaccounted_bytes(const struct kernel_object *object);

/*
 * A memfd sealed against shrinking (or one whose seals cannot be read) whose
 * holder also holds a udmabuf no bigger than it: it may be the memory behind that
 * udmabuf. The kernel does not say.
 */
bool kernel_object_may_be_counted_twice(
	const struct kernel_snapshot *snapshot, const struct kernel_object *object);

/*
 * The dma-bufs that the process holds, each divided among the processes of the
 * snapshot that hold it (as Android's dmabuf_dump and PSS do).
 */
uint64_t kernel_process_dmabuf_bytes(const struct kernel_snapshot *snapshot, size_t process);

#endif
