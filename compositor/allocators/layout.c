/* SPDX-License-Identifier: MIT */
#include "allocators/layout.h"
#include "memory/each_frame.h"
#include <assert.h>
#include <drm_fourcc.h>

const struct gesso_format gesso_formats[GESSO_FORMATS_LEN] = {
	{DRM_FORMAT_XRGB8888, "XRGB8888", 4, true, 0},
	{DRM_FORMAT_ARGB8888, "ARGB8888", 4, false, 0},
	{DRM_FORMAT_XBGR8888, "XBGR8888", 4, true, 0},
	{DRM_FORMAT_ABGR8888, "ABGR8888", 4, false, 0},
	{DRM_FORMAT_RGB565, "RGB565", 2, true, 0},
	{DRM_FORMAT_XRGB2101010, "XRGB2101010", 4, true, 0},
	{DRM_FORMAT_XBGR2101010, "XBGR2101010", 4, true, 0},
	{DRM_FORMAT_ABGR16161616F, "ABGR16161616F", 8, false, 0},
	{DRM_FORMAT_NV12, "NV12", 1, true, 2},
	{DRM_FORMAT_P010, "P010", 2, true, 4},
};

EACH_FRAME int gesso_format_index(uint32_t fourcc)
{
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if (gesso_formats[i].fourcc == fourcc) {
			return i;
		}
	}
	return -1;
}

EACH_FRAME int gesso_format_planes(uint32_t fourcc)
{
	int index = gesso_format_index(fourcc);
	return index >= 0 && gesso_formats[index].chroma_bytes != 0 ? 2 : 1;
}

/* A chroma row is as long as one of the first plane, and there are half as many. */
static bool add_chroma(struct gesso_layout *layout)
{
	size_t luma_bytes = layout->size_bytes;
	if (layout->width_px % 2 != 0 || layout->height_px % 2 != 0 || luma_bytes > UINT32_MAX) {
		return false;
	}
	layout->chroma_stride_bytes = layout->stride_bytes;
	layout->chroma_offset_bytes = (uint32_t)luma_bytes;
	return !__builtin_add_overflow(luma_bytes, luma_bytes / 2, &layout->size_bytes);
}

bool gesso_layout_init(struct gesso_layout *layout, int width_px, int height_px, uint32_t fourcc,
	uint32_t stride_align_bytes)
{
	assert(stride_align_bytes != 0 && (stride_align_bytes & (stride_align_bytes - 1)) == 0);

	int index = gesso_format_index(fourcc);
	if (index < 0 || width_px < 1 || width_px > GESSO_MAX_SIDE_PX || height_px < 1 ||
		height_px > GESSO_MAX_SIDE_PX) {
		return false;
	}
	size_t stride_bytes, size_bytes;
	if (__builtin_mul_overflow(
		    (size_t)width_px, gesso_formats[index].bytes_per_pixel, &stride_bytes) ||
		__builtin_add_overflow(stride_bytes, stride_align_bytes - 1, &stride_bytes)) {
		return false;
	}
	stride_bytes &= ~((size_t)stride_align_bytes - 1);
	if (stride_bytes > UINT32_MAX ||
		__builtin_mul_overflow(stride_bytes, (size_t)height_px, &size_bytes)) {
		return false;
	}
	*layout = (struct gesso_layout){
		.fourcc = fourcc,
		.width_px = width_px,
		.height_px = height_px,
		.stride_bytes = (uint32_t)stride_bytes,
		.size_bytes = size_bytes,
	};
	return gesso_formats[index].chroma_bytes == 0 || add_chroma(layout);
}

void gesso_layout_move(struct gesso_layout *layout, uint32_t offset_bytes)
{
	layout->offset_bytes += offset_bytes;
	layout->size_bytes += offset_bytes;
	if (layout->chroma_stride_bytes != 0) {
		layout->chroma_offset_bytes += offset_bytes;
	}
}
