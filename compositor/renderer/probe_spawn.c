/* SPDX-License-Identifier: MIT */
#include "renderer/probe_spawn.h"
#include "renderer/render_context.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <unistd.h>

/*
 * No dump is so small, and where dumps are piped to a program, which 0 does not keep from
 * being started, it means that there is to be none (Linux: fs/coredump.c).
 */
#define NO_CORE_BYTES 1

extern char **environ;

static const char *helper_renderer(const struct gesso_render_context *context)
{
	switch (context->used) {
	case GESSO_RENDERER_GLES2:
		return "gles2";
	case GESSO_RENDERER_GLES2_SOFTWARE:
		return "gles2-software";
	case GESSO_RENDERER_GLES2_NODE:
		return "gles2-node";
	default:
		return "pixman";
	}
}

static int spawn(char *argv[], int answer_fd, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, answer_fd, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int error = posix_spawn(pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* posix_spawn sets no limits: the child inherits what is set while it is made. */
struct limits {
	struct rlimit files, core;
	bool files_are_set, core_is_set;
};

static struct limits set_limits(const struct rlimit *files)
{
	struct limits kept = {0};
	kept.files_are_set = files != NULL && getrlimit(RLIMIT_NOFILE, &kept.files) == 0 &&
		setrlimit(RLIMIT_NOFILE, files) == 0;
	/* A library may crash before the helper's main, which turns dumps off for good. */
	kept.core_is_set = getrlimit(RLIMIT_CORE, &kept.core) == 0 &&
		kept.core.rlim_max >= NO_CORE_BYTES &&
		setrlimit(RLIMIT_CORE, &(struct rlimit){NO_CORE_BYTES, kept.core.rlim_max}) == 0;
	return kept;
}

static void restore_limits(const struct limits *kept)
{
	if (kept->core_is_set) {
		setrlimit(RLIMIT_CORE, &kept->core);
	}
	if (kept->files_are_set) {
		setrlimit(RLIMIT_NOFILE, &kept->files);
	}
}

int probe_spawn(const char *helper, const struct gesso_render_context *context,
	const char *allocator, int answer_fd, const struct rlimit *files, pid_t *pid)
{
	const char *node = context->node[0] != '\0' ? context->node : "-";
	char *argv[] = {(char *)helper, (char *)helper_renderer(context), (char *)allocator,
		(char *)node, (char *)context->name, NULL};
	struct limits kept = set_limits(files);
	int error = spawn(argv, answer_fd, pid);
	restore_limits(&kept);
	return error;
}
