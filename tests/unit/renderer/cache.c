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

/* The machine was booted again, as the kernel tells it. */
static const char *boot_id;

FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);

FILE *__wrap_fopen64(const char *path, const char *mode)
{
	if (boot_id == NULL || strcmp(path, "/proc/sys/kernel/random/boot_id") != 0) {
		return __real_fopen64(path, mode);
	}
	return boot_id[0] != '\0' ? fmemopen((char *)boot_id, strlen(boot_id), "r") : NULL;
}

struct asked {
	struct gesso_render_context *context;
	struct gesso_allocator_state state;
	const char *helper;
};

static void asked_init(struct asked *asked)
{
	struct gesso_reason why = {0};
	boot_id = "7a0ec5b1\n";
	*asked = (struct asked){
		.context = gesso_render_context_create(NULL, GESSO_RENDERER_PIXMAN, &why),
		.state.impl = &gesso_memfd_allocator,
		.helper = "/bin/sh",
	};
	CHECK(asked->context != NULL);
}

/* Whether what was answered to `asked` is remembered. */
static bool is_known(const struct asked *asked)
{
	char key[PROBE_CACHE_KEY_BYTES], text[256];
	CHECK(probe_cache_key(key, asked->helper, asked->context, &asked->state));
	return probe_cache_read(key, text, sizeof(text));
}

static void keep(const struct asked *asked)
{
	char key[PROBE_CACHE_KEY_BYTES];
	CHECK(probe_cache_key(key, asked->helper, asked->context, &asked->state));
	probe_cache_write(key, TEXT);
}

/* An answer stands until one of these is another, and again once it is as it was. */
CASE(the_key_names_what_matters)
{
	struct asked asked;
	asked_init(&asked);
	keep(&asked);
	CHECK(is_known(&asked));

	boot_id = "7a0ec5b2\n";
	CHECK(!is_known(&asked));
	boot_id = "7a0ec5b1\n";
	CHECK(is_known(&asked));

	strcpy(asked.context->driver, "OpenGL ES 3.2 Mesa 25.0.7");
	CHECK(!is_known(&asked));
	asked.context->driver[0] = '\0';
	strcpy(asked.context->name, "gles2 (another)");
	CHECK(!is_known(&asked));
	strcpy(asked.context->name, "pixman");
	CHECK(is_known(&asked));

	asked.helper = "/bin/true";
	CHECK(!is_known(&asked));
	asked.helper = "/bin/sh";
	asked.state.device = "/dev/null";
	CHECK(!is_known(&asked));
	asked.state.device = NULL;
	asked.state.devices_key = 7;
	CHECK(!is_known(&asked));
	asked.state.devices_key = 0;
	asked.state.impl = &gesso_udmabuf_allocator;
	CHECK(!is_known(&asked));
	asked.state.impl = &gesso_memfd_allocator;
	CHECK(is_known(&asked));
	gesso_render_context_destroy(asked.context);
}

/* What cannot be named is not kept. */
CASE(no_key_without_what_it_names)
{
	struct asked asked;
	char key[PROBE_CACHE_KEY_BYTES];
	asked_init(&asked);
	CHECK(!probe_cache_key(key, "/there/is/no/such/helper", asked.context, &asked.state));
	boot_id = "";
	CHECK(!probe_cache_key(key, asked.helper, asked.context, &asked.state));
	gesso_render_context_destroy(asked.context);
}
