/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TESTS_CLIENT_FAKE_SERVER_H
#define GESSO_TESTS_CLIENT_FAKE_SERVER_H

#include "gesso-client.h"
#include <wayland-client.h>
#include <wayland-server.h>

/*
 * A compositor at the other end of a socketpair, in the same thread: it does
 * nothing but when fake_pump() lets it, so each case decides what is answered,
 * and when, and sees what the library sent.
 */

enum fake_answer {
	FAKE_ANSWER_MEMFD,    /* allocated, kind memfd */
	FAKE_ANSWER_DMABUF,   /* a memfd that is said to be a dma-buf */
	FAKE_ANSWER_UNCACHED, /* allocated, slow to read */
	FAKE_ANSWER_SHORT,    /* a descriptor smaller than announced */
	FAKE_ANSWER_FAIL,     /* failed, over_budget */
	FAKE_ANSWER_NEVER,
};

enum fake_release {
	FAKE_RELEASE_ON_REPLACE, /* as a compositor that reads in place */
	FAKE_RELEASE_ON_COMMIT,  /* as one that uploads */
	FAKE_RELEASE_NEVER,
};

struct fake_server {
	/* set before fake_start() */
	bool no_manager, no_shm, no_batch, pending;
	enum fake_answer answer;
	int allocations_max; /* past it: failed; 0 is no limit */
	enum fake_release release;

	struct wl_display *display;
	struct wl_client *client;
	struct wl_resource *manager; /* the one that was bound last */
	int requests;                /* create_buffer */
	int buffers;                 /* native wl_buffers alive */
	int commits, damages;
	struct gesso_rect last_damage;
	struct wl_resource *attached, *shown;
	struct wl_listener attached_destroy, shown_destroy;
	int undefined_contents; /* a shown buffer was destroyed before its release */
	bool shown_released;

	/* the client's end */
	struct wl_display *client_display;
	struct wl_compositor *compositor;
	struct wl_surface *surface;
	struct gesso_client *gesso;
};

/* Also binds wl_compositor and makes `surface` and `gesso`, whose answers take 200 ms at most. */
void fake_start(struct fake_server *server);
/* Destroys both ends. Swapchains must be gone. */
void fake_finish(struct fake_server *server);

/* Lets everything that was sent arrive, both ways. */
void fake_pump(struct fake_server *server);

/* A batch that offers XRGB8888 and RGB565, or refuses as DISABLED. */
void fake_send_batch(struct fake_server *server, bool offer);

#endif
