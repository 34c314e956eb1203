/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SOFTWARE_RENDERER_H
#define GESSO_SOFTWARE_RENDERER_H

#include "allocators/reason.h"
#include <stdbool.h>

/*
 * wlroots' GLES2 renderer where GL is software: what is shown as it lies in its
 * texture, opaque, unscaled and not turned, is not drawn but copied by
 * glBlitFramebuffer. llvmpipe samples and writes a pixel in some 5 ns there, and copies
 * rows of them as fast as memory goes: 11 ms against 0.25 ms for 1920x1080. The
 * picture is the same. All else is drawn by wlroots' renderer, and so are textures made,
 * those of imported buffers when they are first drawn (late_texture.h). Made by software_egl, used as any wlr_renderer.
 */

struct wlr_renderer;
struct wlr_texture;

/*
 * Takes `gles2`, which is destroyed with it. Returns `gles2` itself where its GL has no
 * glBlitFramebuffer; NULL on no memory, with `why` set and `gles2` destroyed.
 */
struct wlr_renderer *software_renderer_create(struct wlr_renderer *gles2, struct gesso_reason *why);

/*
 * The renderer below, which draws everything; `renderer` itself if it is of another kind. For the
 * probe, which proves that memory can be sampled as well as copied.
 */
struct wlr_renderer *software_renderer_that_draws(struct wlr_renderer *renderer);

/*
 * What that renderer draws for `texture` of `renderer`; `texture` itself if it is of another kind.
 * It belongs to `texture`. NULL if its buffer is not imported any more.
 */
struct wlr_texture *software_renderer_texture_below(
	struct wlr_renderer *renderer, struct wlr_texture *texture);

/* Whether it is of this kind: each of its passes is rasterised when it has been submitted. */
bool software_renderer_waits(const struct wlr_renderer *renderer);

#endif
