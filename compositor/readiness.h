/* SPDX-License-Identifier: MIT */
#ifndef GESSO_READINESS_H
#define GESSO_READINESS_H

#include <stdbool.h>

/*
 * When the command is started and --ready-fd is told: once the probe has ended, or
 * has taken --probe-wait. Clients are served before that, with wl_shm; what is
 * proved later is announced when it is.
 */

struct server;

/* Starts the probe and the wait for it. False on no memory. */
bool readiness_begin(struct server *server) __attribute__((warn_unused_result));
/* Ends both. Takes a half-made server. */
void readiness_finish(struct server *server);

#endif
