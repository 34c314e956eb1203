/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LINUX_DMABUF_H
#define GESSO_LINUX_DMABUF_H

#include <wayland-server-core.h>

/*
 * Path dmabuf: clients' own dma-bufs, by linux-dmabuf-v1, on every renderer.
 *
 *   GLES2 on a GPU   wlroots' global with feedback, whose main device is the
 *                    renderer's; each buffer is checked and imported for a trial,
 *                    and uploaded where that fails but its rows can be mapped
 *   software         a global of our own at version 3, without feedback: there is
 *                    no device to name, and a vgem node must not be named, since
 *                    GL clients would draw on it. Read in place on pixman,
 *                    imported on llvmpipe, uploaded where that import fails
 *
 * The formats are gesso_formats, as the renderer takes them. NV12 and P010, of two
 * planes in one dma-buf or in two, are offered by our own global to clients that
 * bind it after the probe proved them with some allocator of `chain`, and are read
 * as BT.601 of limited range, which is EGL's default: version 3 has no word on it.
 *
 * A format that was announced and is withdrawn with a lost renderer gets `failed`; one
 * that never was, the error INVALID_FORMAT. None is announced by a software renderer on
 * a DRM node (Mesa's kms_swrast), which crashes on buffers of other devices.
 *
 * Buffers are charged to their client's budget and held in the ledger. Descriptors
 * that were added to params and not yet made a buffer are counted: past
 * GESSO_LEDGER_MAX_PLANES the client is told that there is no memory for it.
 *
 * linux-drm-syncobj-v1 is not offered: wlroots 0.18's renderers have no timelines
 * to wait on or to signal. Implicit fences are fence_gate.h's.
 */

struct gesso_allocator_chain;
struct gesso_ledger;
struct gesso_render_context;
struct wlr_scene;

struct gesso_linux_dmabuf;

/* All borrowed; they outlive the global, which dies with the display. NULL on no memory. */
struct gesso_linux_dmabuf *gesso_linux_dmabuf_create(struct wl_display *display,
	struct gesso_render_context *context, struct gesso_ledger *ledger,
	const struct gesso_allocator_chain *chain);

/* Has the scene send feedback for each surface, where there is a device to name. */
void gesso_linux_dmabuf_set_scene(struct gesso_linux_dmabuf *linux_dmabuf, struct wlr_scene *scene);

#endif
