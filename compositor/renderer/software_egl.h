/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SOFTWARE_EGL_H
#define GESSO_SOFTWARE_EGL_H

#include "allocators/reason.h"
#include <EGL/egl.h>
#include <stdbool.h>

/*
 * GLES2 on Mesa's software rasteriser with no DRM device at all: a display on the
 * EGL device that has EGL_MESA_device_software, and a context on it. Platforms
 * that start from a DRM node (GBM, surfaceless) are not used, since with a vgem
 * node they give kms_swrast, which crashes on foreign dma-bufs.
 */

struct wlr_egl;
struct wlr_renderer;

struct software_egl {
	EGLDisplay display;
	struct wlr_egl *egl; /* owned by the renderer */
};

/*
 * Makes a GLES2 renderer there. wlroots refuses software EGL unless
 * WLR_RENDERER_ALLOW_SOFTWARE is set: it is set for the time of the call and then
 * put back, so this is not for hosts with other threads that read the environment.
 * NULL on failure, with `why` set. After the renderer is destroyed, call
 * software_egl_finish.
 */
struct wlr_renderer *software_egl_create_renderer(
	struct software_egl *software, struct gesso_reason *why);
void software_egl_finish(struct software_egl *software);

#endif
