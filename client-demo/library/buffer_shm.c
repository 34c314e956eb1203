/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "client.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static uint32_t shm_format(uint32_t fourcc)
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

/*
 * The pages are taken here: a full tmpfs is an error now, not a SIGBUS while
 * painting. A pool that cannot shrink spares the compositor that fault too.
 */
static int create_sealed_memory(size_t size_bytes)
{
	int fd = memfd_create("gesso-shm", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	int error;
	do {
		error = posix_fallocate(fd, 0, (off_t)size_bytes);
	} while (error == EINTR);
	if (error != 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool map_memory(struct buffer *buffer, int fd)
{
	void *map = mmap(NULL, buffer->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	buffer->map = map;
	buffer->pixels = map;
	return true;
}

static bool create_wl_buffer(struct buffer *buffer, struct wl_shm *shm, int fd)
{
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, (int32_t)buffer->map_bytes);
	if (!pool)
		return false;
	struct wl_buffer *wl_buffer = wl_shm_pool_create_buffer(pool, 0, buffer->width_px,
		buffer->height_px, (int32_t)buffer->stride_bytes, shm_format(buffer->fourcc));
	wl_shm_pool_destroy(pool);
	if (!wl_buffer)
		return false;
	buffer_set_wl_buffer(buffer, wl_buffer);
	return true;
}

struct buffer *buffer_shm_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc)
{
	struct buffer *buffer = buffer_new(width_px, height_px, fourcc);
	if (!buffer)
		return NULL;
	/* so that a compositor may import the pool as it is */
	buffer_lay_out(buffer);
	int fd = create_sealed_memory(buffer->map_bytes);
	bool made = fd >= 0 && map_memory(buffer, fd) && create_wl_buffer(buffer, client->shm, fd);
	if (fd >= 0)
		close(fd);
	if (!made) {
		buffer_destroy(buffer);
		return NULL;
	}
	buffer->state = BUFFER_IDLE;
	return buffer;
}
