/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The compositor under test: the program that GESSO_BIN names, headless, in the
 * case's own XDG_RUNTIME_DIR. Waits for it are bounded.
 */

struct server {
	pid_t pid;
	char socket[64]; /* name for wl_display_connect */
	/* Open when it was idle, before the case's clients; the outputs' own buffers apart. */
	int descriptors;
	int ready_fd; /* -1 once it was read */
	int number;   /* of its log, gesso-N.log */
};

/*
 * Starts it with the given options (a printf format, split at spaces) and
 * returns when it accepts clients and its probes have ended.
 */
void server_start(struct server *server, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The same, but returns as soon as `socket`, which the options must name, can be
 * connected to: its probes run still. server_wait_ready must follow.
 */
void server_start_early(struct server *server, const char *socket, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void server_wait_ready(struct server *server);

/*
 * Shows and captures one window, so that whatever the compositor opens once
 * (cursor, keymap, an allocator's device) is open, and notes its descriptors.
 */
void server_warm_up(struct server *server);

/*
 * Call when every client of the case is gone. Waits until the compositor has as
 * many descriptors as after server_warm_up, then checks that it maps no client's
 * buffer and that the ledger knows nobody but the asker. Fails the case otherwise.
 */
void server_check_empty(struct server *server);

/* Fails the case unless the compositor still serves a new client. */
void server_check_alive(struct server *server);

/* What it logged so far, a string. Fails the case where that does not fit. */
void server_read_log(const struct server *server, char *log, size_t size_bytes);

/* SIGTERM; fails the case unless it ends with exit status 0. */
void server_stop(struct server *server);

/* For one that is about to end by itself: waits, and returns its exit status. */
int server_wait_end(struct server *server);

/*
 * For runs that are expected to end by themselves: starts GESSO_BIN with the
 * options and returns its exit status, its output in the case's directory as
 * `log_name`.
 */
int server_run(const char *log_name, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
