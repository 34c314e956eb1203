/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CLIENT_H
#define TESTS_CLIENT_H

#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include "gesso-memory-report-v1-client-protocol.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "server.h"
#include "viewporter-client-protocol.h"
#include "wlr-screencopy-unstable-v1-client-protocol.h"
#include "wlr-virtual-pointer-unstable-v1-client-protocol.h"
#include "xdg-shell-client-protocol.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

/*
 * A client that speaks each protocol by hand, so that a case can send what no
 * library would. A failed request fails the case, unless it expects an error.
 */

#define CLIENT_MAX_OUTPUTS 16
#define CLIENT_MAX_LINKS 8
#define CLIENT_MAX_FORMATS 16
#define CLIENT_MAX_DMABUF_PAIRS 64
#define CLIENT_MAX_SHM_FORMATS 64

/* What the last batch of gesso_gpu_memory_buffer_manager_v1 said of one allocator. */
struct client_allocator {
	char name[32];
	uint32_t kind, cached;
	uint32_t reason; /* 0 if offered */
	char words[200];
};

struct client_batch {
	size_t done; /* batches completed */
	struct client_allocator allocators[CLIENT_MAX_LINKS];
	size_t allocators_len;
	uint32_t formats[CLIENT_MAX_FORMATS];
	size_t formats_len;
	bool closed; /* the next event opens a new batch */
};

/* What zwp_linux_dmabuf_v1 announces at version 3. */
struct client_dmabuf_pair {
	uint32_t fourcc;
	uint64_t modifier;
};

struct client {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct wp_viewporter *viewporter;
	struct zwlr_screencopy_manager_v1 *screencopy;
	struct zwlr_virtual_pointer_manager_v1 *virtual_pointers;
	struct gesso_gpu_memory_buffer_manager_v1 *manager; /* NULL if not offered */
	struct gesso_memory_reporter_v1 *reporter;          /* NULL if not offered */
	struct zwp_linux_dmabuf_v1 *dmabuf;                 /* NULL if not offered */
	struct client_dmabuf_pair dmabuf_pairs[CLIENT_MAX_DMABUF_PAIRS];
	size_t dmabuf_pairs_len;
	struct wl_output *outputs[CLIENT_MAX_OUTPUTS];
	size_t outputs_len;
	bool knows_outputs; /* one that came later may be gone by the time that it is heard of */
	struct client_batch batch;
	uint32_t shm_formats[CLIENT_MAX_SHM_FORMATS]; /* wl_shm's codes */
	size_t shm_formats_len;
};

/* Connects, binds all globals and has the first batch, if there is a manager. */
void client_connect(struct client *client, const struct server *server);
/* Closes the connection as a program that ends does: without destroying objects. */
void client_disconnect(struct client *client);

/* Binds one more manager, with no listener. */
struct gesso_gpu_memory_buffer_manager_v1 *client_bind_manager(struct client *client);
/* The same, its batches written to `batch`. */
struct gesso_gpu_memory_buffer_manager_v1 *client_bind_manager_into(
	struct client *client, struct client_batch *batch);

void client_roundtrip(struct client *client);
/* One wl_display_dispatch: blocks until something comes. The case's alarm bounds it. */
void client_dispatch(struct client *client);

/*
 * Dispatches until the connection ends, and fails the case unless it ended by
 * protocol error `code` of interface `interface_name`. Only client_disconnect
 * may follow.
 */
void client_expect_error(struct client *client, const char *interface_name, uint32_t code);

/* Whether the last batch offers `fourcc`. */
bool client_offers_format(const struct client *client, uint32_t fourcc);
/* Whether wl_shm offers `fourcc` (of drm_fourcc.h). */
bool client_offers_shm_format(const struct client *client, uint32_t fourcc);
/* The batch's word on an allocator; NULL if it has none. */
const struct client_allocator *client_find_allocator(const struct client *client, const char *name);

#endif
