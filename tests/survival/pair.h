/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PAIR_H
#define TESTS_PAIR_H

#include "buffer.h"
#include "report.h"
#include "window.h"

/*
 * Two clients of one server: one asks for more than its budget, and the other, which has a
 * window all the while, is to notice nothing of it.
 */

struct pair {
	struct server server;
	struct client bystander, offender;
	struct window window; /* the bystander's */
	struct buffer buffer;
};

/*
 * Starts the server with `options` in addition to the fixtures renderer (else pixman) and
 * allocator (else memfd), and shows the bystander's window.
 */
void pair_begin(struct pair *pair, const char *options);
/* The bystander's window still works, and the server is empty once both are gone. */
void pair_end(struct pair *pair);

/* Reads until the end, which is wl_display.error no_memory. */
void pair_expect_no_memory(struct client *client);
/* What the client `name` has and may have of `what`: `asker` reads it into `report`. */
const struct report_budget *pair_budget_of(
	struct report *report, struct client *asker, const char *name, const char *what);
/* A wl_buffer of 8 by 8 pixels, over a pool of its own. */
void pair_make_pool(struct client *client, struct wl_buffer **buffer);

#endif
