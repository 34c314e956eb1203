/* SPDX-License-Identifier: MIT */
#ifndef GESSO_COMMAND_H
#define GESSO_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/*
 * The command that gesso starts, and what gesso was itself started with, so
 * that the command gets the same: signals, and the limit on descriptors, which
 * gesso raises for itself.
 */

struct command {
	pid_t pid; /* 0 while nothing runs */
	bool ended;
	int status; /* once ended: the exit status, or 128 + the signal's number */
	/* private: as found at start */
	struct rlimit files;
	sigset_t mask;
	bool pipe_was_default;
};

/*
 * Notes what gesso was started with; then raises the soft limit on descriptors to
 * the hard one, ignores SIGPIPE, and hears of SIGCHLD even if it was ignored. Call before anything blocks signals or starts
 * threads.
 */
void command_prepare(struct command *command);

/*
 * Starts `arguments` (NULL-terminated, found in PATH) with WAYLAND_DISPLAY set to
 * `socket`, and with no descriptor of ours but the standard three. False, logged, if
 * it cannot be started.
 */
bool command_start(struct command *command, char *const arguments[], const char *socket);

/* Call on SIGCHLD: sets `ended` if it was this child. */
void command_reap(struct command *command);

/* Asks a command that still runs to end. */
void command_end(struct command *command);
/* Waits for that, half a second at most, and kills it then. */
void command_finish(struct command *command);

#endif
