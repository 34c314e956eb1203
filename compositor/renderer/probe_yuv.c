/* SPDX-License-Identifier: MIT */
#include "renderer/probe_yuv.h"
#include "allocators/layout.h"
#include <drm_fourcc.h>
#include <string.h>

/* ITU-R BT.601, 8 bits, limited range: 16 to 235, and 16 to 240 about 128. */
struct yuv {
	int y, cb, cr;
};

static struct yuv yuv_at(int x_px, int y_px, int round)
{
	int x = x_px / 2, y = y_px / 2;
	return (struct yuv){
		.y = 60 + (x_px * 7 + y_px * 13 + round * 31) % 120,
		.cb = 100 + (x * 3 + y + round * 9) % 56,
		.cr = 156 - (x + y * 4 + round * 5) % 56,
	};
}

static uint8_t to_byte(double value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5);
}

struct probe_colour probe_yuv_to_rgb(int y, int cb, int cr)
{
	double light = (y - 16) * 255.0 / 219;
	double blue = (cb - 128) * 255.0 / 224, red = (cr - 128) * 255.0 / 224;
	return (struct probe_colour){
		.r = to_byte(light + 1.402 * red),
		.g = to_byte(light - 0.344136 * blue - 0.714136 * red),
		.b = to_byte(light + 1.772 * blue),
	};
}

struct probe_colour probe_yuv_picture(int x_px, int y_px, int round)
{
	struct yuv yuv = yuv_at(x_px, y_px, round);
	return probe_yuv_to_rgb(yuv.y, yuv.cb, yuv.cr);
}

/* P010 has ten bits at the top of sixteen. */
static void store(uint8_t *at, uint32_t fourcc, int value)
{
	if (fourcc == DRM_FORMAT_P010) {
		uint16_t wide = (uint16_t)(value << 8);
		memcpy(at, &wide, sizeof(wide));
	} else {
		*at = (uint8_t)value;
	}
}

void probe_yuv_store(uint8_t *data, const struct gesso_layout *layout, int round)
{
	const struct gesso_format *format = &gesso_formats[gesso_format_index(layout->fourcc)];
	for (int y = 0; y < layout->height_px; y++) {
		uint8_t *luma = data + layout->offset_bytes + (size_t)y * layout->stride_bytes;
		uint8_t *chroma = data + layout->chroma_offset_bytes +
			(size_t)(y / 2) * layout->chroma_stride_bytes;
		for (int x = 0; x < layout->width_px; x++) {
			struct yuv yuv = yuv_at(x, y, round);
			uint8_t *pair = chroma + (size_t)(x / 2) * format->chroma_bytes;
			store(luma + (size_t)x * format->bytes_per_pixel, layout->fourcc, yuv.y);
			store(pair, layout->fourcc, yuv.cb);
			store(pair + format->chroma_bytes / 2, layout->fourcc, yuv.cr);
		}
	}
}
