/* SPDX-License-Identifier: MIT */
#include "memory/kernel.h"

#include "memory/kernel_impl.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree of processes deeper than any that is not an attack. */
#define DESCENT_MAX 64

struct kernel_snapshot *kernel_snapshot_create(const char *proc)
{
	struct kernel_snapshot *snapshot = calloc(1, sizeof(*snapshot));
	if (snapshot) {
		snapshot->proc = proc;
	}
	return snapshot;
}

void kernel_snapshot_destroy(struct kernel_snapshot *snapshot)
{
	if (!snapshot) {
		return;
	}
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		free(snapshot->objects[i].holders);
	}
	free(snapshot->objects);
	free(snapshot->processes);
	free(snapshot);
}

/* Room for one more element, zeroed; capacities are powers of two. NULL on no memory. */
static void *array_add(void **array, size_t *len, size_t element_size)
{
	if ((*len & (*len - 1)) == 0) {
		size_t capacity = *len == 0 ? 1 : *len * 2;
		void *grown = reallocarray(*array, capacity, element_size);
		if (!grown) {
			return NULL;
		}
		*array = grown;
	}
	char *element = (char *)*array + *len * element_size;
	memset(element, 0, element_size);
	(*len)++;
	return element;
}

struct kernel_object *kernel_object_get(struct kernel_snapshot *snapshot,
	enum kernel_object_kind kind, uint64_t device, uint64_t inode)
{
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		struct kernel_object *object = &snapshot->objects[i];
		if (object->kind == kind && object->device == device && object->inode == inode) {
			return object;
		}
	}
	struct kernel_object *object =
		array_add((void **)&snapshot->objects, &snapshot->objects_len, sizeof(*object));
	if (!object) {
		snapshot->no_memory = true;
		return NULL;
	}
	object->kind = kind;
	object->device = device;
	object->inode = inode;
	return object;
}

struct kernel_holder *kernel_holder_get(
	struct kernel_snapshot *snapshot, struct kernel_object *object, size_t process)
{
	for (size_t i = 0; i < object->holders_len; i++) {
		if (object->holders[i].process == process) {
			return &object->holders[i];
		}
	}
	struct kernel_holder *holder =
		array_add((void **)&object->holders, &object->holders_len, sizeof(*holder));
	if (!holder) {
		snapshot->no_memory = true;
		return NULL;
	}
	holder->process = process;
	return holder;
}

void kernel_snapshot_add(struct kernel_snapshot *snapshot, pid_t pid, pid_t group)
{
	if (pid <= 0 || kernel_process_find(snapshot, pid)) {
		return;
	}
	size_t index = snapshot->processes_len;
	struct kernel_process *process = array_add(
		(void **)&snapshot->processes, &snapshot->processes_len, sizeof(*process));
	if (!process) {
		snapshot->no_memory = true;
		return;
	}
	process->pid = pid;
	process->group = group;

	char path[4096];
	snprintf(path, sizeof(path), "%s/%d", snapshot->proc, (int)pid);
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		const char *words = errno == ENOENT ? "the process has ended" : strerror(errno);
		snprintf(
			process->rollup_why, sizeof(process->rollup_why), "%.40s: %s", path, words);
		memcpy(process->objects_why, process->rollup_why, sizeof(process->objects_why));
		return;
	}
	struct stat status;
	if (fstat(dir, &status) != 0 || status.st_uid != geteuid()) {
		/* root may read it, and is not asked to */
		snprintf(process->rollup_why, sizeof(process->rollup_why),
			"%.40s: another user's process", path);
		memcpy(process->objects_why, process->rollup_why, sizeof(process->objects_why));
		close(dir);
		return;
	}
	kernel_read_command(dir, process);
	kernel_read_rollup(dir, process);
	kernel_read_descriptors(snapshot, dir, index);
	kernel_read_mappings(snapshot, dir, index);
	close(dir);
}

/* The field after the command's closing parenthesis and the state. */
static pid_t read_parent(int proc, const char *name)
{
	char path[300], line[1024];
	snprintf(path, sizeof(path), "%s/stat", name);
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!file) {
		if (fd >= 0) {
			close(fd);
		}
		return 0;
	}
	int parent = 0;
	if (kernel_read_line(file, line, sizeof(line))) {
		const char *rest = strrchr(line, ')');
		if (!rest || sscanf(rest, ") %*c %d", &parent) != 1) {
			parent = 0;
		}
	}
	fclose(file);
	return parent;
}

static void add_descendants(
	struct kernel_snapshot *snapshot, pid_t pid, pid_t group, unsigned int depth)
{
	DIR *proc = depth < DESCENT_MAX ? opendir(snapshot->proc) : NULL;
	if (!proc) {
		return;
	}
	const struct dirent *entry;
	while ((entry = readdir(proc))) {
		char *end;
		long child = strtol(entry->d_name, &end, 10);
		if (*end != '\0' || child <= 0 || child > INT32_MAX ||
			read_parent(dirfd(proc), entry->d_name) != pid ||
			kernel_process_find(snapshot, (pid_t)child)) {
			continue;
		}
		kernel_snapshot_add(snapshot, (pid_t)child, group);
		add_descendants(snapshot, (pid_t)child, group, depth + 1);
	}
	closedir(proc);
}

void kernel_snapshot_add_descendants(struct kernel_snapshot *snapshot, pid_t pid, pid_t group)
{
	if (pid > 0) {
		add_descendants(snapshot, pid, group, 0);
	}
}

const struct kernel_process *kernel_process_find(const struct kernel_snapshot *snapshot, pid_t pid)
{
	for (size_t i = 0; i < snapshot->processes_len; i++) {
		if (snapshot->processes[i].pid == pid) {
			return &snapshot->processes[i];
		}
	}
	return NULL;
}

uint64_t kernel_object_pss_bytes(const struct kernel_object *object)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < object->holders_len; i++) {
		bytes += object->holders[i].pss_bytes;
	}
	return bytes;
}

uint64_t kernel_object_unaccounted_bytes(const struct kernel_object *object)
{
	uint64_t pss_bytes = kernel_object_pss_bytes(object);
	if (object->counted_elsewhere) {
		return 0;
	}
	return object->allocated_bytes > pss_bytes ? object->allocated_bytes - pss_bytes : 0;
}

static bool object_has_holder(const struct kernel_object *object, size_t process)
{
	for (size_t i = 0; i < object->holders_len; i++) {
		if (object->holders[i].process == process) {
			return true;
		}
	}
	return false;
}

bool kernel_object_may_be_counted_twice(
	const struct kernel_snapshot *snapshot, const struct kernel_object *object)
{
	if (object->kind != KERNEL_OBJECT_SHMEM || object->device != 0 || object->may_shrink) {
		return false;
	}
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		const struct kernel_object *other = &snapshot->objects[i];
		if (strcmp(other->exporter, "udmabuf") != 0 || other->counted_elsewhere ||
			other->size_bytes > object->size_bytes) {
			continue;
		}
		for (size_t j = 0; j < object->holders_len; j++) {
			if (object_has_holder(other, object->holders[j].process)) {
				return true;
			}
		}
	}
	return false;
}

uint64_t kernel_process_dmabuf_bytes(const struct kernel_snapshot *snapshot, size_t process)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		const struct kernel_object *object = &snapshot->objects[i];
		if (object->kind == KERNEL_OBJECT_DMABUF && object_has_holder(object, process)) {
			bytes += object->size_bytes / object->holders_len;
		}
	}
	return bytes;
}
