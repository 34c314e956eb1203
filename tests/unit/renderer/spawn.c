/* SPDX-License-Identifier: MIT */
/* The helper is told which renderer, on which node, it has to prove an allocator with. */
#include "case.h"
#include "renderer/probe_spawn.h"
#include "renderer/render_context.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a helper that prints its arguments, a line each, prints. */
static void check_told(const struct gesso_render_context *context, const char *expected)
{
	char helper[PATH_MAX], text[512];
	int fds[2], status;
	pid_t pid;
	snprintf(helper, sizeof(helper), "%s/helper", getenv("XDG_RUNTIME_DIR"));
	FILE *file = fopen(helper, "w");
	CHECK(file != NULL);
	fputs("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", file);
	fclose(file);
	CHECK_EQUAL(chmod(helper, 0700), 0);
	CHECK_EQUAL(pipe(fds), 0);
	CHECK_EQUAL(probe_spawn(helper, context, "udmabuf", fds[1], NULL, &pid), 0);
	close(fds[1]);
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK_EQUAL(status, 0);
	ssize_t len = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	CHECK_INT(>, len, 0);
	text[len] = '\0';
	CHECK_STRING(text, expected);
}

CASE(of_a_gpu)
{
	struct gesso_render_context context = {
		.used = GESSO_RENDERER_GLES2,
		.node = "/dev/dri/renderD129",
		.name = "gles2 (A GPU)",
	};
	check_told(&context, "gles2\nudmabuf\n/dev/dri/renderD129\ngles2 (A GPU)\n");
	context.used = GESSO_RENDERER_GLES2_NODE;
	check_told(&context, "gles2-node\nudmabuf\n/dev/dri/renderD129\ngles2 (A GPU)\n");
}

CASE(of_software)
{
	struct gesso_render_context context = {
		.used = GESSO_RENDERER_GLES2_SOFTWARE,
		.name = "gles2 (llvmpipe)",
	};
	check_told(&context, "gles2-software\nudmabuf\n-\ngles2 (llvmpipe)\n");
	context.used = GESSO_RENDERER_PIXMAN;
	strcpy(context.name, "pixman");
	check_told(&context, "pixman\nudmabuf\n-\npixman\n");
}

CASE(no_such_helper)
{
	pid_t pid = 0;
	struct gesso_render_context context = {.used = GESSO_RENDERER_PIXMAN, .name = "pixman"};
	CHECK_INT(
		>, probe_spawn("/there/is/none", &context, "memfd", STDERR_FILENO, NULL, &pid), 0);
}
