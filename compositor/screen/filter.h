/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FILTER_H
#define GESSO_FILTER_H

/*
 * How a buffer is sampled. Where each of its pixels covers one pixel of every
 * output, the nearest one is what a bilinear filter would give too, and a
 * software rasteriser is told so, since it would else read four and blend them.
 */

#include <stddef.h>

struct desktop;
struct wlr_scene_tree;

/* The whole scale of all outputs; 0 if they differ, or a pixel may fall between two. */
int filter_common_scale(const struct desktop *desktop);

/*
 * Sets the filter of each enabled buffer in the tree, before a frame is built, for outputs of
 * that common scale. The choice is the same for all outputs, wherever the buffer lies: one
 * that changed back and forth would damage it each time. Returns how many there are.
 */
size_t filter_choose_in(struct wlr_scene_tree *tree, int scale);

#endif
