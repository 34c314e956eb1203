/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FILTER_H
#define GESSO_FILTER_H

/*
 * How a buffer is sampled. Where each of its pixels covers one pixel of every
 * output, the nearest one is what a bilinear filter would give too, and a
 * software rasteriser is told so, since it would else read four and blend them.
 */

struct desktop;
struct wlr_scene_output;

/*
 * Sets the filter of all that `scene_output` shows; before its frame is built. The
 * choice is the same for all outputs: one that changed back and forth would damage
 * the buffer each time.
 */
void filter_choose(struct desktop *desktop, struct wlr_scene_output *scene_output);

#endif
