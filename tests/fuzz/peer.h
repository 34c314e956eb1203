/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_PEER_H
#define TESTS_FUZZ_PEER_H

#include "protocol.h"
#include "wire.h"

/*
 * One hostile client: its connection, and which objects are alive on it, so that what is
 * sent can be right as far as is wanted.
 */

#define PEER_MAX_OBJECTS 8192
#define PEER_MAX_INTERFACES 1024
#define PEER_MAX_SERVED 256
#define PEER_MAX_GLOBALS 128
#define PEER_SERIALS 8
#define PEER_DISPLAY_ID 1
#define PEER_REGISTRY_ID 2
#define PEER_FIRST_SERVED_ID 0xff000000u

struct peer_object {
	uint32_t id;
	int interface; /* -1 if the id is free */
	uint32_t version;
	uint32_t serial; /* the last one that an event of its had */
	size_t confirms; /* of a wl_display.sync: messages that were sent before it */
	bool live;       /* false from the request that destroys it on */
};

struct peer_global {
	uint32_t name;
	int interface;
	uint32_t version;
};

struct peer {
	struct wire wire;
	struct peer_object own[PEER_MAX_OBJECTS]; /* by id */
	uint32_t own_len;
	uint16_t alive[PEER_MAX_INTERFACES];        /* objects of each */
	struct peer_object served[PEER_MAX_SERVED]; /* the compositor's */
	size_t served_len;
	uint32_t freed[PEER_MAX_OBJECTS];
	size_t freed_len;
	struct peer_global globals[PEER_MAX_GLOBALS];
	size_t globals_len;
	uint32_t serials[PEER_SERIALS]; /* the last ones, in a ring */
	size_t serials_len;
	uint32_t sync_id; /* 0 once it was answered */
	bool reuses_ids;
	bool torn;        /* a message had a wrong size: no more answers are to be expected */
	size_t confirmed; /* messages that are known to be served */
	size_t sent;      /* messages since the connection began */
	char error[200];  /* what wl_display.error said; empty if nothing */
};

/* Connects, and has the registry's globals; one that no XML has fails the case. */
void peer_connect(struct peer *peer, const char *socket);
void peer_close(struct peer *peer);

/* Asks to be told when all that was sent is served. */
void peer_mark(struct peer *peer);
/* Asks for an answer, sends, and reads until it is there. False if the connection has ended. */
bool peer_sync(struct peer *peer);

/* The next free id, as an object of `interface`; 0 if there are no more. */
uint32_t peer_add(struct peer *peer, int interface, uint32_t version);
void peer_remove(struct peer *peer, uint32_t id);
/* NULL if nothing alive has that id. */
const struct peer_object *peer_find(const struct peer *peer, uint32_t id);

/* The object after `start`, in a ring of all, that is alive and of `interface`. NULL if none. */
const struct peer_object *peer_pick(const struct peer *peer, int interface, uint32_t start);
/* The id of the first living one, or of that after `skip` others; 0 if there are fewer. */
uint32_t peer_nth(const struct peer *peer, int interface, size_t skip);

#endif
