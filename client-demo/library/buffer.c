/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

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

void buffer_set_wl_buffer(struct buffer *buffer, struct wl_buffer *wl_buffer)
{
	buffer->wl_buffer = wl_buffer;
	wl_buffer_add_listener(wl_buffer, &wl_buffer_listener, buffer);
}

void buffer_destroy(struct buffer *buffer)
{
	if (!buffer)
		return;
	wl_list_remove(&buffer->link);
	if (buffer->answer)
		gesso_gpu_memory_buffer_v1_destroy(buffer->answer);
	if (buffer->wl_buffer)
		wl_buffer_destroy(buffer->wl_buffer);
	if (buffer->map)
		munmap(buffer->map, buffer->map_bytes);
	if (buffer->bracket_fd >= 0)
		close(buffer->bracket_fd);
	free(buffer);
}
