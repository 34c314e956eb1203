/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "client.h"
#include "sealed_memfd.h"
#include <drm_fourcc.h>
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
	/* a pool that cannot shrink spares the compositor a SIGBUS too */
	const char *failed;
	int fd = sealed_memfd_create("gesso-shm", buffer->map_bytes, &failed);
	bool made = fd >= 0 && buffer_map(buffer, fd) && create_wl_buffer(buffer, client->shm, fd);
	if (fd >= 0)
		close(fd);
	if (!made) {
		buffer_destroy(buffer);
		return NULL;
	}
	buffer->state = BUFFER_IDLE;
	return buffer;
}
