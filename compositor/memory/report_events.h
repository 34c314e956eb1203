/* SPDX-License-Identifier: MIT */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <stdbool.h>

/*
 * The events of one report, as they make the tree of report_client.h. Fed by the
 * connection that report_client.c reads from.
 */

struct gesso_memory_report_v1;
struct report;

/* A report on its way. */
struct report_taking {
	struct report *report; /* borrowed, zeroed at first */
	bool done;             /* it is whole */
	bool no_memory;        /* and some of it is missing */
};

/* `taking` is borrowed, and outlives the proxy. */
void report_taking_listen(struct report_taking *taking, struct gesso_memory_report_v1 *proxy);

#endif
