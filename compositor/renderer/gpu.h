/* SPDX-License-Identifier: MIT */
#ifndef GESSO_GPU_H
#define GESSO_GPU_H

/*
 * Which DRM render node, if any, may be a GPU. vgem's is not: it draws nothing,
 * and Mesa puts kms_swrast on it.
 */

struct wlr_backend;

/*
 * Opens, in this order: the node that WLR_RENDER_DRM_DEVICE names, the render
 * node of the backend's device (`backend` may be NULL), the first other render
 * node. Returns a descriptor that the caller closes (CLOEXEC), or -1.
 */
int gpu_open_render_node(struct wlr_backend *backend);

#endif
