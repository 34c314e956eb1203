/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "client.h"
#include "clock.h"
#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What "allocated" said. */
struct answer {
	int fd;
	uint32_t kind;
	uint64_t size_bytes;
	uint32_t offset_bytes, stride_bytes;
	uint64_t modifier;
};

static bool check_answer(
	const struct answer *answer, const struct buffer *buffer, struct refusal *why)
{
	struct stat stat;
	uint64_t row_bytes = (uint64_t)buffer->width_px * format_bytes_per_pixel(buffer->fourcc);
	uint64_t end_bytes =
		answer->offset_bytes + (uint64_t)answer->stride_bytes * (uint64_t)buffer->height_px;
	int code = GESSO_CLIENT_REASON_BAD_ANSWER;
	if (answer->kind != GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF &&
		answer->kind != GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_MEMFD)
		refusal_set(why, code, "descriptor of unknown kind %u", answer->kind);
	else if (answer->modifier != DRM_FORMAT_MOD_LINEAR &&
		answer->modifier != DRM_FORMAT_MOD_INVALID)
		refusal_set(why, code, "modifier 0x%llx is not linear",
			(unsigned long long)answer->modifier);
	else if (answer->stride_bytes < row_bytes || answer->stride_bytes % 4 != 0)
		refusal_set(why, code, "stride %u does not suit rows of %llu bytes",
			answer->stride_bytes, (unsigned long long)row_bytes);
	else if (fstat(answer->fd, &stat) < 0)
		refusal_set(why, code, "fstat: %s", strerror(errno));
	else if (end_bytes > answer->size_bytes || answer->size_bytes > (uint64_t)stat.st_size ||
		answer->size_bytes > SIZE_MAX)
		refusal_set(why, code, "%llu bytes of pixels, %llu announced, %lld there",
			(unsigned long long)end_bytes, (unsigned long long)answer->size_bytes,
			(long long)stat.st_size);
	else
		return true;
	return false;
}

/* Takes `answer->fd`. */
static bool map_answer(struct buffer *buffer, const struct answer *answer)
{
	void *map = MAP_FAILED;
	if (check_answer(answer, buffer, &buffer->refusal)) {
		map = mmap(NULL, (size_t)answer->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			answer->fd, 0);
		if (map == MAP_FAILED)
			refusal_set(&buffer->refusal, GESSO_CLIENT_REASON_MAP_FAILED, "mmap: %s",
				strerror(errno));
	}
	if (map == MAP_FAILED) {
		close(answer->fd);
		return false;
	}
	buffer->map = map;
	buffer->map_bytes = (size_t)answer->size_bytes;
	buffer->pixels = (char *)map + answer->offset_bytes;
	buffer->stride_bytes = answer->stride_bytes;
	if (answer->kind == GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_KIND_DMABUF)
		buffer->bracket_fd = answer->fd;
	else
		close(answer->fd);
	return true;
}

static void drop_answer_channel(struct buffer *buffer)
{
	gesso_gpu_memory_buffer_v1_destroy(buffer->answer);
	buffer->answer = NULL;
}

static void answer_handle_allocated(void *data, struct gesso_gpu_memory_buffer_v1 *proxy,
	int32_t fd, uint32_t kind, uint32_t size_hi, uint32_t size_lo, uint32_t offset,
	uint32_t stride, uint32_t modifier_hi, uint32_t modifier_lo, uint32_t cached,
	const char *allocator)
{
	struct buffer *buffer = data;
	struct answer answer = {
		.fd = fd,
		.kind = kind,
		.size_bytes = (uint64_t)size_hi << 32 | size_lo,
		.offset_bytes = offset,
		.stride_bytes = stride,
		.modifier = (uint64_t)modifier_hi << 32 | modifier_lo,
	};
	buffer->cached = cached != 0;
	snprintf(buffer->allocator, sizeof(buffer->allocator), "%s", allocator);
	buffer->state = map_answer(buffer, &answer) ? BUFFER_IDLE : BUFFER_FAILED;
	drop_answer_channel(buffer);
}

static void answer_handle_failed(
	void *data, struct gesso_gpu_memory_buffer_v1 *proxy, uint32_t reason, const char *words)
{
	struct buffer *buffer = data;
	refusal_set(&buffer->refusal, (int)reason, "%s", words);
	buffer->state = BUFFER_FAILED;
	drop_answer_channel(buffer);
}

static const struct gesso_gpu_memory_buffer_v1_listener answer_listener = {
	.allocated = answer_handle_allocated,
	.failed = answer_handle_failed,
};

struct buffer *buffer_native_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc)
{
	struct buffer *buffer = buffer_new(width_px, height_px, fourcc);
	if (!buffer)
		return NULL;
	buffer->answer = gesso_gpu_memory_buffer_manager_v1_create_buffer(
		client->offers.manager, width_px, height_px, fourcc);
	struct wl_buffer *wl_buffer =
		buffer->answer ? gesso_gpu_memory_buffer_v1_get_buffer(buffer->answer) : NULL;
	if (!wl_buffer) {
		buffer_destroy(buffer);
		return NULL;
	}
	gesso_gpu_memory_buffer_v1_add_listener(buffer->answer, &answer_listener, buffer);
	buffer_set_wl_buffer(buffer, wl_buffer);
	buffer->state = BUFFER_PENDING;
	buffer->answer_deadline_ns = clock_after_ms(client->answer_timeout_ms);
	return buffer;
}
