/* SPDX-License-Identifier: MIT */
#include "command.h"
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <wlr/util/log.h>

/* What a command has between SIGTERM and SIGKILL. */
#define GRACE_MS 500
#define GRACE_STEP_MS 5

void command_prepare(struct command *command)
{
	*command = (struct command){0};
	sigprocmask(SIG_SETMASK, NULL, &command->mask);

	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	sigaction(SIGPIPE, &ignore, &before);
	command->pipe_was_default = before.sa_handler != SIG_IGN;
	struct sigaction listen = {.sa_handler = SIG_DFL};
	sigaction(SIGCHLD, &listen, NULL);

	getrlimit(RLIMIT_NOFILE, &command->files);
	struct rlimit raised = {command->files.rlim_max, command->files.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
		wlr_log_errno(WLR_ERROR, "command: raising the limit on descriptors failed");
	}
}

static void set_attributes(const struct command *command, posix_spawnattr_t *attributes)
{
	sigset_t defaults;
	sigemptyset(&defaults);
	if (command->pipe_was_default) {
		sigaddset(&defaults, SIGPIPE);
	}
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setsigmask(attributes, &command->mask);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

/* posix_spawn has no attribute for limits: the child takes what holds while it is made. */
static int spawn_with_limit(const struct command *command, pid_t *pid, char *const arguments[],
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes)
{
	struct rlimit ours;
	getrlimit(RLIMIT_NOFILE, &ours);
	setrlimit(RLIMIT_NOFILE, &command->files);
	int error = posix_spawnp(pid, arguments[0], actions, attributes, arguments, environ);
	setrlimit(RLIMIT_NOFILE, &ours);
	return error;
}

bool command_start(struct command *command, char *const arguments[], const char *socket)
{
	setenv("WAYLAND_DISPLAY", socket, true);
	unsetenv("WAYLAND_SOCKET");

	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_init(&actions);
	set_attributes(command, &attributes);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	pid_t pid;
	int error = spawn_with_limit(command, &pid, arguments, &actions, &attributes);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);

	if (error != 0) {
		wlr_log(WLR_ERROR, "command: starting '%s' failed: %s", arguments[0],
			strerror(error));
		return false;
	}
	wlr_log(WLR_INFO, "command: '%s' started as process %d", arguments[0], pid);
	command->pid = pid;
	return true;
}

void command_reap(struct command *command)
{
	int status;
	if (command->pid == 0 || waitpid(command->pid, &status, WNOHANG) != command->pid) {
		return;
	}
	command->pid = 0;
	command->ended = true;
	if (WIFSIGNALED(status)) {
		command->status = 128 + WTERMSIG(status);
		wlr_log(WLR_INFO, "command: ended by signal %d", WTERMSIG(status));
	} else {
		command->status = WEXITSTATUS(status);
		wlr_log(WLR_INFO, "command: ended with status %d", command->status);
	}
}

void command_end(struct command *command)
{
	if (command->pid != 0) {
		kill(command->pid, SIGTERM);
	}
}

void command_finish(struct command *command)
{
	const struct timespec pause = {.tv_nsec = GRACE_STEP_MS * 1000000};
	command_reap(command);
	for (int waited_ms = 0; command->pid != 0 && waited_ms < GRACE_MS;
		waited_ms += GRACE_STEP_MS) {
		nanosleep(&pause, NULL);
		command_reap(command);
	}
	if (command->pid != 0) {
		wlr_log(WLR_INFO, "command: still there %d ms after SIGTERM: killed", GRACE_MS);
		kill(command->pid, SIGKILL);
		waitpid(command->pid, NULL, 0);
		command->pid = 0;
	}
}
