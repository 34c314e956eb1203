/* SPDX-License-Identifier: MIT */
#include "renderer/probe_paint.h"
#include "allocators/layout.h"
#include "renderer/probe_yuv.h"
#include <drm_fourcc.h>
#include <string.h>

struct probe_colour probe_picture(uint32_t fourcc, int x_px, int y_px, int round)
{
	if (gesso_format_planes(fourcc) > 1) {
		return probe_yuv_picture(x_px, y_px, round);
	}
	return (struct probe_colour){
		.r = (uint8_t)(x_px * 6 + round * 90 + 3),
		.g = (uint8_t)(y_px * 10 + round * 40 + 5),
		.b = (uint8_t)(x_px * y_px + round * 70 + 7),
	};
}

static uint32_t pack_8888(struct probe_colour c)
{
	return 0xff000000u | (uint32_t)c.r << 16 | (uint32_t)c.g << 8 | c.b;
}

static uint32_t widen_to_10_bits(uint8_t value)
{
	return (uint32_t)value << 2 | value >> 6;
}

static uint32_t pack_2101010(struct probe_colour c)
{
	return 3u << 30 | widen_to_10_bits(c.r) << 20 | widen_to_10_bits(c.g) << 10 |
		widen_to_10_bits(c.b);
}

/* IEEE 754 binary16 of value / 255; every such value but 0 is a normal number there. */
static uint16_t to_half(uint8_t value)
{
	if (value == 0) {
		return 0;
	}
	float fraction = (float)value / 255;
	uint32_t bits;
	memcpy(&bits, &fraction, sizeof(bits));
	return (uint16_t)((bits - ((127u - 15u) << 23) + (1u << 12)) >> 13);
}

static struct probe_colour swap_red_and_blue(struct probe_colour c)
{
	return (struct probe_colour){.r = c.b, .g = c.g, .b = c.r};
}

/* Writes one opaque pixel. */
static void store_pixel(uint8_t *at, uint32_t fourcc, struct probe_colour c)
{
	uint32_t word = 0;
	switch (fourcc) {
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_ARGB8888:
		word = pack_8888(c);
		break;
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_ABGR8888:
		word = pack_8888(swap_red_and_blue(c));
		break;
	case DRM_FORMAT_XRGB2101010:
		word = pack_2101010(c);
		break;
	case DRM_FORMAT_XBGR2101010:
		word = pack_2101010(swap_red_and_blue(c));
		break;
	case DRM_FORMAT_RGB565: {
		uint16_t half = (uint16_t)((c.r >> 3) << 11 | (c.g >> 2) << 5 | c.b >> 3);
		memcpy(at, &half, sizeof(half));
		return;
	}
	case DRM_FORMAT_ABGR16161616F: {
		uint16_t channels[] = {to_half(c.r), to_half(c.g), to_half(c.b), to_half(255)};
		memcpy(at, channels, sizeof(channels));
		return;
	}
	}
	memcpy(at, &word, sizeof(word));
}

void probe_store(uint8_t *data, const struct gesso_layout *layout, int round)
{
	uint32_t fourcc = layout->fourcc;
	if (gesso_format_planes(fourcc) > 1) {
		probe_yuv_store(data, layout, round);
		return;
	}
	uint32_t pixel_bytes = gesso_formats[gesso_format_index(fourcc)].bytes_per_pixel;
	for (int y = 0; y < layout->height_px; y++) {
		uint8_t *row = data + layout->offset_bytes + (size_t)y * layout->stride_bytes;
		for (int x = 0; x < layout->width_px; x++) {
			store_pixel(row + (size_t)x * pixel_bytes, fourcc,
				probe_picture(fourcc, x, y, round));
		}
	}
}

int probe_tolerance(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_RGB565:
		return 8; /* 5- and 6-bit channels are widened by one rule or another */
	case DRM_FORMAT_XRGB2101010:
	case DRM_FORMAT_XBGR2101010:
	case DRM_FORMAT_ABGR16161616F:
		return 1;
	case DRM_FORMAT_NV12:
	case DRM_FORMAT_P010:
		return 2; /* the matrix is rounded by each in its own way */
	default:
		return 0;
	}
}
