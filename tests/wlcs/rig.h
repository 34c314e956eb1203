/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TESTS_WLCS_RIG_H
#define GESSO_TESTS_WLCS_RIG_H

#include "options.h"
#include "server.h"
#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlcs/display_server.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_touch.h>

/*
 * Gesso as WLCS, the Wayland conformance suite, wants it: a server in a thread that
 * WLCS gives, headless and drawn by pixman, whose clients come over socket pairs and
 * whose fingers and mice are WLCS's. A server is made and taken down for every test,
 * more than a thousand in a process.
 *
 * WLCS's headers are under the GPL 3, and so is the module that this is linked into: it
 * is built where they are, is never installed, and nothing else links it.
 */

struct rig {
	WlcsDisplayServer hooks; /* first: WLCS holds a pointer to it */
	struct options options;
	struct server server;
	struct wl_list clients; /* rig_client.link: the newest first */
	struct wl_array given;  /* ino_t: the clients' ends of all connections */
	struct wlr_keyboard keyboard;
	struct wlr_touch touch; /* there from the start, so that the seat's capabilities stay */
	int fingers;            /* how many WLCS made */
};

/* What is given back when a server ends: compared before and after. */
struct rig_holdings {
	int descriptors, threads;
};

/* Makes and starts the server, or takes it down, on the calling thread. */
void rig_begin(struct rig *rig);
void rig_finish(struct rig *rig);

/* Returns a descriptor: the client's end of a connection, or -1. */
int rig_connect(struct rig *rig);

/* devices.c: what is there from the start, and what WLCS asks for. */
void devices_init(struct rig *rig);
void devices_finish(struct rig *rig);
WlcsPointer *devices_create_pointer(WlcsDisplayServer *hooks);
WlcsTouch *devices_create_touch(WlcsDisplayServer *hooks);

/* The globals that a client of such a server sees. Asked once; valid as long as the module. */
const WlcsIntegrationDescriptor *globals_describe(void);

/* Says what went wrong and aborts: the test that runs has crashed. */
_Noreturn void rig_abort(const char *words);

#endif
