/* SPDX-License-Identifier: MIT */
#include "allocators/sealed_memfd.h"
#include "buffers/linux_dmabuf_impl.h"
#include "buffers/native_buffer.h"
#include "linux-dmabuf-v1-protocol.h"
#include "memory/each_frame.h"
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>

struct dmabuf_buffer {
	struct native_buffer native;
	struct wl_resource *resource; /* wl_buffer; NULL once destroyed */
	struct gesso_ledger_buffer entry;
	struct wl_listener release;
};

static const struct wl_buffer_interface wl_buffer_impl;

EACH_FRAME bool dmabuf_buffer_is_instance(struct wl_resource *resource)
{
	return wl_resource_instance_of(resource, &wl_buffer_interface, &wl_buffer_impl);
}

/* NULL if it failed. */
static struct dmabuf_buffer *buffer_try_from_resource(struct wl_resource *resource)
{
	assert(dmabuf_buffer_is_instance(resource));
	return wl_resource_get_user_data(resource);
}

EACH_FRAME static struct wlr_buffer *buffer_resource_get_buffer(struct wl_resource *resource)
{
	struct dmabuf_buffer *buffer = buffer_try_from_resource(resource);
	if (buffer == NULL) {
		wl_resource_post_error(resource, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_WL_BUFFER,
			"wl_buffer#%u was attached and committed, but 'failed' was sent for it",
			wl_resource_get_id(resource));
		return NULL;
	}
	return &buffer->native.base;
}

static const struct wlr_buffer_resource_interface buffer_resource_interface = {
	.name = "gesso_linux_dmabuf",
	.is_instance = dmabuf_buffer_is_instance,
	.from_resource = buffer_resource_get_buffer,
};

static void buffer_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface wl_buffer_impl = {
	.destroy = buffer_request_destroy,
};

static void buffer_handle_release(struct wl_listener *listener, void *data)
{
	struct dmabuf_buffer *buffer = wl_container_of(listener, buffer, release);
	if (buffer->resource != NULL) {
		wl_buffer_send_release(buffer->resource);
	}
}

static void buffer_handle_destroyed(struct native_buffer *native)
{
	struct dmabuf_buffer *buffer = wl_container_of(native, buffer, native);
	wl_list_remove(&buffer->release.link);
	free(buffer);
}

static void buffer_handle_resource_destroy(struct wl_resource *resource)
{
	struct dmabuf_buffer *buffer = buffer_try_from_resource(resource);
	if (buffer != NULL) {
		buffer->resource = NULL;
		wlr_buffer_drop(&buffer->native.base);
	}
}

/* What the planes lie in: the second is empty unless there are two dma-bufs. */
struct memories {
	struct gesso_memory first, second;
};

static void memories_finish(struct memories *memories)
{
	gesso_memory_finish(&memories->first);
	gesso_memory_finish(&memories->second);
}

/* Takes the descriptor out of the claim. */
static bool take_plane(struct wlr_dmabuf_attributes *claim, int plane, struct gesso_memory *memory,
	struct gesso_reason *why)
{
	struct stat status;
	if (fstat(claim->fd[plane], &status) != 0 || status.st_size <= 0) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR, "the dma-buf's size is unknown");
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = claim->fd[plane],
		.size_bytes = (size_t)status.st_size,
		.inode = status.st_ino,
	};
	claim->fd[plane] = -1;
	return true;
}

/* Two planes in one dma-buf come as two descriptors of it: one is enough. */
static bool take_memories(
	struct wlr_dmabuf_attributes *claim, struct memories *memories, struct gesso_reason *why)
{
	*memories = (struct memories){{.fd = -1}, {.fd = -1}};
	bool ok = take_plane(claim, 0, &memories->first, why) &&
		(claim->n_planes < 2 || take_plane(claim, 1, &memories->second, why));
	if (!ok) {
		memories_finish(memories);
	} else if (memories->second.inode == memories->first.inode) {
		gesso_memory_finish(&memories->second);
	}
	return ok;
}

static struct gesso_layout layout_of(const struct wlr_dmabuf_attributes *claim)
{
	struct gesso_layout layout = {
		.fourcc = claim->format,
		.width_px = claim->width,
		.height_px = claim->height,
		.stride_bytes = claim->stride[0],
		.offset_bytes = claim->offset[0],
		.size_bytes = claim->offset[0] + (size_t)claim->stride[0] * (size_t)claim->height,
	};
	if (claim->n_planes > 1) {
		layout.chroma_stride_bytes = claim->stride[1];
		layout.chroma_offset_bytes = claim->offset[1];
	}
	return layout;
}

static bool set_memory(struct dmabuf_buffer *buffer, struct memories *memories,
	const struct wlr_dmabuf_attributes *claim, struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, bool only_copied, struct gesso_reason *why)
{
	struct gesso_layout layout = layout_of(claim);
	if (only_copied) {
		return native_buffer_set_copied_memory(
			&buffer->native, &memories->first, &layout, linux_dmabuf->context, why);
	}
	if (!native_buffer_set_foreign_memory(&buffer->native, &memories->first, &memories->second,
		    &layout, linux_dmabuf->context, why)) {
		return false;
	}
	if (buffer->native.copied) {
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, why);
	}
	return true;
}

static void enter_in_ledger(
	struct dmabuf_buffer *buffer, struct gesso_ledger_client *client, uint64_t charged_bytes)
{
	const struct native_buffer *native = &buffer->native;
	buffer->entry = (struct gesso_ledger_buffer){
		.path = GESSO_PATH_DMABUF,
		.inode = native->memory.inode,
		.size_bytes = native->memory.size_bytes,
		.charged_bytes = charged_bytes,
		.width_px = native->base.width,
		.height_px = native->base.height,
		.fourcc = native->layout.fourcc,
	};
	if (native->chroma.fd >= 0) {
		gesso_ledger_buffer_add_memory(
			&buffer->entry, native->chroma.inode, native->chroma.size_bytes);
		buffer->entry.more_descriptors = 1;
	}
	gesso_ledger_buffer_add(&buffer->entry, client, &buffer->native.base);
}

static struct dmabuf_buffer *create(struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, struct wlr_dmabuf_attributes *claim, bool only_copied,
	struct gesso_reason *why)
{
	struct memories memories;
	struct dmabuf_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for a wl_buffer");
		return NULL;
	}
	native_buffer_init(&buffer->native, claim->width, claim->height, buffer_handle_destroyed);
	wl_list_init(&buffer->release.link);
	if (!take_memories(claim, &memories, why)) {
		goto fail;
	}
	uint64_t bytes = memories.first.size_bytes + memories.second.size_bytes;
	if (!gesso_ledger_client_charge(client, bytes, why)) {
		memories_finish(&memories);
		goto fail;
	}
	if (!set_memory(buffer, &memories, claim, linux_dmabuf, client, only_copied, why)) {
		gesso_ledger_client_discharge(client, bytes);
		goto fail;
	}
	enter_in_ledger(buffer, client, bytes);
	buffer->release.notify = buffer_handle_release;
	wl_signal_add(&buffer->native.base.events.release, &buffer->release);
	return buffer;

fail:
	wlr_buffer_drop(&buffer->native.base);
	return NULL;
}

struct dmabuf_buffer *dmabuf_buffer_create(struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, struct wlr_dmabuf_attributes *claim,
	struct gesso_reason *why)
{
	return create(linux_dmabuf, client, claim, false, why);
}

struct dmabuf_buffer *dmabuf_buffer_create_copied(struct gesso_linux_dmabuf *linux_dmabuf,
	struct gesso_ledger_client *client, const struct wlr_dmabuf_attributes *claim,
	struct gesso_reason *why)
{
	struct wlr_dmabuf_attributes own = *claim;
	own.fd[0] = fcntl(claim->fd[0], F_DUPFD_CLOEXEC, 0);
	if (own.fd[0] < 0) {
		gesso_reason_set(
			why, GESSO_REASON_NO_DESCRIPTORS, "there is no descriptor to keep it by");
		return NULL;
	}
	struct dmabuf_buffer *buffer = create(linux_dmabuf, client, &own, true, why);
	if (own.fd[0] >= 0) {
		close(own.fd[0]);
	}
	return buffer;
}

void dmabuf_buffer_drop(struct dmabuf_buffer *buffer)
{
	assert(buffer->resource == NULL);
	wlr_buffer_drop(&buffer->native.base);
}

void dmabuf_buffer_take_over(struct dmabuf_buffer *buffer, struct wlr_dmabuf_v1_buffer *made)
{
	assert(buffer->resource == NULL && made->resource != NULL);
	buffer->resource = made->resource;
	made->resource = NULL;
	wl_resource_set_implementation(
		buffer->resource, &wl_buffer_impl, buffer, buffer_handle_resource_destroy);
	wlr_buffer_drop(&made->base);
}

struct wl_resource *dmabuf_buffer_make_resource(
	struct dmabuf_buffer *buffer, struct wl_client *client, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	if (resource == NULL) {
		if (buffer != NULL) {
			wlr_buffer_drop(&buffer->native.base);
		}
		wl_client_post_no_memory(client);
		return NULL;
	}
	if (buffer != NULL) {
		buffer->resource = resource;
	}
	wl_resource_set_implementation(
		resource, &wl_buffer_impl, buffer, buffer_handle_resource_destroy);
	return resource;
}

void dmabuf_buffer_register(void)
{
	wlr_buffer_register_resource_interface(&buffer_resource_interface);
}
