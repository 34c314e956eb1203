/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include "case.h"
#include "renderer/probe_cache.h"
#include "renderer/render_context.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "gesso 0\nallocator memfd\n"
#define TEXT "proved XRGB8888 4 1\ndone\n"

static void directory_path(char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/gesso-probe", getenv("XDG_RUNTIME_DIR"));
}

/* The one file that is kept. */
static void file_path(char path[PATH_MAX])
{
	char directory[PATH_MAX];
	directory_path(directory);
	DIR *dir = opendir(directory);
	CHECK(dir != NULL);
	int count = 0;
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (entry->d_name[0] != '.') {
			count++;
			CHECK_INT(<,
				snprintf(path, PATH_MAX, "%.2000s/%s", directory, entry->d_name),
				PATH_MAX);
		}
	}
	closedir(dir);
	CHECK_EQUAL(count, 1);
}

static void check_kept(bool kept)
{
	char text[256];
	CHECK_EQUAL(probe_cache_read(KEY, text, sizeof(text)), kept);
	if (kept) {
		CHECK_STRING(text, TEXT);
	}
}

CASE(what_was_kept_comes_back)
{
	char path[PATH_MAX];
	struct stat status;
	check_kept(false);
	probe_cache_write(KEY, TEXT);
	probe_cache_write(KEY, TEXT);
	check_kept(true);
	char text[256];
	CHECK(!probe_cache_read("gesso 1\nallocator memfd\n", text, sizeof(text)));
	CHECK(!probe_cache_read(KEY, text, 4));
	file_path(path);
	CHECK_EQUAL(stat(path, &status), 0);
	CHECK_EQUAL(status.st_mode & 0777, 0600);
	directory_path(path);
	CHECK_EQUAL(stat(path, &status), 0);
	CHECK_EQUAL(status.st_mode & 0777, 0700);
}

CASE(a_damaged_file_is_passed_over)
{
	static const char *const rows[] = {"", "x", KEY, KEY "\n" TEXT, "\nend\n",
		"gesso 1\nallocator memfd\n\n" TEXT "\nend\n"};
	char path[PATH_MAX];
	probe_cache_write(KEY, TEXT);
	file_path(path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *file = fopen(path, "w");
		CHECK(file != NULL);
		fputs(rows[i], file);
		fclose(file);
		check_kept(false);
	}
	CHECK_EQUAL(truncate(path, 1 << 20), 0);
	check_kept(false);
	probe_cache_write(KEY, TEXT);
	check_kept(true);
}

CASE(what_others_could_have_written_is_passed_over)
{
	char path[PATH_MAX];
	probe_cache_write(KEY, TEXT);
	directory_path(path);
	CHECK_EQUAL(chmod(path, 0777), 0);
	check_kept(false);
	CHECK_EQUAL(chmod(path, 0700), 0);
	check_kept(true);
	file_path(path);
	CHECK_EQUAL(unlink(path), 0);
	CHECK_EQUAL(symlink("/etc/passwd", path), 0);
	check_kept(false);
}

CASE(no_directory_keeps_nothing)
{
	unsetenv("XDG_RUNTIME_DIR");
	probe_cache_write(KEY, TEXT);
	check_kept(false);
}

CASE(the_key_names_what_matters)
{
	struct gesso_reason why = {0};
	struct gesso_render_context *context =
		gesso_render_context_create(NULL, GESSO_RENDERER_PIXMAN, &why);
	CHECK(context != NULL);
	struct gesso_allocator_state state = {.impl = &gesso_memfd_allocator};
	char first[PROBE_CACHE_KEY_BYTES], second[PROBE_CACHE_KEY_BYTES];
	CHECK(probe_cache_key(first, "/bin/sh", context, &state));
	CHECK(strstr(first, "pixman") != NULL && strstr(first, "memfd") != NULL);
	state.device = "/dev/null";
	CHECK(probe_cache_key(second, "/bin/sh", context, &state));
	CHECK(strcmp(first, second) != 0);
	CHECK(!probe_cache_key(second, "/there/is/no/such/helper", context, &state));
	gesso_render_context_destroy(context);
}
