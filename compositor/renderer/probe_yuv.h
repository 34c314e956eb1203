/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_YUV_H
#define GESSO_PROBE_YUV_H

#include "renderer/probe_paint.h"

/*
 * The probe's picture for formats of two planes, NV12 and P010: lightness for each
 * pixel, then two colour differences for every 2 × 2. What is expected of a
 * renderer is what EGL has it do where nothing is said (EGL_EXT_image_dma_buf_import):
 * BT.601, limited range.
 */

/* The colour of these three numbers of 8 bits. */
struct probe_colour probe_yuv_to_rgb(int y, int cb, int cr);

struct probe_colour probe_yuv_picture(int x_px, int y_px, int round);
void probe_yuv_store(uint8_t *data, const struct gesso_layout *layout, int round);

#endif
