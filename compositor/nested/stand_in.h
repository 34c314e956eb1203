/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STAND_IN_H
#define GESSO_STAND_IN_H

/*
 * A buffer with the memory of another and a size of its own. An output takes only
 * buffers of its own size, though a parent would crop and scale any for it: so the
 * client's stands behind one that says it has the output's. The parent is told the true
 * size, since that lies in the memory's description.
 */

struct wlr_buffer;

/*
 * One for `source`, whose size is said to be `width_px` x `height_px` until the next
 * call; NULL on no memory. It lives as long as `source`, and locks it while it is locked
 * itself: so lock it at once.
 */
struct wlr_buffer *stand_in_get(struct wlr_buffer *source, int width_px, int height_px);

#endif
