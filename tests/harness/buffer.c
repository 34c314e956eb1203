/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "check.h"
#include "dmabuf.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

uint32_t buffer_bytes_per_pixel(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_RGB565:
		return 2;
	case DRM_FORMAT_ABGR16161616F:
		return 8;
	default:
		return 4;
	}
}

uint32_t buffer_shm_format(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_ARGB8888:
		return WL_SHM_FORMAT_ARGB8888;
	case DRM_FORMAT_XRGB8888:
		return WL_SHM_FORMAT_XRGB8888;
	default:
		return fourcc;
	}
}

static void buffer_handle_release(void *data, struct wl_buffer *wl_buffer)
{
	struct buffer *buffer = data;
	buffer->busy = false;
	buffer->releases++;
}

static const struct wl_buffer_listener buffer_listener = {.release = buffer_handle_release};

static void buffer_init(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc)
{
	*buffer = (struct buffer){
		.client = client,
		.width_px = width_px,
		.height_px = height_px,
		.fourcc = fourcc,
		.fd = -1,
	};
}

static void note_inode(struct buffer *buffer)
{
	struct stat status;
	CHECK_EQUAL(fstat(buffer->fd, &status), 0);
	buffer->inode = status.st_ino;
}

static void create_in_pool(struct buffer *buffer, struct wl_shm_pool *pool)
{
	buffer->kind = GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD;
	buffer->state = BUFFER_ALLOCATED;
	buffer->size_bytes =
		buffer->offset_bytes + (size_t)buffer->stride_bytes * (size_t)buffer->height_px;
	buffer->path = "shm";
	buffer->wl_buffer = wl_shm_pool_create_buffer(pool, (int32_t)buffer->offset_bytes,
		buffer->width_px, buffer->height_px, (int32_t)buffer->stride_bytes,
		buffer_shm_format(buffer->fourcc));
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
	buffer_map(buffer);
}

static void create_shm(struct buffer *buffer)
{
	size_t size_bytes =
		buffer->offset_bytes + (size_t)buffer->stride_bytes * (size_t)buffer->height_px;
	buffer->fd = memfd_create("test-shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK_INT(>=, buffer->fd, 0);
	CHECK_EQUAL(ftruncate(buffer->fd, (off_t)size_bytes), 0);
	struct wl_shm_pool *pool =
		wl_shm_create_pool(buffer->client->shm, buffer->fd, (int32_t)size_bytes);
	create_in_pool(buffer, pool);
	wl_shm_pool_destroy(pool);
}

void buffer_create_in_pool(
	struct buffer *buffer, struct client *client, struct wl_shm_pool *pool, int fd)
{
	struct buffer layout = *buffer;
	buffer_init(buffer, client, layout.width_px, layout.height_px, layout.fourcc);
	buffer->offset_bytes = layout.offset_bytes;
	buffer->stride_bytes = layout.stride_bytes;
	buffer->fd = fd;
	create_in_pool(buffer, pool);
}

void buffer_create_shm(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc)
{
	buffer_init(buffer, client, width_px, height_px, fourcc);
	uint32_t row_bytes = (uint32_t)width_px * buffer_bytes_per_pixel(fourcc);
	buffer->stride_bytes = (row_bytes + 3) / 4 * 4 + 8;
	buffer->offset_bytes = 64;
	create_shm(buffer);
}

void buffer_create_shm_tight(struct buffer *buffer, struct client *client, int width_px,
	int height_px, uint32_t stride_bytes, uint32_t fourcc)
{
	buffer_init(buffer, client, width_px, height_px, fourcc);
	buffer->stride_bytes = stride_bytes;
	create_shm(buffer);
}

static void answer_handle_allocated(void *data, struct gesso_gpu_memory_buffer_v1 *answer,
	int32_t fd, uint32_t kind, uint32_t size_hi, uint32_t size_lo, uint32_t offset,
	uint32_t stride, uint32_t modifier_hi, uint32_t modifier_lo, uint32_t cached,
	const char *allocator)
{
	struct buffer *buffer = data;
	CHECK_EQUAL(buffer->state, BUFFER_PENDING);
	buffer->state = BUFFER_ALLOCATED;
	buffer->fd = fd;
	buffer->kind = kind;
	buffer->size_bytes = (size_t)size_hi << 32 | size_lo;
	buffer->offset_bytes = offset;
	buffer->stride_bytes = stride;
	buffer->modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	buffer->cached = cached;
	snprintf(buffer->allocator, sizeof(buffer->allocator), "%s", allocator);
}

static void answer_handle_failed(
	void *data, struct gesso_gpu_memory_buffer_v1 *answer, uint32_t reason, const char *words)
{
	struct buffer *buffer = data;
	CHECK_EQUAL(buffer->state, BUFFER_PENDING);
	CHECK_INT(!=, reason, 0);
	CHECK(words[0] != '\0');
	buffer->state = BUFFER_FAILED;
	buffer->reason = reason;
	snprintf(buffer->words, sizeof(buffer->words), "%s", words);
}

static const struct gesso_gpu_memory_buffer_v1_listener answer_listener = {
	.allocated = answer_handle_allocated,
	.failed = answer_handle_failed,
};

void buffer_request_on(struct buffer *buffer, struct client *client,
	struct gesso_gpu_memory_buffer_manager_v1 *manager, int width_px, int height_px,
	uint32_t fourcc)
{
	CHECK(manager != NULL);
	buffer_init(buffer, client, width_px, height_px, fourcc);
	buffer->path = "native";
	buffer->answer = gesso_gpu_memory_buffer_manager_v1_create_buffer(
		manager, width_px, height_px, fourcc);
	buffer->wl_buffer = gesso_gpu_memory_buffer_v1_get_buffer(buffer->answer);
	gesso_gpu_memory_buffer_v1_add_listener(buffer->answer, &answer_listener, buffer);
	wl_buffer_add_listener(buffer->wl_buffer, &buffer_listener, buffer);
}

void buffer_request(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc)
{
	buffer_request_on(buffer, client, client->manager, width_px, height_px, fourcc);
}

void buffer_wait_answer(struct buffer *buffer)
{
	while (buffer->state == BUFFER_PENDING) {
		client_dispatch(buffer->client);
	}
}

void buffer_map(struct buffer *buffer)
{
	CHECK_EQUAL(buffer->state, BUFFER_ALLOCATED);
	note_inode(buffer);
	buffer->map =
		mmap(NULL, buffer->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	CHECK(buffer->map != MAP_FAILED);
	buffer->pixels = buffer->map + buffer->offset_bytes;
	if (buffer->kind == GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD) {
		close(buffer->fd);
		buffer->fd = -1;
	}
}

void buffer_create_native(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc)
{
	buffer_request(buffer, client, width_px, height_px, fourcc);
	buffer_wait_answer(buffer);
	if (buffer->state == BUFFER_FAILED) {
		FAIL("no native buffer of %dx%d: %s", width_px, height_px, buffer->words);
	}
	buffer_map(buffer);
}

void buffer_init_dmabuf(struct buffer *buffer, struct wl_buffer *wl_buffer, uint8_t *map)
{
	buffer->wl_buffer = wl_buffer;
	buffer->path = "dmabuf";
	buffer->kind = GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF;
	buffer->state = BUFFER_ALLOCATED;
	wl_buffer_add_listener(wl_buffer, &buffer_listener, buffer);
	if (map == NULL) {
		buffer_map(buffer);
		return;
	}
	note_inode(buffer);
	buffer->map = map;
	buffer->pixels = map + buffer->offset_bytes;
}

void buffer_create(struct buffer *buffer, struct client *client, const char *path, int width_px,
	int height_px, uint32_t fourcc)
{
	if (strcmp(path, "native") == 0) {
		buffer_create_native(buffer, client, width_px, height_px, fourcc);
	} else if (strncmp(path, "dmabuf:", 7) == 0) {
		buffer_create_dmabuf(buffer, client, path + 7, width_px, height_px, fourcc);
	} else if (strcmp(path, "shm-tight") == 0) {
		uint32_t stride_bytes = (uint32_t)width_px * buffer_bytes_per_pixel(fourcc);
		buffer_create_shm_tight(buffer, client, width_px, height_px, stride_bytes, fourcc);
	} else {
		CHECK_STRING(path, "shm");
		buffer_create_shm(buffer, client, width_px, height_px, fourcc);
	}
}

static void bracket(struct buffer *buffer, uint64_t flags)
{
	if (buffer->kind != GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF) {
		return;
	}
	CHECK_INT(>=, buffer->fd, 0);
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_RW};
	int result;
	do {
		result = ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync);
	} while (result < 0 && (errno == EINTR || errno == EAGAIN));
	CHECK_EQUAL(result, 0);
}

void buffer_begin_paint(struct buffer *buffer)
{
	bracket(buffer, DMA_BUF_SYNC_START);
}

void buffer_end_paint(struct buffer *buffer)
{
	bracket(buffer, DMA_BUF_SYNC_END);
}

void buffer_wait_release(struct buffer *buffer)
{
	while (buffer->busy) {
		client_dispatch(buffer->client);
	}
}

void buffer_unmap(struct buffer *buffer)
{
	if (buffer->map != NULL) {
		munmap(buffer->map, buffer->size_bytes);
		buffer->map = buffer->pixels = NULL;
	}
	if (buffer->fd >= 0) {
		close(buffer->fd);
		buffer->fd = -1;
	}
}

void buffer_destroy(struct buffer *buffer)
{
	if (buffer->answer != NULL) {
		gesso_gpu_memory_buffer_v1_destroy(buffer->answer);
		buffer->answer = NULL;
	}
	if (buffer->wl_buffer != NULL) {
		wl_buffer_destroy(buffer->wl_buffer);
		buffer->wl_buffer = NULL;
	}
	buffer_unmap(buffer);
}
