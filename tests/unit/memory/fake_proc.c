/* SPDX-License-Identifier: MIT */
#include "fake_proc.h"

#include "check.h"
#include "workdir.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LEN 1024

static void make_directory(const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST) {
		FAIL("mkdir %s: %s", path, strerror(errno));
	}
}

const char *fake_proc(void)
{
	static char path[PATH_LEN / 2];
	snprintf(path, sizeof(path), "%.400s/proc", workdir_path());
	make_directory(path);
	return path;
}

void fake_proc_add(pid_t pid, pid_t parent, const char *command)
{
	char path[PATH_LEN];
	snprintf(path, sizeof(path), "%s/%d", fake_proc(), (int)pid);
	make_directory(path);
	snprintf(path, sizeof(path), "%s/%d/fd", fake_proc(), (int)pid);
	make_directory(path);
	snprintf(path, sizeof(path), "%s/%d/fdinfo", fake_proc(), (int)pid);
	make_directory(path);
	fake_proc_write(pid, "comm", "%s\n", command);
	fake_proc_write(
		pid, "stat", "%d (%s) S %d 1 1 0 -1 4194560\n", (int)pid, command, (int)parent);
	fake_proc_write(pid, "smaps", "%s", "");
}

void fake_proc_write(pid_t pid, const char *file, const char *format, ...)
{
	char path[PATH_LEN];
	snprintf(path, sizeof(path), "%s/%d/%s", fake_proc(), (int)pid, file);
	FILE *out = fopen(path, "w");
	if (!out) {
		FAIL("%s: %s", path, strerror(errno));
	}
	va_list args;
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fclose(out);
}

void fake_proc_write_rollup(pid_t pid, unsigned int pss_kib)
{
	fake_proc_write(pid, "smaps_rollup",
		"5572d19e6000-7ffd86fe7000 ---p 00000000 00:00 0                          "
		"[rollup]\n"
		"Rss:            %8u kB\nPss:            %8u kB\n"
		"Pss_Dirty:           108 kB\nPss_Anon:            108 kB\n"
		"Shared_Clean:          5 kB\nShared_Dirty:          6 kB\n"
		"Private_Clean:         7 kB\nPrivate_Dirty:         8 kB\n"
		"Shared_Hugetlb:        0 kB\nPrivate_Hugetlb:       0 kB\n"
		"Swap:                 32 kB\nSwapPss:              16 kB\nLocked:                "
		"0 kB\n",
		pss_kib * 2, pss_kib);
}

void fake_proc_add_udmabuf(pid_t pid, int fd, unsigned int inode, unsigned int size_bytes)
{
	char path[PATH_LEN];
	snprintf(path, sizeof(path), "%s/%d/fd/%d", fake_proc(), (int)pid, fd);
	if (symlink("/dmabuf:", path) < 0) {
		FAIL("symlink %s: %s", path, strerror(errno));
	}
	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	fake_proc_write(pid, path,
		"pos:\t0\nflags:\t02000002\nmnt_id:\t12\nino:\t%u\nsize:\t%u\ncount:\t1\n"
		"exp_name:\tudmabuf\n",
		inode, size_bytes);
}
