/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OBJECTS_H
#define GESSO_OBJECTS_H

#include "allocators/reason.h"
#include "memory/budget.h"
#include <stdbool.h>

/*
 * What a client has beside memory: surfaces, callbacks, and what keeps a descriptor open
 * in the compositor. Fed by every resource that libwayland makes; read by the report and
 * by the host's own limits. A client beyond its descriptors or callbacks is ended with
 * no_memory, as the protocols that make these have no way to refuse; path native has one. Where the table of
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

/*
 * Counts `len` descriptors more that the compositor keeps open for the client, which no
 * wl_buffer, wl_shm_pool, or other resource that is counted by itself stands for; each is
 * to be dropped, at the latest with the client's resources. Past what it may have the
 * client is ended.
 */
void gesso_objects_hold_descriptors(struct wl_client *client, size_t len);
void gesso_objects_drop_descriptors(struct wl_client *client, size_t len);

/*
 * Whether the client may have one descriptor more: for what can be refused. False, with
 * `why` (NO_DESCRIPTORS), at its limit, or where the table is nearly full.
 */
bool gesso_objects_may_have_descriptor(struct wl_client *client, struct gesso_reason *why);

/* How much of `kind` the client has; 0 for kinds that the ledger counts. */
uint64_t gesso_objects_count(struct wl_client *client, enum gesso_budget_kind kind);

#endif
