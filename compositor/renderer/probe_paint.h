/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_PAINT_H
#define GESSO_PROBE_PAINT_H

#include <stdint.h>

/*
 * The probe's picture: what each pixel is in each round of painting, how a format
 * stores it, and how far from it a renderer's 8-bit result may be. Formats of two
 * planes hold a picture of their own, since not every colour of the other could be
 * shown by them.
 */

struct gesso_layout;

struct probe_colour {
	uint8_t r, g, b;
};

/*
 * What a pixel of `fourcc` (one of gesso_formats) is. Distinct for every pixel and
 * round, and away from any edge symmetry.
 */
struct probe_colour probe_picture(uint32_t fourcc, int x_px, int y_px, int round);

/* Writes the whole picture into memory at `data`, laid out as `layout` says. */
void probe_store(uint8_t *data, const struct gesso_layout *layout, int round);

/* Most that a channel may differ once it was read back as 8 bits. */
int probe_tolerance(uint32_t fourcc);

#endif
