/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_SCENE_H
#define GESSO_DEMO_SCENE_H

#include "document.h"
#include "gesso-client.h"

/* Synthetic contents for measuring: cheap, and the same on every path and machine. */

/*
 * Scene full: every pixel of every frame is written, and differs from the frame
 * before. Pixel (x, y) of frame n, counted from 0, is
 *   red   = x + 3n,  green = y + 5n,  blue = x + y + 7n, each modulo 256
 * in the channels that the format names; alpha is 255, and of RGB565 the high
 * bits are kept. `frame_number` is n.
 */
void scene_full_paint(const struct gesso_frame *frame, uint64_t frame_number);

/* Scene caret: the text, and where the caret is, in document units. */
struct document *scene_caret_create_text(void);
extern const struct gesso_rect scene_caret_rect;
/* Black in even frames, white in odd ones. */
void scene_caret_paint(cairo_t *cairo, uint64_t frame_number);

#endif
