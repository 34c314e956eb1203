/* SPDX-License-Identifier: MIT */
#include "memory/kernel_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool kernel_read_line(FILE *file, char *line, size_t size)
{
	if (!fgets(line, (int)size, file)) {
		return false;
	}
	size_t len = strlen(line);
	if (len > 0 && line[len - 1] == '\n') {
		line[len - 1] = '\0';
		return true;
	}
	int c;
	do {
		c = getc(file);
	} while (c != EOF && c != '\n');
	return true;
}

bool kernel_parse_kib(const char *line, const char *key, uint64_t *bytes)
{
	size_t len = strlen(key);
	uint64_t kib;
	if (strncmp(line, key, len) != 0 || line[len] != ':' ||
		sscanf(line + len + 1, " %" SCNu64 " kB", &kib) != 1 || kib > UINT64_MAX / 1024) {
		return false;
	}
	*bytes = kib * 1024;
	return true;
}

bool kernel_parse_mapping(const char *line, struct kernel_mapping *mapping)
{
	uint64_t start, end, inode;
	unsigned int device_major, device_minor;
	char permissions[5];
	int name = 0;
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64 " %n", &start, &end,
		    permissions, &device_major, &device_minor, &inode, &name) != 6 ||
		name == 0 || end < start) {
		return false;
	}
	*mapping = (struct kernel_mapping){
		.size_bytes = end - start,
		.shared = permissions[3] == 's',
		.device = makedev(device_major, device_minor),
		.inode = inode,
		.name = line + name,
	};
	return true;
}

static bool starts_with(const char *string, const char *prefix)
{
	return strncmp(string, prefix, strlen(prefix)) == 0;
}

bool kernel_classify(const char *name, enum kernel_object_kind *kind, uint64_t *device)
{
	if (starts_with(name, "/dmabuf:")) {
		*kind = KERNEL_OBJECT_DMABUF;
		*device = 0;
		return true;
	}
	*kind = KERNEL_OBJECT_SHMEM;
	if (starts_with(name, "/memfd:")) {
		*device = 0;
		return true;
	}
	return starts_with(name, "/dev/shm/") || starts_with(name, "/run/user/");
}

/* Borrows `dir`; the FILE is the caller's. */
static FILE *open_at(int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (!file && fd >= 0) {
		close(fd);
	}
	return file;
}

static void set_why(char why[KERNEL_WHY_LEN], pid_t pid, const char *what, int error)
{
	const char *words = error == ENOENT || error == ESRCH || error == 0
		? "the process has ended"
		: strerror(error);
	snprintf(why, KERNEL_WHY_LEN, "/proc/%d/%s: %s", (int)pid, what, words);
}

/* Names are chosen by the processes, and reach terminals. */
static void set_name(char *name, size_t size, const char *from)
{
	snprintf(name, size, "%.*s", (int)size - 1, from);
	for (; *name; name++) {
		*name = (unsigned char)*name < 0x20 || *name == 0x7f ? ' ' : *name;
	}
}

void kernel_read_command(int dir, struct kernel_process *process)
{
	FILE *file = open_at(dir, "comm");
	char line[64];
	if (file) {
		if (kernel_read_line(file, line, sizeof(line))) {
			set_name(process->command, sizeof(process->command), line);
		}
		fclose(file);
	}
}

void kernel_read_rollup(int dir, struct kernel_process *process)
{
	FILE *file = open_at(dir, "smaps_rollup");
	if (!file) {
		set_why(process->rollup_why, process->pid, "smaps_rollup", errno);
		return;
	}
	char line[256];
	uint64_t bytes;
	errno = 0;
	while (kernel_read_line(file, line, sizeof(line))) {
		if (kernel_parse_kib(line, "Pss", &process->pss_bytes)) {
			process->rollup_known = true;
		} else if (kernel_parse_kib(line, "Private_Clean", &bytes) ||
			kernel_parse_kib(line, "Private_Dirty", &bytes) ||
			kernel_parse_kib(line, "Private_Hugetlb", &bytes)) {
			process->private_bytes += bytes;
		} else if (kernel_parse_kib(line, "Shared_Clean", &bytes) ||
			kernel_parse_kib(line, "Shared_Dirty", &bytes) ||
			kernel_parse_kib(line, "Shared_Hugetlb", &bytes)) {
			process->shared_bytes += bytes;
		} else if (!kernel_parse_kib(line, "Rss", &process->rss_bytes)) {
			kernel_parse_kib(line, "SwapPss", &process->swap_pss_bytes);
		}
	}
	if (!process->rollup_known) {
		set_why(process->rollup_why, process->pid, "smaps_rollup", errno);
	}
	fclose(file);
}

/* The holder that the figures of the mapping go to; NULL if it is no object. */
static struct kernel_holder *enter_mapping(
	struct kernel_snapshot *snapshot, size_t process, const struct kernel_mapping *mapping)
{
	enum kernel_object_kind kind;
	uint64_t device = mapping->device;
	if (mapping->inode == 0 || !kernel_classify(mapping->name, &kind, &device) ||
		(kind == KERNEL_OBJECT_SHMEM && !mapping->shared)) {
		return NULL;
	}
	struct kernel_object *object = kernel_object_get(snapshot, kind, device, mapping->inode);
	struct kernel_holder *holder = object ? kernel_holder_get(snapshot, object, process) : NULL;
	if (!holder) {
		return NULL;
	}
	if (object->name[0] == '\0' && kind == KERNEL_OBJECT_SHMEM) {
		set_name(object->name, sizeof(object->name), mapping->name);
	}
	holder->mapped_bytes += mapping->size_bytes;
	return holder;
}

void kernel_read_mappings(struct kernel_snapshot *snapshot, int dir, size_t index)
{
	struct kernel_process *process = &snapshot->processes[index];
	FILE *file = open_at(dir, "smaps");
	if (!file) {
		set_why(process->objects_why, process->pid, "smaps", errno);
		return;
	}
	char line[4096];
	struct kernel_holder *holder = NULL;
	struct kernel_mapping mapping;
	uint64_t bytes;
	errno = 0;
	while (kernel_read_line(file, line, sizeof(line))) {
		if (line[0] >= 'A' && line[0] <= 'Z') {
			if (holder && kernel_parse_kib(line, "Pss", &bytes)) {
				holder->pss_bytes += bytes;
			} else if (holder && kernel_parse_kib(line, "Rss", &bytes)) {
				holder->rss_bytes += bytes;
			}
		} else if (kernel_parse_mapping(line, &mapping)) {
			holder = enter_mapping(snapshot, index, &mapping);
		} else {
			holder = NULL;
		}
	}
	if (ferror(file)) {
		set_why(process->objects_why, process->pid, "smaps", errno);
	}
	fclose(file);
}

/* What fdinfo says of one descriptor. */
struct descriptor_info {
	uint64_t inode;
	uint64_t size_bytes;
	char exporter[32];
};

static bool read_fdinfo(int dir, const char *fd_name, struct descriptor_info *info)
{
	char path[300], line[256];
	snprintf(path, sizeof(path), "fdinfo/%s", fd_name);
	FILE *file = open_at(dir, path);
	if (!file) {
		return false;
	}
	*info = (struct descriptor_info){0};
	while (kernel_read_line(file, line, sizeof(line))) {
		if (sscanf(line, "ino: %" SCNu64, &info->inode) == 1 ||
			sscanf(line, "size: %" SCNu64, &info->size_bytes) == 1) {
			continue;
		}
		sscanf(line, "exp_name: %31s", info->exporter);
	}
	fclose(file);
	return info->inode != 0;
}

static void enter_dmabuf(
	struct kernel_snapshot *snapshot, int dir, size_t process, const char *fd_name)
{
	struct descriptor_info info;
	if (!read_fdinfo(dir, fd_name, &info)) {
		return;
	}
	struct kernel_object *object =
		kernel_object_get(snapshot, KERNEL_OBJECT_DMABUF, 0, info.inode);
	struct kernel_holder *holder = object ? kernel_holder_get(snapshot, object, process) : NULL;
	if (!holder) {
		return;
	}
	holder->by_fd = true;
	object->size_known = true;
	object->size_bytes = object->allocated_bytes = info.size_bytes;
	memcpy(object->exporter, info.exporter, sizeof(object->exporter));
}

/* False where it cannot be told. */
static bool read_may_shrink(int dir, const char *fd_path)
{
	int fd = openat(dir, fd_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int seals = fd >= 0 ? fcntl(fd, F_GET_SEALS) : -1;
	if (fd >= 0) {
		close(fd);
	}
	return seals >= 0 && !(seals & F_SEAL_SHRINK);
}

static void enter_shmem(struct kernel_snapshot *snapshot, int dir, size_t process,
	const char *fd_name, const char *link, bool device_zero)
{
	char path[300];
	struct stat st;
	snprintf(path, sizeof(path), "fd/%s", fd_name);
	if (fstatat(dir, path, &st, 0) < 0 || !S_ISREG(st.st_mode)) {
		return;
	}
	struct kernel_object *object = kernel_object_get(
		snapshot, KERNEL_OBJECT_SHMEM, device_zero ? 0 : st.st_dev, st.st_ino);
	struct kernel_holder *holder = object ? kernel_holder_get(snapshot, object, process) : NULL;
	if (!holder) {
		return;
	}
	holder->by_fd = true;
	object->size_known = true;
	object->size_bytes = (uint64_t)st.st_size;
	object->allocated_bytes = (uint64_t)st.st_blocks * 512;
	set_name(object->name, sizeof(object->name), link);
	object->may_shrink = device_zero && read_may_shrink(dir, path);
}

static void enter_descriptor(
	struct kernel_snapshot *snapshot, int dir, size_t process, const char *fd_name)
{
	char path[300], link[4096];
	snprintf(path, sizeof(path), "fd/%s", fd_name);
	ssize_t len = readlinkat(dir, path, link, sizeof(link) - 1);
	if (len < 0) {
		return;
	}
	link[len] = '\0';
	enum kernel_object_kind kind;
	uint64_t device = 1;
	if (!kernel_classify(link, &kind, &device)) {
		return;
	}
	if (kind == KERNEL_OBJECT_DMABUF) {
		enter_dmabuf(snapshot, dir, process, fd_name);
	} else {
		enter_shmem(snapshot, dir, process, fd_name, link, device == 0);
	}
}

void kernel_read_descriptors(struct kernel_snapshot *snapshot, int dir, size_t index)
{
	struct kernel_process *process = &snapshot->processes[index];
	int fd = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *descriptors = fd >= 0 ? fdopendir(fd) : NULL;
	if (!descriptors) {
		set_why(process->objects_why, process->pid, "fd", errno);
		if (fd >= 0) {
			close(fd);
		}
		return;
	}
	const struct dirent *entry;
	while ((entry = readdir(descriptors))) {
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') {
			enter_descriptor(snapshot, dir, index, entry->d_name);
		}
	}
	closedir(descriptors);
}
