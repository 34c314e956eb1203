/* SPDX-License-Identifier: MIT */
#include "memory/each_frame.h"
#include "memory/ledger_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wlr/render/dmabuf.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_shm.h>

#include "renderer/render_context.h"

static void buffer_handle_addon_destroy(struct wlr_addon *addon)
{
	struct gesso_ledger_buffer *entry = wl_container_of(addon, entry, addon);
	struct gesso_ledger_client *client = entry->client;

	wlr_addon_finish(addon);
	ledger_surfaces_forget_buffer(client, entry);
	wl_list_remove(&entry->link);
	entry->client = NULL;

	client->more_descriptors -= entry->more_descriptors;
	uint64_t charged_bytes = entry->charged_bytes;
	if (entry->owned) {
		free(entry);
	}
	gesso_ledger_client_discharge(client, charged_bytes);
}

static const struct wlr_addon_interface buffer_addon_impl = {
	.name = "gesso_ledger_buffer",
	.destroy = buffer_handle_addon_destroy,
};

void gesso_ledger_buffer_add(struct gesso_ledger_buffer *entry, struct gesso_ledger_client *client,
	struct wlr_buffer *buffer)
{
	entry->client = client;
	entry->shown = 0;
	entry->imported_by = 0;
	entry->owned = false;
	client->more_descriptors += entry->more_descriptors;
	wl_list_insert(client->buffers.prev, &entry->link);
	wlr_addon_init(&entry->addon, &buffer->addons, client->ledger, &buffer_addon_impl);
}

EACH_FRAME struct gesso_ledger_buffer *ledger_buffer_try_from_buffer(
	const struct gesso_ledger *ledger, struct wlr_buffer *buffer)
{
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, ledger, &buffer_addon_impl);
	if (!addon) {
		return NULL;
	}
	struct gesso_ledger_buffer *entry = wl_container_of(addon, entry, addon);
	return entry;
}

void gesso_ledger_buffer_add_memory(
	struct gesso_ledger_buffer *entry, uint64_t inode, uint64_t size_bytes)
{
	bool known = inode == entry->inode;
	for (size_t i = 0; i < entry->more_len; i++) {
		known = known || entry->more[i].inode == inode;
	}
	if (!known && entry->more_len < GESSO_LEDGER_MORE_MEMORIES) {
		entry->more[entry->more_len++] = (struct gesso_ledger_memory){inode, size_bytes};
	}
}

static void add_planes(
	struct gesso_ledger_buffer *entry, const struct wlr_dmabuf_attributes *dmabuf)
{
	struct stat st;
	for (int i = 1; i < dmabuf->n_planes; i++) {
		if (fstat(dmabuf->fd[i], &st) == 0) {
			gesso_ledger_buffer_add_memory(entry, st.st_ino, (uint64_t)st.st_size);
		}
	}
}

static bool buffer_try_init(struct gesso_ledger_buffer *entry, const struct gesso_ledger *ledger,
	struct wlr_buffer *buffer)
{
	struct stat st;
	struct wlr_shm_attributes shm;
	struct wlr_dmabuf_attributes dmabuf;
	entry->width_px = buffer->width;
	entry->height_px = buffer->height;
	if (wlr_buffer_get_shm(buffer, &shm)) {
		entry->path =
			ledger->context->gles2 ? GESSO_PATH_SHM_UPLOAD : GESSO_PATH_SHM_DIRECT;
		entry->inode = fstat(shm.fd, &st) == 0 ? st.st_ino : 0;
		entry->size_bytes = (uint64_t)shm.stride * (uint64_t)shm.height;
		entry->fourcc = shm.format;
		return true;
	}
	if (wlr_buffer_get_dmabuf(buffer, &dmabuf) && dmabuf.n_planes > 0) {
		entry->path = GESSO_PATH_DMABUF;
		if (fstat(dmabuf.fd[0], &st) == 0) {
			entry->inode = st.st_ino;
			entry->size_bytes = (uint64_t)st.st_size;
		}
		add_planes(entry, &dmabuf);
		entry->fourcc = dmabuf.format;
		return true;
	}
	return false;
}

EACH_FRAME struct gesso_ledger_buffer *ledger_buffer_ensure(
	struct gesso_ledger_client *client, struct wlr_buffer *buffer)
{
	struct gesso_ledger_buffer *entry = ledger_buffer_try_from_buffer(client->ledger, buffer);
	if (entry) {
		return entry;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		return NULL;
	}
	if (!buffer_try_init(entry, client->ledger, buffer)) {
		free(entry);
		return NULL;
	}
	gesso_ledger_buffer_add(entry, client, buffer);
	entry->owned = true;
	return entry;
}

bool gesso_ledger_buffer_enter(struct gesso_ledger_client *client, struct wlr_buffer *buffer,
	uint64_t charged_bytes, size_t more_descriptors)
{
	struct gesso_ledger_buffer *entry = ledger_buffer_ensure(client, buffer);
	if (!entry) {
		return false;
	}
	entry->charged_bytes = charged_bytes;
	entry->more_descriptors = more_descriptors;
	client->more_descriptors += more_descriptors;
	return true;
}

void ledger_buffer_renew(struct gesso_ledger_buffer *entry, struct wlr_buffer *buffer)
{
	if (entry->owned) {
		buffer_try_init(entry, entry->client->ledger, buffer);
	}
}

void ledger_buffer_remove(struct gesso_ledger_buffer *entry)
{
	buffer_handle_addon_destroy(&entry->addon);
}

void gesso_ledger_forget_buffer(struct gesso_ledger *ledger, struct wlr_buffer *buffer)
{
	struct gesso_ledger_buffer *entry = ledger_buffer_try_from_buffer(ledger, buffer);
	if (entry && entry->owned) {
		ledger_buffer_remove(entry);
	}
}

uint32_t ledger_buffer_kind(const struct gesso_ledger_buffer *entry)
{
	switch (entry->path) {
	case GESSO_PATH_NATIVE:
	case GESSO_PATH_SHM_IMPORT:
		return entry->impl && entry->impl->kind == GESSO_DESCRIPTOR_MEMFD ? 1 : 0;
	case GESSO_PATH_DMABUF:
		return 0;
	case GESSO_PATH_SHM_DIRECT:
	case GESSO_PATH_SHM_UPLOAD:
		return 1;
	case GESSO_PATH_OTHER:
		break;
	}
	return 2;
}
