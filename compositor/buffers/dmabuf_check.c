/* SPDX-License-Identifier: MIT */
#include "buffers/dmabuf_check.h"
#include "linux-dmabuf-v1-protocol.h"
#include <drm_fourcc.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define FAILED (-1)

#define REFUSE(error_code, reason_code, ...)                                                       \
	refuse(verdict, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##error_code, reason_code, __VA_ARGS__)
#define FAIL(reason_code, ...) refuse(verdict, FAILED, reason_code, __VA_ARGS__)

#define refuse(verdict, error_code, reason_code, ...)                                              \
	((verdict)->error = (int)(error_code),                                                     \
		gesso_reason_set(&(verdict)->why, reason_code, __VA_ARGS__), false)

bool dmabuf_modifier_is_linear(uint64_t modifier)
{
	return modifier == DRM_FORMAT_MOD_LINEAR || modifier == DRM_FORMAT_MOD_INVALID;
}

bool dmabuf_is_dmabuf(int fd)
{
	struct statfs file_system;
	return fstatfs(fd, &file_system) == 0 && file_system.f_type == DMA_BUF_MAGIC;
}

static bool check_planes(const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	for (int i = 0; i < claim->n_planes; i++) {
		if (claim->fd[i] < 0) {
			return REFUSE(INCOMPLETE, GESSO_REASON_UNSUPPORTED_FORMAT,
				"plane %d is missing below the last one", i);
		}
	}
	/* other modifiers may have planes of their own */
	bool known = gesso_format_index(claim->format) >= 0 &&
		dmabuf_modifier_is_linear(claim->modifier);
	if (claim->n_planes < 1 || (known && claim->n_planes != 1)) {
		return REFUSE(INCOMPLETE, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%d planes were added for format 0x%08x, which has 1", claim->n_planes,
			claim->format);
	}
	return true;
}

static bool check_size(const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	if (claim->width < 1 || claim->height < 1) {
		return REFUSE(INVALID_DIMENSIONS, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%dx%d: width and height must be positive", claim->width, claim->height);
	}
	if (claim->width > GESSO_MAX_SIDE_PX || claim->height > GESSO_MAX_SIDE_PX) {
		return FAIL(GESSO_REASON_OVER_LIMIT, "%dx%d: a side is over %d", claim->width,
			claim->height, GESSO_MAX_SIDE_PX);
	}
	return true;
}

static bool check_descriptors(
	const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	for (int i = 0; i < claim->n_planes; i++) {
		if (!dmabuf_is_dmabuf(claim->fd[i])) {
			return FAIL(GESSO_REASON_IMPORT_FAILED,
				"the descriptor of plane %d is not a dma-buf", i);
		}
	}
	return true;
}

static bool check_bounds(const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	int format = gesso_format_index(claim->format);
	if (format < 0 || !dmabuf_modifier_is_linear(claim->modifier)) {
		return true; /* the driver's to know */
	}
	uint64_t pixel_bytes = gesso_formats[format].bytes_per_pixel;
	uint64_t row_bytes = (uint64_t)claim->width * pixel_bytes;
	uint64_t end_bytes =
		claim->offset[0] + (uint64_t)claim->stride[0] * (uint64_t)claim->height;
	struct stat status;
	if (claim->stride[0] < row_bytes) {
		return REFUSE(OUT_OF_BOUNDS, GESSO_REASON_UNSUPPORTED_FORMAT,
			"stride %u is less than the %llu bytes of a row", claim->stride[0],
			(unsigned long long)row_bytes);
	}
	if (fstat(claim->fd[0], &status) != 0 || end_bytes > (uint64_t)status.st_size) {
		return REFUSE(OUT_OF_BOUNDS, GESSO_REASON_OVER_LIMIT,
			"offset %u + stride %u x height %d is past the dma-buf's end",
			claim->offset[0], claim->stride[0], claim->height);
	}
	if (claim->offset[0] % pixel_bytes != 0) {
		return FAIL(GESSO_REASON_UNSUPPORTED_FORMAT, "offset %u is not a whole pixel",
			claim->offset[0]);
	}
	return true;
}

struct dmabuf_verdict dmabuf_check(const struct wlr_dmabuf_attributes *claim, uint32_t flags)
{
	struct dmabuf_verdict verdict = {.error = FAILED};
	if (!check_planes(claim, &verdict) || !check_size(claim, &verdict)) {
		return verdict;
	}
	if (flags != 0) {
		gesso_reason_set(&verdict.why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"flags 0x%x: none is served", flags);
		return verdict;
	}
	verdict.ok = check_descriptors(claim, &verdict) && check_bounds(claim, &verdict);
	return verdict;
}
