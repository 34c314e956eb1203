/* SPDX-License-Identifier: MIT */
#ifndef GESSO_REPORT_H
#define GESSO_REPORT_H

#include <stdbool.h>
#include <stdio.h>
#include <wayland-server-core.h>

/*
 * The ledger told to others: by the private protocol gesso_memory_report_v1 (the
 * global here; `gesso-memory` is its reader), and as text on SIGUSR1.
 */

struct gesso_allocator_chain;
struct gesso_ledger;
struct gesso_reporter;

/* Both borrowed; they outlive the reporter, which dies with the display. NULL on no memory. */
struct gesso_reporter *gesso_reporter_create(struct wl_display *display,
	const struct gesso_ledger *ledger, const struct gesso_allocator_chain *chain);

/* Whether `global` is this reporter's: hosts hide it from sandboxed clients. */
bool gesso_reporter_owns_global(
	const struct gesso_reporter *reporter, const struct wl_global *global);

/* The claimed figures as a table for people. */
void gesso_report_print(
	FILE *out, const struct gesso_ledger *ledger, const struct gesso_allocator_chain *chain);

#endif
