/* SPDX-License-Identifier: MIT */
#include "picture.h"
#include "buffer.h"
#include "check.h"
#include "shown.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

void picture_init(struct picture *picture, int width_px, int height_px, uint32_t color)
{
	*picture = (struct picture){.width_px = width_px, .height_px = height_px};
	size_t count = (size_t)width_px * (size_t)height_px;
	picture->pixels = malloc(count * sizeof(uint32_t));
	CHECK(picture->pixels != NULL);
	for (size_t i = 0; i < count; i++) {
		picture->pixels[i] = color;
	}
}

void picture_finish(struct picture *picture)
{
	free(picture->pixels);
	*picture = (struct picture){0};
}

static uint32_t noise(uint32_t seed, uint32_t index)
{
	uint32_t value = seed * 0x9e3779b1u + index * 0x85ebca6bu;
	value = (value ^ value >> 15) * 0x2c1b3c6du;
	value = (value ^ value >> 12) * 0x297a2d39u;
	return value ^ value >> 15;
}

static uint32_t channel(uint32_t pixel, int shift)
{
	return pixel >> shift & 0xff;
}

static uint32_t premultiply(uint32_t pixel)
{
	uint32_t alpha = pixel >> 24, result = alpha << 24;
	for (int shift = 0; shift <= 16; shift += 8) {
		result |= (channel(pixel, shift) * alpha / 255) << shift;
	}
	return result;
}

void picture_fill(struct picture *picture, uint32_t seed, int has_alpha)
{
	size_t count = (size_t)picture->width_px * (size_t)picture->height_px;
	for (size_t i = 0; i < count; i++) {
		uint32_t pixel = noise(seed, (uint32_t)i);
		picture->pixels[i] = has_alpha ? premultiply(pixel) : pixel | 0xff000000;
	}
}

static uint32_t swap_red_and_blue(uint32_t pixel)
{
	return (pixel & 0xff00ff00) | channel(pixel, 0) << 16 | channel(pixel, 16);
}

static uint32_t scale(uint32_t value, uint32_t from, uint32_t to)
{
	return (value * to + from / 2) / from;
}

static uint32_t to_565(uint32_t pixel)
{
	return scale(channel(pixel, 16), 255, 31) << 11 | scale(channel(pixel, 8), 255, 63) << 5 |
		scale(channel(pixel, 0), 255, 31);
}

static uint32_t from_565(uint32_t value)
{
	return 0xff000000 | scale(value >> 11, 31, 255) << 16 |
		scale(value >> 5 & 63, 63, 255) << 8 | scale(value & 31, 31, 255);
}

static uint64_t widen_10(uint32_t value)
{
	return (uint64_t)scale(value, 255, 1023);
}

static uint64_t to_2101010(uint32_t pixel)
{
	return (uint64_t)(pixel & 3) << 30 | widen_10(channel(pixel, 16)) << 20 |
		widen_10(channel(pixel, 8)) << 10 | widen_10(channel(pixel, 0));
}

static uint32_t from_2101010(uint64_t value)
{
	uint32_t result = 0xff000000;
	for (int i = 0; i < 3; i++) {
		result |= scale((uint32_t)(value >> (10 * i)) & 1023, 1023, 255) << (8 * i);
	}
	return result;
}

/* One channel as IEEE 754 binary16, and back. All but 0 are normal numbers there. */
static uint64_t to_half(uint32_t value)
{
	float fraction = (float)value / 255;
	uint32_t bits;
	memcpy(&bits, &fraction, sizeof(bits));
	return value == 0 ? 0 : (bits - (112u << 23) + (1u << 12)) >> 13;
}

static uint32_t from_half(uint64_t half)
{
	uint32_t bits = ((uint32_t)half << 13) + (112u << 23);
	float fraction;
	memcpy(&fraction, &bits, sizeof(fraction));
	return half == 0 ? 0 : (uint32_t)(fraction * 255 + 0.5f);
}

static uint64_t to_halves(uint32_t pixel)
{
	return to_half(channel(pixel, 16)) | to_half(channel(pixel, 8)) << 16 |
		to_half(channel(pixel, 0)) << 32 | to_half(pixel >> 24) << 48;
}

static uint32_t from_halves(uint64_t value)
{
	return from_half(value & 0xffff) << 16 | from_half(value >> 16 & 0xffff) << 8 |
		from_half(value >> 32 & 0xffff) | from_half(value >> 48) << 24;
}

/* The X bits are noise too: whoever reads them shows it. */
static uint64_t encode(uint32_t pixel, uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_ARGB8888:
		return pixel;
	case DRM_FORMAT_XRGB8888:
		return (pixel & 0xffffff) | pixel << 24;
	case DRM_FORMAT_ABGR8888:
		return swap_red_and_blue(pixel);
	case DRM_FORMAT_XBGR8888:
		return (swap_red_and_blue(pixel) & 0xffffff) | pixel << 24;
	case DRM_FORMAT_RGB565:
		return to_565(pixel);
	case DRM_FORMAT_XRGB2101010:
		return to_2101010(pixel);
	case DRM_FORMAT_XBGR2101010:
		return to_2101010(swap_red_and_blue(pixel));
	case DRM_FORMAT_ABGR16161616F:
		return to_halves(pixel);
	default:
		FAIL("no such format: 0x%08x", fourcc);
	}
}

static uint32_t decode(uint64_t word, uint32_t fourcc)
{
	uint32_t value = (uint32_t)word;
	switch (fourcc) {
	case DRM_FORMAT_ARGB8888:
		return value;
	case DRM_FORMAT_XRGB8888:
		return value | 0xff000000;
	case DRM_FORMAT_ABGR8888:
		return swap_red_and_blue(value);
	case DRM_FORMAT_XBGR8888:
		return swap_red_and_blue(value) | 0xff000000;
	case DRM_FORMAT_RGB565:
		return from_565(value);
	case DRM_FORMAT_XRGB2101010:
		return from_2101010(value);
	case DRM_FORMAT_XBGR2101010:
		return swap_red_and_blue(from_2101010(value));
	case DRM_FORMAT_ABGR16161616F:
		return from_halves(word);
	default:
		FAIL("no such format: 0x%08x", fourcc);
	}
}

void picture_encode(
	const struct picture *picture, void *data, uint32_t stride_bytes, uint32_t fourcc)
{
	size_t pixel_bytes = buffer_bytes_per_pixel(fourcc);
	const uint32_t *from = picture->pixels;
	for (int y = 0; y < picture->height_px; y++) {
		uint8_t *to = (uint8_t *)data + (size_t)y * stride_bytes;
		for (int x = 0; x < picture->width_px; x++) {
			uint64_t value = encode(*from++, fourcc);
			memcpy(to + (size_t)x * pixel_bytes, &value, pixel_bytes);
		}
	}
}

void picture_decode(struct picture *picture, const void *data, uint32_t stride_bytes,
	uint32_t fourcc, int width_px, int height_px)
{
	picture_init(picture, width_px, height_px, 0);
	size_t pixel_bytes = buffer_bytes_per_pixel(fourcc);
	uint32_t *to = picture->pixels;
	for (int y = 0; y < height_px; y++) {
		const uint8_t *from = (const uint8_t *)data + (size_t)y * stride_bytes;
		for (int x = 0; x < width_px; x++) {
			uint64_t value = 0;
			memcpy(&value, from + (size_t)x * pixel_bytes, pixel_bytes);
			*to++ = decode(value, fourcc);
		}
	}
}

void picture_quantise(struct picture *picture, uint32_t fourcc)
{
	size_t count = (size_t)picture->width_px * (size_t)picture->height_px;
	for (size_t i = 0; i < count; i++) {
		picture->pixels[i] = decode(encode(picture->pixels[i], fourcc), fourcc);
	}
}

static uint32_t blend(uint32_t below, uint32_t above)
{
	uint32_t rest = 255 - (above >> 24), result = 0xff000000;
	for (int shift = 0; shift <= 16; shift += 8) {
		uint32_t value = channel(above, shift) + (channel(below, shift) * rest + 127) / 255;
		result |= (value > 255 ? 255 : value) << shift;
	}
	return result;
}

void picture_blend(struct picture *picture, const struct picture *above, int x, int y)
{
	for (int row = 0; row < above->height_px; row++) {
		for (int column = 0; column < above->width_px; column++) {
			int to_x = x + column, to_y = y + row;
			if (to_x < 0 || to_y < 0 || to_x >= picture->width_px ||
				to_y >= picture->height_px) {
				continue;
			}
			uint32_t *to = &picture->pixels[to_y * picture->width_px + to_x];
			*to = blend(*to, above->pixels[row * above->width_px + column]);
		}
	}
}

static int difference(uint32_t left, uint32_t right)
{
	int most = 0;
	for (int shift = 0; shift <= 16; shift += 8) {
		int here = abs((int)channel(left, shift) - (int)channel(right, shift));
		most = here > most ? here : most;
	}
	return most;
}

bool picture_same(const struct picture *got, const struct picture *expected, int tolerance)
{
	int count = got->width_px * got->height_px;
	if (got->width_px != expected->width_px || got->height_px != expected->height_px) {
		return false;
	}
	for (int i = 0; i < count; i++) {
		if (difference(got->pixels[i], expected->pixels[i]) > tolerance) {
			return false;
		}
	}
	return true;
}

void picture_check(
	const struct picture *got, const struct picture *expected, int tolerance, const char *what)
{
	CHECK_EQUAL(got->width_px, expected->width_px);
	CHECK_EQUAL(got->height_px, expected->height_px);
	int count = got->width_px * got->height_px, wrong = 0, first = 0, most = 0;
	for (int i = 0; i < count; i++) {
		int here = difference(got->pixels[i], expected->pixels[i]);
		if (here > tolerance && wrong++ == 0) {
			first = i;
		}
		most = here > most ? here : most;
	}
	if (wrong > 0) {
		FAIL("%s: %d of %d pixels differ, by %d at most; the first at %d,%d: 0x%06x, not "
		     "0x%06x",
			what, wrong, count, most, first % got->width_px, first / got->width_px,
			got->pixels[first] & 0xffffff, expected->pixels[first] & 0xffffff);
	}
	shown_note_checked();
}
