/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SHM_IMPORT_IMPL_H
#define GESSO_SHM_IMPORT_IMPL_H

#include "buffers/native_buffer.h"
#include "buffers/shm_import.h"
#include "buffers/shm_policy.h"
#include "memory/ledger.h"
#include <wlr/util/addon.h>

/* Private to shm_import.c (surfaces and what is chosen for them) and shm_import_buffer.c. */

struct shm_import {
	struct wl_event_loop *loop;
	struct gesso_render_context *context;
	struct gesso_allocator_chain *chain;
	struct gesso_ledger *ledger;
	enum gesso_shm_choice choice;
	struct wl_list surfaces; /* import_surface.link */
	struct wl_list imports;  /* import_buffer.link */
	struct wl_listener new_surface, compositor_destroy;
};

struct import_buffer;

/* What is known of one wl_buffer, from its first commit to its end. */
struct import_record {
	struct wlr_addon addon; /* on `shm_buffer` */
	struct wlr_buffer *shm_buffer;
	uint64_t commits;
	struct gesso_reason refusal;  /* one that will stay; code NONE if none is known */
	struct import_buffer *import; /* NULL if it is not imported */
};

/* The record of wl_shm buffer `shm_buffer`, made when first asked for. NULL on no memory. */
struct import_record *import_record_get(
	struct shm_import *shm_import, struct wlr_buffer *shm_buffer);

/* Imports it for `client`, unless it is. False with `why` set if it cannot be. */
bool import_record_import(struct import_record *record, struct shm_import *shm_import,
	struct gesso_ledger_client *client, struct gesso_reason *why);

/*
 * Trades a lock on the wl_shm buffer for one on the buffer to be shown in its place,
 * which is returned: the wl_shm buffer is unlocked when nothing reads that one any more.
 */
struct wlr_buffer *import_record_show(struct import_record *record);

/* Whether an import of it is shown, or still read. */
bool import_record_is_held(const struct import_record *record);

/* Ends the import, if any, as soon as nothing shows it. */
void import_record_retire(struct import_record *record);

/* What is still there waits for nothing, and needs `shm_import` no more. */
void import_buffers_detach(struct shm_import *shm_import);

#endif
