/* SPDX-License-Identifier: MIT */
#include "workdir.h"
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_SHOWN 300

static char path[PATH_MAX];

void workdir_create(void)
{
	const char *parent = getenv("TMPDIR");
	snprintf(path, sizeof(path), "%s/gesso-test-XXXXXX",
		parent != NULL && parent[0] == '/' ? parent : "/tmp");
	if (mkdtemp(path) == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	setenv("XDG_RUNTIME_DIR", path, 1);
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("WAYLAND_SOCKET");
	unsetenv("DISPLAY");
}

const char *workdir_path(void)
{
	return path;
}

static void print_file(const char *name, FILE *out)
{
	FILE *file = fopen(name, "re");
	if (file == NULL) {
		return;
	}
	fprintf(out, "--- %s\n", strrchr(name, '/') + 1);
	/* A renderer lists its extensions in lines of many kilobytes. */
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	while ((length = getline(&line, &size, file)) >= 0) {
		fprintf(out, "%.*s%s", LINE_MAX_SHOWN, line, length > LINE_MAX_SHOWN ? "…\n" : "");
	}
	free(line);
	fclose(file);
}

void workdir_print_logs(FILE *out)
{
	char pattern[PATH_MAX + 8];
	snprintf(pattern, sizeof(pattern), "%s/*.log*", path);
	glob_t found;
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			print_file(found.gl_pathv[i], out);
		}
		globfree(&found);
	}
}

static int remove_entry(const char *name, const struct stat *status, int type, struct FTW *where)
{
	return remove(name);
}

void workdir_remove(void)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
