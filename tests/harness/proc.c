/* SPDX-License-Identifier: MIT */
#include "proc.h"
#include "check.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static FILE *open_file(pid_t pid, const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		FAIL("%s cannot be read", path);
	}
	return file;
}

/* Counts those whose target begins with `name`; `writable`: of these, that can be written to. */
static int each_descriptor(pid_t pid, const char *name, bool writable, FILE *out)
{
	char path[300], target[PATH_MAX];
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	if (directory == NULL) {
		FAIL("%s cannot be read", path);
	}
	int count = 0;
	struct dirent *entry;
	while ((entry = readdir(directory)) != NULL) {
		bool own = pid == getpid() && atoi(entry->d_name) == dirfd(directory);
		if (entry->d_name[0] == '.' || own) {
			continue;
		}
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, entry->d_name);
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		struct stat link = {0};
		bool counts = strncmp(target, name, strlen(name)) == 0 &&
			(!writable || (lstat(path, &link) == 0 && (link.st_mode & S_IWUSR) != 0));
		count += counts;
		if (out != NULL) {
			struct stat status = {0};
			stat(path, &status);
			fprintf(out, "  %s %s %lld bytes\n", entry->d_name, target,
				(long long)status.st_size);
		}
	}
	closedir(directory);
	return count;
}

int proc_count_descriptors(pid_t pid)
{
	return each_descriptor(pid, "", false, NULL);
}

int proc_count_outputs_buffers(pid_t pid)
{
	/* wlroots names keymaps so too, and keeps them read-only */
	return each_descriptor(pid, "/memfd:gesso-output", false, NULL) +
		each_descriptor(pid, "/dev/shm/wlroots-", true, NULL);
}

void proc_print_descriptors(pid_t pid, FILE *out)
{
	each_descriptor(pid, "", false, out);
}

static bool task_at_rest(pid_t pid, const char *task)
{
	char path[300], line[512];
	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, task);
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return true; /* it has ended meanwhile */
	}
	const char *name_end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return name_end != NULL && name_end[1] == ' ' && name_end[2] == 'S';
}

bool proc_at_rest(pid_t pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *directory = opendir(path);
	if (directory == NULL) {
		FAIL("%s cannot be read", path);
	}
	bool at_rest = true;
	struct dirent *entry;
	while (at_rest && (entry = readdir(directory)) != NULL) {
		at_rest = entry->d_name[0] == '.' || task_at_rest(pid, entry->d_name);
	}
	closedir(directory);
	return at_rest;
}

struct proc_mappings proc_mappings_of(pid_t pid, uint64_t inode)
{
	struct proc_mappings mappings = {0};
	FILE *file = open_file(pid, "maps");
	char line[PATH_MAX + 128];
	while (fgets(line, sizeof(line), file) != NULL) {
		uint64_t start, end, found;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %" SCNu64, &start, &end,
			    &found) == 3 &&
			found == inode) {
			mappings.count++;
			mappings.size_bytes += end - start;
		}
	}
	fclose(file);
	return mappings;
}

size_t proc_count_mappings_named(pid_t pid, const char *name)
{
	size_t count = 0;
	FILE *file = open_file(pid, "maps");
	char line[PATH_MAX + 128];
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *path = strchr(line, '/');
		count += path != NULL && strncmp(path, name, strlen(name)) == 0;
	}
	fclose(file);
	return count;
}

static bool find_kib(FILE *file, const char *field, size_t *bytes)
{
	char line[256];
	size_t length = strlen(field);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, field, length) == 0 && line[length] == ':') {
			*bytes = strtoull(line + length + 1, NULL, 10) * 1024;
			return true;
		}
	}
	return false;
}

static size_t rollup_bytes(pid_t pid, const char *field)
{
	FILE *file = open_file(pid, "smaps_rollup");
	size_t bytes;
	bool found = find_kib(file, field, &bytes);
	fclose(file);
	CHECK(found);
	return bytes;
}

size_t proc_anonymous_bytes(pid_t pid)
{
	return rollup_bytes(pid, "Anonymous");
}

struct proc_pss proc_pss(pid_t pid)
{
	return (struct proc_pss){
		.total_bytes = rollup_bytes(pid, "Pss"),
		.anonymous_bytes = rollup_bytes(pid, "Pss_Anon"),
		.shared_memory_bytes = rollup_bytes(pid, "Pss_Shmem"),
		.file_bytes = rollup_bytes(pid, "Pss_File"),
	};
}

size_t proc_meminfo_bytes(const char *field)
{
	FILE *file = fopen("/proc/meminfo", "re");
	CHECK(file != NULL);
	size_t bytes;
	bool found = find_kib(file, field, &bytes);
	fclose(file);
	if (!found) {
		FAIL("/proc/meminfo has no %s", field);
	}
	return bytes;
}

struct proc_dmabufs proc_dmabufs(void)
{
	static const char path[] = "/sys/kernel/debug/dma_buf/bufinfo";
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		case_skip("%s: %s", path, strerror(errno));
	}
	struct proc_dmabufs found = {0};
	char line[512], exporter[64];
	size_t size_bytes, references;
	unsigned flags, mode;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%zu %x %x %zu %63s", &size_bytes, &flags, &mode, &references,
			    exporter) == 5) {
			found.count++;
			found.size_bytes += size_bytes;
		}
	}
	fclose(file);
	return found;
}

/* Of one process, or of the machine. */
static size_t settling_bytes(pid_t pid)
{
	if (pid == 0) {
		return proc_meminfo_bytes("Shmem") + proc_meminfo_bytes("AnonPages");
	}
	struct proc_pss pss = proc_pss(pid);
	return pss.anonymous_bytes + pss.shared_memory_bytes;
}

void proc_settle(pid_t pid)
{
	size_t before = SIZE_MAX;
	for (int tries = 0; tries < 40; tries++) {
		size_t now = settling_bytes(pid);
		size_t change = now > before ? now - before : before - now;
		if (change <= 64 * 1024) {
			return;
		}
		before = now;
		nanosleep(&(struct timespec){.tv_nsec = 250 * 1000 * 1000}, NULL);
	}
}
