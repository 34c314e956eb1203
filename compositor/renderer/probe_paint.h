/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_PAINT_H
#define GESSO_PROBE_PAINT_H

#include <stdint.h>

/*
 * The probe's picture: what each pixel is in each round of painting, how a format
 * stores it, and how far from it a renderer's 8-bit result may be.
 */

struct probe_colour {
	uint8_t r, g, b;
};

/* Distinct for every pixel and round, and away from any edge symmetry. */
struct probe_colour probe_picture(int x_px, int y_px, int round);

/* Writes one opaque pixel of `fourcc` (one of gesso_formats) at `at`. */
void probe_store(uint8_t *at, uint32_t fourcc, struct probe_colour colour);

/* Most that a channel may differ once it was read back as 8 bits. */
int probe_tolerance(uint32_t fourcc);

#endif
