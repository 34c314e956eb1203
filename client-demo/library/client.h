/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_CLIENT_H
#define GESSO_LIBRARY_CLIENT_H

#include "dmabuf_offers.h"
#include "offers.h"
#include <wayland-client.h>

/*
 * The library's place on the caller's display: its queue, its registry, the three
 * globals it uses, and the list of swapchains whose timers it drives.
 */

#define CLIENT_ANSWER_TIMEOUT_MS 2000
#define CLIENT_SHM_FORMATS_MAX 128

struct gesso_client {
	struct wl_display *display;         /* borrowed */
	struct wl_display *display_wrapper; /* the same on our queue */
	struct wl_event_queue *queue;
	struct wl_registry *registry;
	struct wl_callback *sync; /* first for the globals, then for what their binding brings */
	int syncs_done;
	int64_t answer_deadline_ns; /* for the globals and the first batch */
	bool gave_up;               /* it has passed */
	int answer_timeout_ms;

	struct offers offers;
	uint32_t manager_name, shm_name; /* of the registry */
	struct dmabuf_offers dmabuf_offers;
	struct wl_list dmabuf_requests; /* dmabuf_request.link */
	struct wl_shm *shm;
	uint32_t shm_formats[CLIENT_SHM_FORMATS_MAX]; /* wl_shm's codes */
	size_t shm_formats_len;

	struct wl_list swapchains; /* gesso_swapchain.link */
	/*
	 * Something has come or was due since the caller last dispatched: one window's
	 * begin_frame may have taken what another one waits for.
	 */
	bool untold;
};

/* Whether what the compositor has is known, or will not be waited for any more. */
bool client_is_ready(const struct gesso_client *client);

/*
 * Whether it is known which dma-bufs the compositor takes, or not waited for any
 * more. It is asked for by the first call.
 */
bool client_knows_dmabufs(struct gesso_client *client);

/* Whether wl_shm takes the fourcc. */
bool client_shm_has(const struct gesso_client *client, uint32_t fourcc);

/* Dispatches the library's queue and its timers. Returns events dispatched, -1 on error. */
int client_dispatch(struct gesso_client *client);

/*
 * Flushes and waits for events of the library's queue or for a timer, until
 * `deadline_ns`, and dispatches. As gesso_client_wait().
 */
enum gesso_result client_wait_until(struct gesso_client *client, int64_t deadline_ns);

/* When the next timer is due. */
int64_t client_next_deadline_ns(const struct gesso_client *client);

#endif
