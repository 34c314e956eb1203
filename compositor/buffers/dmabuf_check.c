/* SPDX-License-Identifier: MIT */
#include "buffers/dmabuf_check.h"
#include "linux-dmabuf-v1-protocol.h"
#include <drm_fourcc.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
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
	int planes_len = gesso_format_planes(claim->format);
	if (claim->n_planes < 1 || (known && claim->n_planes != planes_len)) {
		return REFUSE(INCOMPLETE, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%d planes were added for format 0x%08x, which has %d", claim->n_planes,
			claim->format, planes_len);
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

static bool check_plane_bounds(const struct wlr_dmabuf_attributes *claim, int plane,
	uint64_t pixel_bytes, struct dmabuf_verdict *verdict)
{
	uint64_t shared = plane == 0 ? 1 : 2; /* so many pixels either way have one in the plane */
	uint64_t row_bytes = ((uint64_t)claim->width + shared - 1) / shared * pixel_bytes;
	uint64_t rows = ((uint64_t)claim->height + shared - 1) / shared;
	uint32_t offset_bytes = claim->offset[plane], stride_bytes = claim->stride[plane];
	struct stat status;
	if (stride_bytes < row_bytes) {
		return REFUSE(OUT_OF_BOUNDS, GESSO_REASON_UNSUPPORTED_FORMAT,
			"plane %d: stride %u is less than the %llu bytes of a row", plane,
			stride_bytes, (unsigned long long)row_bytes);
	}
	if (fstat(claim->fd[plane], &status) != 0 ||
		offset_bytes + stride_bytes * rows > (uint64_t)status.st_size) {
		return REFUSE(OUT_OF_BOUNDS, GESSO_REASON_OVER_LIMIT,
			"plane %d: offset %u + stride %u x %llu rows is past the dma-buf's end",
			plane, offset_bytes, stride_bytes, (unsigned long long)rows);
	}
	if (offset_bytes % pixel_bytes != 0) {
		return FAIL(GESSO_REASON_UNSUPPORTED_FORMAT,
			"plane %d: offset %u is not a whole pixel", plane, offset_bytes);
	}
	return true;
}

static bool check_bounds(const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	int index = gesso_format_index(claim->format);
	if (index < 0 || !dmabuf_modifier_is_linear(claim->modifier)) {
		return true; /* the driver's to know */
	}
	const struct gesso_format *format = &gesso_formats[index];
	return check_plane_bounds(claim, 0, format->bytes_per_pixel, verdict) &&
		(format->chroma_bytes == 0 ||
			check_plane_bounds(claim, 1, format->chroma_bytes, verdict));
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

/* An empty name if it is unknown. */
static void read_exporter(int fd, char name[static 32])
{
	char path[48], line[128];
	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		sscanf(line, "exp_name: %31s", name);
	}
	if (file != NULL) {
		fclose(file);
	}
}

static bool exporter_knows_rows_only(const char *name)
{
	static const char *const exact[] = {
		"udmabuf", "system", "reserved", "linux,cma", "default_cma_region"};
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		if (strcmp(name, exact[i]) == 0) {
			return true;
		}
	}
	return strncmp(name, "videobuf2_", strlen("videobuf2_")) == 0;
}

bool dmabuf_lies_in_rows(const struct wlr_dmabuf_attributes *claim, struct gesso_reason *why)
{
	char exporter[32];
	if (gesso_format_planes(claim->format) != 1 || gesso_format_index(claim->format) < 0 ||
		!dmabuf_modifier_is_linear(claim->modifier)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"only a single plane of a known format and linear layout is read");
		return false;
	}
	if (claim->modifier == DRM_FORMAT_MOD_LINEAR) {
		return true;
	}
	read_exporter(claim->fd[0], exporter);
	if (!exporter_knows_rows_only(exporter)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"its layout is left to its exporter ('%s'), which may have others than "
			"linear",
			exporter);
		return false;
	}
	return true;
}
