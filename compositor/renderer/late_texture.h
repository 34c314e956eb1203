/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LATE_TEXTURE_H
#define GESSO_LATE_TEXTURE_H

#include "renderer/texture_kinds.h"
#include <wayland-util.h>

/*
 * The texture of an imported buffer, made in GL when it is first drawn or read. wlroots has
 * a texture made at every commit, and its GLES2 renderer makes its context current, binds
 * the buffer's image anew and makes the context current no more each time: for what goes
 * to an output as it is, or is replaced before the next frame, or cannot be seen, all of
 * that is for nothing. A buffer's first texture is made at once, since its client is
 * told at the commit whether it can be imported; what was imported once can be so
 * again. Like wlroots' it holds the buffer, whose memory it samples in place.
 */

struct wlr_buffer;
struct wlr_renderer;
struct wlr_texture;

/* All of one renderer. */
struct late_textures {
	struct wlr_renderer *base;  /* whose textures they are; borrowed */
	struct wlr_renderer *gles2; /* which makes them; borrowed */
	struct texture_kinds *kinds;
	struct wl_list textures; /* late_texture.link */
	struct wl_list imported; /* of late_texture.c: buffers */
};

void late_textures_init(struct late_textures *late, struct wlr_renderer *base,
	struct wlr_renderer *gles2, struct texture_kinds *kinds);
/* Destroys those that are left, as wlroots' renderers do. */
void late_textures_finish(struct late_textures *late);

/*
 * A texture of `buffer`: of this kind if the buffer has a dma-buf face, else one of wlroots'
 * GLES2 renderer, a copy. NULL if there is no memory or the buffer is not imported.
 */
struct wlr_texture *late_textures_make(struct late_textures *late, struct wlr_buffer *buffer);

/*
 * What wlroots' GLES2 renderer draws for `texture`, of this renderer, of either kind; it
 * belongs to `texture`. NULL if it cannot be made any more, which is logged.
 */
struct wlr_texture *late_textures_get(struct late_textures *late, struct wlr_texture *texture);

#endif
