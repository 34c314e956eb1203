/* SPDX-License-Identifier: MIT */
#include "allocators/chain.h"
#include "allocators/sealed_memfd.h"
#include "buffers/shm_import_impl.h"
#include "buffers/shm_pool.h"
#include "memory/each_frame.h"
#include "renderer/render_context.h"
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

struct import_buffer {
	struct wl_list link; /* shm_import.imports */
	struct native_buffer native;
	struct wl_event_loop *loop;   /* NULL once it must not be used any more */
	struct import_record *record; /* NULL once the wl_shm buffer is gone, or it was retired */
	bool holds;                   /* a lock on the wl_shm buffer */
	bool retired;                 /* ends when it gives that lock back */
	bool releasing;               /* within the emission of its own release */
	struct gesso_ledger_buffer entry;
	struct wl_listener release;
	struct wl_event_source *readers; /* waits for their fences; NULL if there are none */
};

static void import_handle_destroyed(struct native_buffer *native)
{
	struct import_buffer *import = wl_container_of(native, import, native);
	wl_list_remove(&import->release.link);
	wl_list_remove(&import->link);
	free(import);
}

static void import_discard(struct import_buffer *import)
{
	assert(!import->holds && import->readers == NULL);
	if (import->record != NULL) {
		import->record->import = NULL;
		import->record = NULL;
	}
	import->native.shm_buffer = NULL;
	if (import->releasing) {
		/* wlr_buffer_unlock, which is emitting, looks at it once more and destroys it */
		import->native.base.dropped = true;
	} else {
		wlr_buffer_drop(&import->native.base);
	}
}

static void import_give_back(struct import_buffer *import)
{
	struct wlr_buffer *shm_buffer = import->record->shm_buffer;
	import->holds = false;
	if (import->retired) {
		import_discard(import);
	}
	/* last: may be the end of the wl_shm buffer, and with it of the import */
	wlr_buffer_unlock(shm_buffer);
}

EACH_FRAME static void import_forget_readers(struct import_buffer *import)
{
	if (import->readers != NULL) {
		wl_event_source_remove(import->readers);
		import->readers = NULL;
	}
}

static int import_handle_unread(int fd, uint32_t mask, void *data)
{
	struct import_buffer *import = data;
	import_forget_readers(import);
	import_give_back(import);
	return 0;
}

/* POLLOUT: readers are done too (dma-buf.c, dma_buf_poll). A client's CPU knows no fences. */
static bool import_is_read(const struct import_buffer *import)
{
	struct pollfd ready = {.fd = import->native.memory.fd, .events = POLLOUT};
	return import->native.kind == GESSO_DESCRIPTOR_DMABUF && poll(&ready, 1, 0) == 0;
}

EACH_FRAME static void import_handle_release(struct wl_listener *listener, void *data)
{
	struct import_buffer *import = wl_container_of(listener, import, release);
	if (!import->holds) {
		return;
	}
	if (import->loop != NULL && import_is_read(import)) {
		import->readers = wl_event_loop_add_fd(import->loop, import->native.memory.fd,
			WL_EVENT_WRITABLE, import_handle_unread, import);
		if (import->readers != NULL) {
			return;
		}
		wlr_log_errno(WLR_ERROR, "shm_import: waiting for a buffer's readers failed");
	}
	import->releasing = true;
	import_give_back(import);
	/* still there: who unlocked it is not done with it */
	import->releasing = false;
}

static bool import_set_memory(struct import_buffer *import, struct shm_import *shm_import,
	const struct wlr_shm_attributes *shm, struct gesso_reason *why)
{
	struct gesso_layout layout = {
		.fourcc = shm->format,
		.width_px = shm->width,
		.height_px = shm->height,
		.stride_bytes = (uint32_t)shm->stride,
		.offset_bytes = (uint32_t)shm->offset,
		.size_bytes = (size_t)shm->offset + (size_t)shm->stride * (size_t)shm->height,
	};
	struct gesso_memory memory;
	struct gesso_mapping mapping;
	const struct gesso_allocator_impl *impl;
	/* before a pool is sealed: one that is not imported is left as it is */
	if (!gesso_allocator_chain_may_wrap(shm_import->chain, &layout, why) ||
		!shm_pool_secure(shm, why) ||
		!gesso_allocator_chain_wrap(
			shm_import->chain, shm->fd, &layout, &memory, &impl, why)) {
		return false;
	}
	/* where llvmpipe cannot map what it imports it shows black */
	if (shm_import->context->software) {
		if (!gesso_mapping_init(&mapping, &memory, true, why)) {
			gesso_memory_finish(&memory);
			return false;
		}
		gesso_mapping_finish(&mapping);
	}
	return native_buffer_set_memory(
		&import->native, &memory, &layout, impl, shm_import->context, why);
}

static void import_enter_in_ledger(
	struct import_buffer *import, struct gesso_ledger_client *client, uint64_t charged_bytes)
{
	const struct native_buffer *native = &import->native;
	struct wlr_buffer *shm_buffer = import->record->shm_buffer;
	gesso_ledger_forget_buffer(client->ledger, shm_buffer);
	import->entry = (struct gesso_ledger_buffer){
		.path = GESSO_PATH_SHM_IMPORT,
		.impl = native->impl,
		.inode = native->memory.inode,
		.size_bytes = charged_bytes,
		.charged_bytes = charged_bytes,
		.width_px = native->base.width,
		.height_px = native->base.height,
		.fourcc = native->layout.fourcc,
	};
	gesso_ledger_buffer_add(&import->entry, client, &import->native.base);
}

static struct import_buffer *import_create(struct import_record *record,
	struct shm_import *shm_import, const struct wlr_shm_attributes *shm,
	struct gesso_reason *why)
{
	struct import_buffer *import = calloc(1, sizeof(*import));
	if (import == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for an import");
		return NULL;
	}
	native_buffer_init(&import->native, shm->width, shm->height, import_handle_destroyed);
	wl_list_init(&import->release.link);
	wl_list_insert(&shm_import->imports, &import->link);
	import->loop = shm_import->loop;
	if (!import_set_memory(import, shm_import, shm, why)) {
		wlr_buffer_drop(&import->native.base);
		return NULL;
	}
	/* not before: the trial of the texture locked it and let it go */
	import->release.notify = import_handle_release;
	wl_signal_add(&import->native.base.events.release, &import->release);
	import->native.shm_buffer = record->shm_buffer;
	import->record = record;
	return import;
}

/* What no later commit of the same wl_buffer would change. */
static bool is_lasting(enum gesso_reason_code code)
{
	switch (code) {
	case GESSO_REASON_NOT_MEMFD:
	case GESSO_REASON_NOT_SEALED:
	case GESSO_REASON_WRITE_SEALED:
	case GESSO_REASON_OFFSET_UNALIGNED:
	case GESSO_REASON_STRIDE_UNALIGNED:
	case GESSO_REASON_UNSUPPORTED_FORMAT:
	case GESSO_REASON_OVER_LIMIT:
	case GESSO_REASON_IMPORT_FAILED:
		return true;
	default:
		return false;
	}
}

/* Nobody waits for an import: what is pinned for ever new buffers is uploaded meanwhile. */
static bool is_within_rate(
	struct gesso_ledger_client *client, size_t bytes, struct gesso_reason *why)
{
	int wait_ms = gesso_ledger_client_rate_wait_ms(client, bytes);
	if (wait_ms > 0) {
		gesso_reason_set(why, GESSO_REASON_OVER_BUDGET,
			"it has had more memory imported and allocated than its rate: "
			"not for %d ms",
			wait_ms);
	}
	return wait_ms == 0;
}

bool import_record_import(struct import_record *record, struct shm_import *shm_import,
	struct gesso_ledger_client *client, struct gesso_reason *why)
{
	struct wlr_shm_attributes shm;
	if (record->import != NULL) {
		record->import->retired = false;
		return true;
	}
	if (record->refusal.code != GESSO_REASON_NONE) {
		*why = record->refusal;
		return false;
	}
	if (!wlr_buffer_get_shm(record->shm_buffer, &shm)) {
		gesso_reason_set(why, GESSO_REASON_NOT_MEMFD, "the buffer is not wl_shm's");
		return false;
	}
	size_t bytes = (size_t)shm.stride * (size_t)shm.height;
	if (!gesso_round_to_pages(&bytes, why) || !is_within_rate(client, bytes, why) ||
		!gesso_ledger_client_charge(client, bytes, why)) {
		return false;
	}
	gesso_ledger_client_spend_rate(client, bytes, 0);
	record->import = import_create(record, shm_import, &shm, why);
	if (record->import == NULL) {
		gesso_ledger_client_discharge(client, bytes);
		if (is_lasting(why->code)) {
			record->refusal = *why;
		}
		return false;
	}
	import_enter_in_ledger(record->import, client, bytes);
	return true;
}

EACH_FRAME struct wlr_buffer *import_record_show(struct import_record *record)
{
	struct import_buffer *import = record->import;
	struct wlr_buffer *shown = wlr_buffer_lock(&import->native.base);
	import_forget_readers(import);
	if (import->holds) {
		wlr_buffer_unlock(record->shm_buffer);
	}
	import->holds = true;
	return shown;
}

EACH_FRAME bool import_record_is_held(const struct import_record *record)
{
	return record->import != NULL && record->import->holds;
}

void import_record_retire(struct import_record *record)
{
	if (record->import == NULL) {
		return;
	}
	if (record->import->holds) {
		record->import->retired = true;
	} else {
		import_discard(record->import);
	}
}

void import_buffers_detach(struct shm_import *shm_import)
{
	struct import_buffer *import, *next;
	wl_list_for_each_safe(import, next, &shm_import->imports, link) {
		wl_list_remove(&import->link);
		wl_list_init(&import->link);
		import->loop = NULL;
		if (import->readers != NULL) {
			import_forget_readers(import);
			import_give_back(import);
		}
	}
}

static void record_handle_addon_destroy(struct wlr_addon *addon)
{
	struct import_record *record = wl_container_of(addon, record, addon);
	wlr_addon_finish(addon);
	if (record->import != NULL) {
		import_discard(record->import);
	}
	free(record);
}

static const struct wlr_addon_interface record_addon_impl = {
	.name = "gesso_shm_import",
	.destroy = record_handle_addon_destroy,
};

EACH_FRAME struct import_record *import_record_get(
	struct shm_import *shm_import, struct wlr_buffer *shm_buffer)
{
	struct wlr_addon *addon =
		wlr_addon_find(&shm_buffer->addons, shm_import, &record_addon_impl);
	if (addon != NULL) {
		struct import_record *record = wl_container_of(addon, record, addon);
		return record;
	}
	struct import_record *record = calloc(1, sizeof(*record));
	if (record == NULL) {
		return NULL;
	}
	record->shm_buffer = shm_buffer;
	wlr_addon_init(&record->addon, &shm_buffer->addons, shm_import, &record_addon_impl);
	return record;
}
