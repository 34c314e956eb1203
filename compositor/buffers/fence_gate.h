/* SPDX-License-Identifier: MIT */
#ifndef GESSO_FENCE_GATE_H
#define GESSO_FENCE_GATE_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * A dma-buf that its client's GPU, camera or codec still writes to carries a fence
 * (dma-buf's "implicit fences": linux/dma-buf.h, DMA_BUF_IOCTL_EXPORT_SYNC_FILE).
 * Such a buffer is neither sampled nor waited for: the commit that brings it is held
 * until poll says that the buffer can be read, and the surface shows what it showed
 * before. Commits that follow on that surface queue behind it, in order; all other
 * surfaces go on.
 *
 *   client_commit ─▶ poll(POLLIN) ─ ready ─▶ applied
 *                       └─ not yet ─▶ held ─ event loop: readable ─▶ applied
 *
 * It concerns path native as well: its clients may attach fences to the compositor's
 * dma-bufs. A kernel fence ends in finite time, so no hold is given up; what a client
 * may have held is bounded, and past it its connection ends.
 */

struct wlr_compositor;

/*
 * Watches every surface that `compositor` makes from now on, until it is destroyed.
 * False on no memory.
 */
bool gesso_fence_gate_create(struct wl_display *display, struct wlr_compositor *compositor);

#endif
