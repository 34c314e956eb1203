/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PICTURE_H
#define TESTS_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Pictures as the tests compute them, apart from any renderer. A picture's pixel
 * is 0xAARRGGBB, premultiplied; what a capture gives is opaque.
 */

struct picture {
	int width_px, height_px;
	uint32_t *pixels; /* height_px rows of width_px */
};

/* All pixels `color`. */
void picture_init(struct picture *picture, int width_px, int height_px, uint32_t color);
void picture_finish(struct picture *picture);

/* Noise that is the same for the same seed, opaque or premultiplied with all alphas. */
void picture_fill(struct picture *picture, uint32_t seed, int has_alpha);

/* Writes the picture as `fourcc`, its top left corner at `data`. */
void picture_encode(
	const struct picture *picture, void *data, uint32_t stride_bytes, uint32_t fourcc);
/* Makes a picture of `fourcc` memory. X bits count as opaque. */
void picture_decode(struct picture *picture, const void *data, uint32_t stride_bytes,
	uint32_t fourcc, int width_px, int height_px);
/* Rounds the picture to what `fourcc` can hold. */
void picture_quantise(struct picture *picture, uint32_t fourcc);

/* Blends `above` over `picture` at x, y; what lies outside is cut off. */
void picture_blend(struct picture *picture, const struct picture *above, int x, int y);

/* Whether each channel of each pixel differs by no more than `tolerance`. */
bool picture_same(const struct picture *got, const struct picture *expected, int tolerance);
/* Fails the case unless each channel of each pixel differs by no more than `tolerance`. */
void picture_check(
	const struct picture *got, const struct picture *expected, int tolerance, const char *what);

#endif
