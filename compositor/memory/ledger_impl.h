/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_IMPL_H
#define LEDGER_IMPL_H

#include "memory/ledger.h"
#include "memory/objects.h"

/* What the ledger's files share with one another, and with the report. */

struct ledger_surface {
	struct wl_list link; /* gesso_ledger_client.surfaces */
	struct gesso_ledger_client *client;
	struct wlr_surface *surface;

	/* What the surface shows. */
	const struct wlr_client_buffer *client_buffer; /* only ever compared */
	struct gesso_ledger_buffer *entry;             /* NULL if copied, or unknown */
	enum gesso_path path;
	uint64_t texture_bytes;   /* 0 where the texture is the client's own memory */
	uint64_t charged_bytes;   /* the most of the texture that is, and those of cached commits */
	uint32_t bytes_per_pixel; /* of an uploaded texture */
	struct gesso_reason choice; /* for wl_shm buffers: code NONE if they are imported */

	struct wl_listener client_commit;
	struct wl_listener commit;
	struct wl_listener destroy;
};

/* Frees the entry once its client is gone and nothing is left in it. */
void ledger_client_consider_free(struct gesso_ledger_client *client);

/* How much of its budget the client has used up. */
uint64_t ledger_client_has(const struct gesso_ledger_client *client, enum gesso_budget_kind kind);

/* Bytes and textures of all clients but those that are on their way out: what the ceiling is for. */
uint64_t ledger_total_held(const struct gesso_ledger *ledger);

/*
 * Takes `bytes` more for textures. False, with `why` (OVER_BUDGET), if they are not there,
 * in the client's budget or below the ceiling, as gesso_ledger_client_charge does.
 */
bool ledger_client_charge_texture(
	struct gesso_ledger_client *client, uint64_t bytes, struct gesso_reason *why);

/* The entry bound to `buffer`, or NULL. */
struct gesso_ledger_buffer *ledger_buffer_try_from_buffer(
	const struct gesso_ledger *ledger, struct wlr_buffer *buffer);

/*
 * The entry bound to `buffer`; where there is none and `buffer` is a client's
 * (wl_shm, or a dma-buf), one that the ledger owns is made. NULL for others, and
 * on no memory.
 */
struct gesso_ledger_buffer *ledger_buffer_ensure(
	struct gesso_ledger_client *client, struct wlr_buffer *buffer);

/* The protocol's `kind`: 0 dma-buf, 1 memfd or wl_shm pool, 2 other. */
uint32_t ledger_buffer_kind(const struct gesso_ledger_buffer *entry);

/* Of another renderer, the ledger's own entries may be on another path. */
void ledger_buffer_renew(struct gesso_ledger_buffer *entry, struct wlr_buffer *buffer);

/* Takes the entry out while its wlr_buffer lives on. */
void ledger_buffer_remove(struct gesso_ledger_buffer *entry);

/* No surface of the client's may point to `entry` any more. */
void ledger_surfaces_forget_buffer(
	struct gesso_ledger_client *client, const struct gesso_ledger_buffer *entry);

/* Why wl_shm's buffers are uploaded there; code NONE if they are not, or it shows another kind. */
struct gesso_reason ledger_surface_choice(const struct ledger_surface *watch);

/* Counts the textures that the client's surfaces have of a renderer made anew. */
void ledger_surfaces_renew(struct gesso_ledger_client *client);

/* How many of the client's surfaces show a buffer now. */
size_t ledger_client_surfaces_shown(const struct gesso_ledger_client *client);

#endif
