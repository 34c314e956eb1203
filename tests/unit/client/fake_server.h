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

enum fake_dmabuf_answer { FAKE_DMABUF_CREATED, FAKE_DMABUF_FAILED, FAKE_DMABUF_NEVER };

/* What linux-dmabuf-v1 of version 4 says it takes; of version 3 only the first two. */
enum fake_feedback {
	FAKE_FEEDBACK_GOOD,     /* XRGB8888, linear and otherwise */
	FAKE_FEEDBACK_TILED,    /* nothing that is linear */
	FAKE_FEEDBACK_NO_TABLE, /* formats by number only */
	FAKE_FEEDBACK_SHORT,    /* a table smaller than announced */
	FAKE_FEEDBACK_ODD,      /* no whole number of entries */
	FAKE_FEEDBACK_HUGE,     /* more entries than can be named */
	FAKE_FEEDBACK_PIPE,     /* a table that is no file */
	FAKE_FEEDBACK_INDEX,    /* a number past the table's end */
	FAKE_FEEDBACK_NEVER_DONE,
};

struct fake_dmabuf {
	/* set before fake_start() */
	int version; /* 0: without the global */
	enum fake_dmabuf_answer answer;
	enum fake_feedback feedback;
	bool implicit_only; /* version 3: linear is not announced */
	int buffers_max;    /* past it: failed; 0 is no limit */

	struct wl_global *global;
	int binds, requests, params_alive;
	struct wl_resource *unanswered; /* the last params, with FAKE_DMABUF_NEVER */
	/* of the last request */
	int fd;
	uint32_t stride_bytes;
	uint64_t modifier;
	long size_bytes;
};

struct fake_server {
	/* set before fake_start() */
	bool no_manager, no_shm, no_batch, pending;
	enum fake_answer answer;
	int allocations_max; /* past it: failed; 0 is no limit */
	enum fake_release release;
	struct fake_dmabuf dmabuf;

	struct wl_display *display;
	struct wl_client *client;
	struct wl_resource *manager; /* the one that was bound last */
	int requests;                /* create_buffer */
	int buffers;                 /* native and dmabuf wl_buffers alive */
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

/* What the compositor has sent is read, and nothing is dispatched. */
void fake_read(struct fake_server *server);
/* Lets everything that was sent arrive, both ways. */
void fake_pump(struct fake_server *server);

/* With the version that fake_start() was given. */
void fake_create_dmabuf_global(struct fake_server *server);

/* The answer that was not given when it was asked for. */
void fake_answer_dmabuf(struct fake_server *server, bool created);

/* For fake_manager.c and fake_dmabuf.c, and what they have of their globals. */
void fake_destroy_resource(struct wl_client *client, struct wl_resource *resource);
struct wl_resource *fake_create_buffer(struct fake_server *server, uint32_t id);
void fake_bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void fake_bind_dmabuf(struct wl_client *client, void *data, uint32_t version, uint32_t id);

/* A batch that offers XRGB8888 and RGB565, or refuses as DISABLED. */
void fake_send_batch(struct fake_server *server, bool offer);

#endif
