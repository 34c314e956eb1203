/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OBJECTS_H
#define GESSO_OBJECTS_H

#include "memory/budget.h"
#include <stdbool.h>

/*
 * What a client has beside memory: surfaces, callbacks, and what keeps a descriptor open
 * in the compositor. Fed by every resource that libwayland makes; read by the report and
 * by the host's own limits. A client beyond its descriptors or callbacks is ended with
 * no_memory, as the protocols that make these have no way to refuse. Where the table of
 * descriptors is nearly full the client that has most of them is ended, and where none
 * has more than a few, the one that connected last: so accept never finds it full, and
 * nobody else loses a descriptor under way.
 */

struct wl_client;
struct wl_display;
struct gesso_objects;
struct gesso_ledger;

/*
 * Watches all clients that connect from now on, for the display's life. `ledger` borrowed,
 * its budget with it; outlives the display's clients. NULL on no memory.
 */
struct gesso_objects *gesso_objects_create(struct wl_display *display, struct gesso_ledger *ledger);

/* How much of `kind` the client has; 0 for kinds that the ledger counts. */
uint64_t gesso_objects_count(struct wl_client *client, enum gesso_budget_kind kind);

#endif
