/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VICTIM_H
#define TESTS_VICTIM_H

#include "client.h"
#include <stdbool.h>

/*
 * A client that does what clients do, from its first byte to its last object, and is
 * killed by SIGKILL at one of the named points on the way. Meant for a process of its
 * own: nothing that it has is given back.
 */

enum victim_end {
	VICTIM_SENT,   /* what it asked for is in the socket, served or not */
	VICTIM_SERVED, /* and was served */
	VICTIM_UNSENT, /* the last of it never left the process */
	VICTIM_ENDS_LEN,
};

struct victim {
	const struct server *server;
	const char *path; /* as buffer_create takes it */
	int point;        /* where it ends: from 0; a point beyond the last one lets it live */
	enum victim_end end;
	void (*reached)(void); /* called there, and it lives on; NULL: it is killed */
	bool names;            /* print the name of each point that is passed */
	/* private */
	int passed;
	struct client client;
};

/* Returns how many points there are, where it was not killed at one. */
int victim_run(struct victim *victim);

#endif
