/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_LOOP_H
#define GESSO_DEMO_LOOP_H

#include "connection.h"
#include "options.h"
#include "stats.h"

/* SIGINT, SIGTERM and SIGUSR1 wait for the loop. Before any thread is made: pango makes some. */
void loop_block_signals(void);

/*
 * Paints the connection's windows and serves their events until a signal, the
 * time or the frames that were asked for, q, or the last window's end. Fills
 * `stats` and destroys the windows. False on an error, which was printed.
 */
bool loop_run(struct connection *connection, const struct options *options, struct stats *stats);

#endif
