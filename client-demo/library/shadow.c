/* SPDX-License-Identifier: MIT */
#include "swapchain.h"
#include <stdlib.h>
#include <string.h>

bool shadow_prepare(struct gesso_swapchain *swapchain)
{
	if (swapchain->shadow)
		return true;
	size_t row_bytes = (size_t)swapchain->width_px * format_bytes_per_pixel(swapchain->fourcc);
	swapchain->shadow_stride_bytes = (row_bytes + 3) & ~(size_t)3;
	swapchain->shadow = calloc((size_t)swapchain->height_px, swapchain->shadow_stride_bytes);
	swapchain->shadow_valid = false;
	return swapchain->shadow != NULL;
}

static void copy_rect(
	struct gesso_swapchain *swapchain, struct buffer *buffer, const struct gesso_rect *rect)
{
	size_t pixel_bytes = format_bytes_per_pixel(swapchain->fourcc);
	size_t row_bytes = (size_t)rect->width * pixel_bytes;
	const char *from = (const char *)swapchain->shadow +
		(size_t)rect->y * swapchain->shadow_stride_bytes + (size_t)rect->x * pixel_bytes;
	char *to = (char *)buffer->pixels + (size_t)rect->y * buffer->stride_bytes +
		(size_t)rect->x * pixel_bytes;
	for (int32_t row = 0; row < rect->height; row++) {
		memcpy(to, from, row_bytes);
		from += swapchain->shadow_stride_bytes;
		to += buffer->stride_bytes;
	}
	swapchain->copied_bytes += (uint64_t)row_bytes * (uint64_t)rect->height;
}

void shadow_copy(
	struct gesso_swapchain *swapchain, struct buffer *buffer, const struct damage *damage)
{
	struct damage all = buffer->painted_frame ? buffer->stale : swapchain->whole;
	damage_union(&all, damage);
	for (size_t i = 0; i < all.len; i++)
		copy_rect(swapchain, buffer, &all.rects[i]);
}

void shadow_drop(struct gesso_swapchain *swapchain)
{
	free(swapchain->shadow);
	swapchain->shadow = NULL;
	swapchain->shadow_valid = false;
}
