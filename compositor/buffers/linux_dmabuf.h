/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LINUX_DMABUF_H
#define GESSO_LINUX_DMABUF_H

#include <wayland-server-core.h>

/*
 * Path dmabuf: clients' own dma-bufs, by linux-dmabuf-v1, on every renderer.
 *
 *   GLES2 on a GPU   wlroots' global with feedback, whose main device is the
 *                    renderer's; each buffer is checked and imported for a trial
 *   software         a global of our own at version 3, without feedback: there is
 *                    no device to name, and a vgem node must not be named, since
 *                    GL clients would draw on it. Read in place on pixman,
 *                    imported on llvmpipe, uploaded where that import fails
 *
 * Buffers of our own global are charged to their client's budget and held in the
 * ledger; those of wlroots' enter the ledger when they are first shown.
 *
 * linux-drm-syncobj-v1 is not offered: wlroots 0.18's renderers have no timelines
 * to wait on or to signal. Implicit fences are fence_gate.h's.
 */

struct gesso_ledger;
struct gesso_render_context;
struct wlr_scene;

struct gesso_linux_dmabuf;

/* All borrowed; they outlive the global, which dies with the display. NULL on no memory. */
struct gesso_linux_dmabuf *gesso_linux_dmabuf_create(struct wl_display *display,
	struct gesso_render_context *context, struct gesso_ledger *ledger);

/* Has the scene send feedback for each surface, where there is a device to name. */
void gesso_linux_dmabuf_set_scene(struct gesso_linux_dmabuf *linux_dmabuf, struct wlr_scene *scene);

#endif
