/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BUFFER_H
#define TESTS_BUFFER_H

#include "client.h"
#include <stddef.h>

/*
 * Buffers of both kinds behind one struct: memory of the client's own by wl_shm,
 * and the compositor's by gesso_gpu_memory_buffer_v1. `height_px` rows of
 * `stride_bytes` from `pixels`.
 */

enum buffer_state {
	BUFFER_PENDING,
	BUFFER_ALLOCATED,
	BUFFER_FAILED,
};

struct buffer {
	struct client *client;
	const char *path; /* "native", "dmabuf" or "shm"; NULL if a case made it by hand */
	struct wl_buffer *wl_buffer;
	struct gesso_gpu_memory_buffer_v1 *answer; /* NULL for wl_shm */
	enum buffer_state state;
	int width_px, height_px;
	uint32_t fourcc; /* drm_fourcc.h, for both */
	/* once allocated */
	int fd; /* -1 once closed: a dma-buf's stays open for the bracketing ioctl */
	uint64_t inode;
	size_t size_bytes;
	uint32_t offset_bytes, stride_bytes;
	uint32_t kind, cached;
	uint64_t modifier;
	char allocator[32]; /* or the source of a dma-buf */
	uint8_t *map, *pixels;
	bool busy; /* committed and not yet released */
	size_t releases;
	/* once failed */
	uint32_t reason;
	char words[200];
};

uint32_t buffer_bytes_per_pixel(uint32_t fourcc);
/* wl_shm's own codes for the two formats that it numbers itself. */
uint32_t buffer_shm_format(uint32_t fourcc);

/* Rows have slack and the first pixel is not at byte 0. */
void buffer_create_shm(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc);
/* The same with the given stride and no slack, as screencopy asks. */
void buffer_create_shm_tight(struct buffer *buffer, struct client *client, int width_px,
	int height_px, uint32_t stride_bytes, uint32_t fourcc);

/*
 * In `pool` (borrowed), whose file is `fd` (taken; mapped up to the buffer's end): laid out
 * as the buffer's width_px, height_px, fourcc, offset_bytes and stride_bytes say.
 */
void buffer_create_in_pool(
	struct buffer *buffer, struct client *client, struct wl_shm_pool *pool, int fd);

/* Sends create_buffer and returns at once. */
void buffer_request(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc);
void buffer_request_on(struct buffer *buffer, struct client *client,
	struct gesso_gpu_memory_buffer_manager_v1 *manager, int width_px, int height_px,
	uint32_t fourcc);
/* Dispatches until the answer is there. */
void buffer_wait_answer(struct buffer *buffer);
/* Maps an allocated buffer, and closes its descriptor unless it is a dma-buf. */
void buffer_map(struct buffer *buffer);
/* All of the above: fails the case unless the answer is `allocated`. */
void buffer_create_native(
	struct buffer *buffer, struct client *client, int width_px, int height_px, uint32_t fourcc);
/*
 * Over a dma-buf of the client's own behind `wl_buffer`, laid out as `buffer`'s
 * fields from fd to stride_bytes say. Takes the descriptor, and `map` if there is
 * one: else the descriptor is mapped.
 */
void buffer_init_dmabuf(struct buffer *buffer, struct wl_buffer *wl_buffer, uint8_t *map);
/*
 * On "native", "shm", "dmabuf:SOURCE" (dmabuf.h), or "shm-tight", which is wl_shm too, in a pool
 * that can be imported.
 */
void buffer_create(struct buffer *buffer, struct client *client, const char *path, int width_px,
	int height_px, uint32_t fourcc);

/* Brackets CPU writes with DMA_BUF_IOCTL_SYNC where the kind needs it. */
void buffer_begin_paint(struct buffer *buffer);
void buffer_end_paint(struct buffer *buffer);

void buffer_wait_release(struct buffer *buffer);

/* Destroys what there is of it, the memory too. */
void buffer_destroy(struct buffer *buffer);
/* Only the memory: for clients that end without destroying their objects. */
void buffer_unmap(struct buffer *buffer);

#endif
