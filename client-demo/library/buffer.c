/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "client.h"
#include "clock.h"
#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What GPUs ask of a linear row. */
#define STRIDE_ALIGN_BYTES 256

static void buffer_handle_release(void *data, struct wl_buffer *wl_buffer)
{
	struct buffer *buffer = data;
	/* a buffer painted while it is shown gets the release of an earlier commit */
	buffer->was_held = false;
	if (buffer->state == BUFFER_HELD)
		buffer->state = BUFFER_IDLE;
}

static const struct wl_buffer_listener wl_buffer_listener = {.release = buffer_handle_release};

struct buffer *buffer_new(int width_px, int height_px, uint32_t fourcc)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return NULL;
	wl_list_init(&buffer->link);
	buffer->width_px = width_px;
	buffer->height_px = height_px;
	buffer->fourcc = fourcc;
	buffer->bracket_fd = -1;
	buffer->cached = true;
	return buffer;
}

static size_t round_up(size_t bytes, size_t align_bytes)
{
	return (bytes + align_bytes - 1) & ~(align_bytes - 1);
}

void buffer_lay_out(struct buffer *buffer)
{
	/* at most 16384 × 4 × 16384, which is 1 GiB and fits wl_shm's int */
	buffer->stride_bytes =
		round_up((size_t)buffer->width_px * format_bytes_per_pixel(buffer->fourcc),
			STRIDE_ALIGN_BYTES);
	buffer->map_bytes = round_up(
		buffer->stride_bytes * (size_t)buffer->height_px, (size_t)sysconf(_SC_PAGESIZE));
}

bool buffer_map(struct buffer *buffer, int fd)
{
	void *map = mmap(NULL, buffer->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return false;
	buffer->map = buffer->pixels = map;
	return true;
}

void buffer_set_wl_buffer(struct buffer *buffer, struct wl_buffer *wl_buffer)
{
	buffer->wl_buffer = wl_buffer;
	wl_buffer_add_listener(wl_buffer, &wl_buffer_listener, buffer);
}

bool buffer_check_deadline(struct buffer *buffer, const struct gesso_client *client)
{
	if (buffer->state != BUFFER_PENDING || buffer->overdue ||
		clock_now_ns() < buffer->answer_deadline_ns)
		return false;
	refusal_set(&buffer->refusal, GESSO_CLIENT_REASON_NO_ANSWER,
		"the compositor did not answer within %d ms", client->answer_timeout_ms);
	buffer->overdue = true;
	return true;
}

void buffer_drop_memory(struct buffer *buffer)
{
	if (buffer->map)
		munmap(buffer->map, buffer->map_bytes);
	if (buffer->bracket_fd >= 0)
		close(buffer->bracket_fd);
	buffer->map = buffer->pixels = NULL;
	buffer->map_bytes = 0;
	buffer->bracket_fd = -1;
}

void buffer_destroy(struct buffer *buffer)
{
	if (!buffer)
		return;
	wl_list_remove(&buffer->link);
	if (buffer->answer)
		gesso_gpu_memory_buffer_v1_destroy(buffer->answer);
	buffer_dmabuf_abandon(buffer);
	if (buffer->wl_buffer)
		wl_buffer_destroy(buffer->wl_buffer);
	buffer_drop_memory(buffer);
	free(buffer);
}
