/* SPDX-License-Identifier: MIT */
#include "memory/kernel.h"

#include "case.h"
#include "fake_proc.h"
#include "memory/kernel_impl.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIB 1024u
#define MIB (1024u * 1024)

static struct kernel_snapshot *measure(const char *proc, pid_t first, pid_t second)
{
	struct kernel_snapshot *snapshot = kernel_snapshot_create(proc);
	CHECK(snapshot);
	kernel_snapshot_add(snapshot, first, first);
	kernel_snapshot_add(snapshot, second, second);
	return snapshot;
}

static const struct kernel_object *find(
	const struct kernel_snapshot *snapshot, enum kernel_object_kind kind, uint64_t inode)
{
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		const struct kernel_object *object = &snapshot->objects[i];
		if (object->kind == kind && object->inode == inode) {
			return object;
		}
	}
	FAIL("no object with inode %llu", (unsigned long long)inode);
}

CASE(rollup)
{
	fake_proc_add(10, 1, "painter");
	fake_proc_write_rollup(10, 300);
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 10);
	CHECK_EQUAL(snapshot->processes_len, 1);
	const struct kernel_process *process = &snapshot->processes[0];
	CHECK_STRING(process->command, "painter");
	CHECK_STRING(process->objects_why, "");
	CHECK(process->rollup_known);
	CHECK_EQUAL(process->pss_bytes, 300 * KIB);
	CHECK_EQUAL(process->rss_bytes, 600 * KIB);
	CHECK_EQUAL(process->shared_bytes, 11 * KIB);
	CHECK_EQUAL(process->private_bytes, 15 * KIB);
	CHECK_EQUAL(process->swap_pss_bytes, 16 * KIB);
	kernel_snapshot_destroy(snapshot);
}

CASE(what_cannot_be_read_has_a_reason)
{
	fake_proc_add(10, 1, "painter");
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 11);
	CHECK(!snapshot->processes[0].rollup_known);
	CHECK(strstr(snapshot->processes[0].rollup_why, "smaps_rollup"));
	CHECK(!snapshot->processes[1].rollup_known);
	CHECK(strstr(snapshot->processes[1].rollup_why, "ended"));
	CHECK(strstr(snapshot->processes[1].objects_why, "ended"));
	kernel_snapshot_destroy(snapshot);
}

/* Though root might read it. An ordinary user cannot make one, but sees the first process. */
CASE(another_users_process_is_not_read)
{
	const char *proc = "/proc";
	pid_t pid = 1;
	if (geteuid() == 0) {
		char path[1024];
		fake_proc_add(12, 1, "secret");
		fake_proc_write_rollup(12, 7);
		fake_proc_add_udmabuf(12, 5, 77, 4096);
		proc = fake_proc();
		pid = 12;
		snprintf(path, sizeof(path), "%s/%d", proc, (int)pid);
		CHECK_EQUAL(chown(path, 65534, 65534), 0);
	}
	struct kernel_snapshot *snapshot = measure(proc, pid, pid);
	CHECK(!snapshot->processes[0].rollup_known);
	CHECK(strstr(snapshot->processes[0].rollup_why, "another user's") != NULL);
	CHECK(strstr(snapshot->processes[0].objects_why, "another user's") != NULL);
	CHECK_STRING(snapshot->processes[0].command, "");
	CHECK_EQUAL(snapshot->processes[0].pss_bytes, 0);
	CHECK_EQUAL(snapshot->objects_len, 0);
	kernel_snapshot_destroy(snapshot);
}

CASE(dmabuf_is_divided_among_its_holders)
{
	fake_proc_add(10, 1, "compositor");
	fake_proc_add(11, 1, "client");
	fake_proc_add_udmabuf(10, 5, 77, 8 * MIB);
	fake_proc_add_udmabuf(10, 6, 77, 8 * MIB);
	fake_proc_write(11, "smaps",
		"7f3217400000-7f3217c00000 rw-s 00000000 00:0b 77                         "
		"/dmabuf:\n"
		"Size:               8192 kB\nRss:                   0 kB\nPss:                   "
		"0 kB\n");
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 11);
	CHECK_EQUAL(snapshot->objects_len, 1);
	const struct kernel_object *object = find(snapshot, KERNEL_OBJECT_DMABUF, 77);
	CHECK_EQUAL(object->holders_len, 2);
	CHECK(object->size_known);
	CHECK_EQUAL(object->size_bytes, 8 * MIB);
	CHECK_STRING(object->exporter, "udmabuf");
	CHECK_EQUAL(object->holders[1].mapped_bytes, 8 * MIB);
	CHECK_EQUAL(kernel_object_unaccounted_bytes(object), 8 * MIB);
	CHECK_EQUAL(kernel_process_dmabuf_bytes(snapshot, 0), 4 * MIB);
	CHECK_EQUAL(kernel_process_dmabuf_bytes(snapshot, 1), 4 * MIB);
	kernel_snapshot_destroy(snapshot);
}

CASE(dmabuf_of_an_exporter_whose_mappings_count)
{
	fake_proc_add(10, 1, "client");
	fake_proc_add_udmabuf(10, 5, 77, 8 * MIB);
	fake_proc_write(10, "smaps",
		"7f3217400000-7f3217c00000 rw-s 00000000 00:0b 77                         "
		"/dmabuf:x\n"
		"Size:               8192 kB\nRss:                6144 kB\nPss:                "
		"6144 kB\n"
		"7f3217c00000-7f3217d00000 rw-p 00000000 00:00 0 \n"
		"Rss:                 100 kB\nPss:                 100 kB\n");
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 10);
	const struct kernel_object *object = find(snapshot, KERNEL_OBJECT_DMABUF, 77);
	CHECK_EQUAL(kernel_object_pss_bytes(object), 6 * MIB);
	CHECK_EQUAL(kernel_object_unaccounted_bytes(object), 2 * MIB);
	kernel_snapshot_destroy(snapshot);
}

CASE(dmabuf_that_is_only_mapped_has_no_size)
{
	fake_proc_add(10, 1, "client");
	fake_proc_write(10, "smaps",
		"7f3217400000-7f3217c00000 rw-s 00000000 00:0b 77 /dmabuf:\nPss: 0 kB\n");
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 10);
	CHECK(!find(snapshot, KERNEL_OBJECT_DMABUF, 77)->size_known);
	kernel_snapshot_destroy(snapshot);
}

/* The running kernel's own word. */
CASE(memfd_that_is_half_mapped)
{
	int fd = memfd_create("gesso-test", MFD_CLOEXEC);
	CHECK(fd >= 0 && fallocate(fd, 0, 0, 4 * MIB) == 0);
	struct stat st;
	CHECK(fstat(fd, &st) == 0);
	void *data = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(data != MAP_FAILED);
	memset(data, 1, 2 * MIB);

	struct kernel_snapshot *snapshot = measure("/proc", getpid(), getpid());
	CHECK(snapshot->processes[0].rollup_known);
	CHECK_INT(>=, snapshot->processes[0].pss_bytes, 2 * MIB);
	const struct kernel_object *object = find(snapshot, KERNEL_OBJECT_SHMEM, st.st_ino);
	CHECK_EQUAL(object->size_bytes, 4 * MIB);
	CHECK_EQUAL(object->allocated_bytes, 4 * MIB);
	CHECK_EQUAL(object->holders_len, 1);
	CHECK_EQUAL(kernel_object_pss_bytes(object), 2 * MIB);
	CHECK_EQUAL(kernel_object_unaccounted_bytes(object), 2 * MIB);
	CHECK(strstr(object->name, "gesso-test"));
	CHECK(object->may_shrink);
	kernel_snapshot_destroy(snapshot);
	munmap(data, 2 * MIB);
	close(fd);
}

CASE(memfd_that_may_be_behind_a_udmabuf)
{
	char smaps[] = "7f0000000000-7f0000800000 rw-s 00000000 00:01 1024 /memfd:pool (deleted)\n"
		       "Rss: 8192 kB\nPss: 8192 kB\n";
	fake_proc_add(10, 1, "client");
	fake_proc_write(10, "smaps", "%s", smaps);
	fake_proc_add_udmabuf(10, 5, 77, 4 * MIB);
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 10);
	struct kernel_object *object =
		(struct kernel_object *)find(snapshot, KERNEL_OBJECT_SHMEM, 1024);
	CHECK(!kernel_object_may_be_counted_twice(snapshot, object));
	object->size_bytes = 8 * MIB;
	CHECK(kernel_object_may_be_counted_twice(snapshot, object));
	object->may_shrink = true;
	CHECK(!kernel_object_may_be_counted_twice(snapshot, object));
	kernel_snapshot_destroy(snapshot);
}

CASE(lines_of_any_length_and_nonsense)
{
	char *name = malloc(100000);
	CHECK(name);
	memset(name, 'x', 99999);
	name[99999] = '\0';
	fake_proc_add(10, 1, "client");
	fake_proc_write(10, "smaps_rollup", "%s\nPss:\nPss: x kB\nPss: 5 kB\n%s", name, name);
	fake_proc_write(10, "smaps",
		"7f00-7f00 rw-s 0 00:01 9 /memfd:%s\nPss: 3 kB\n%s\nPss: 9 kB\n-\n:\n7f\n"
		"9-1 rw-s 0 00:01 9 /memfd:a\nPss: 18446744073709551615 kB\n",
		name, name);
	fake_proc_write(10, "stat", "10 (client S 1");
	free(name);
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 10);
	CHECK_EQUAL(snapshot->processes[0].pss_bytes, 5 * KIB);
	CHECK_EQUAL(snapshot->objects_len, 1);
	CHECK_EQUAL(kernel_object_pss_bytes(find(snapshot, KERNEL_OBJECT_SHMEM, 9)), 3 * KIB);
	kernel_snapshot_add_descendants(snapshot, 10, 10);
	CHECK_EQUAL(snapshot->processes_len, 1);
	kernel_snapshot_destroy(snapshot);
}

CASE(descendants_stop_at_other_clients)
{
	fake_proc_add(10, 1, "browser");
	fake_proc_add(11, 10, "a) R 1 (b");
	fake_proc_add(12, 11, "tab");
	fake_proc_add(13, 10, "other client");
	fake_proc_add(14, 13, "its child");
	struct kernel_snapshot *snapshot = measure(fake_proc(), 10, 13);
	kernel_snapshot_add_descendants(snapshot, 10, 10);
	CHECK_EQUAL(snapshot->processes_len, 4);
	CHECK_EQUAL(kernel_process_find(snapshot, 11)->group, 10);
	CHECK_EQUAL(kernel_process_find(snapshot, 12)->group, 10);
	CHECK_EQUAL(kernel_process_find(snapshot, 13)->group, 13);
	CHECK(!kernel_process_find(snapshot, 14));
	kernel_snapshot_destroy(snapshot);
}
