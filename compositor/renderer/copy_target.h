/* SPDX-License-Identifier: MIT */
#ifndef GESSO_COPY_TARGET_H
#define GESSO_COPY_TARGET_H

#include <GLES2/gl2.h>
#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/util/addon.h>

/*
 * An output's buffer as software_renderer copies into it. llvmpipe copies rows between two
 * images of the very same format only, and a texture that was uploaded or has alpha is no
 * XRGB8888 like the output: so the output's memory is imported once more as ARGB8888. What
 * lands in the byte that an output has no use for does not matter.
 */

struct wlr_buffer;
struct wlr_egl;

struct copy_target {
	struct wl_list link; /* of the renderer's */
	struct wlr_addon addon;
	struct wlr_egl *egl;
	void *image; /* EGLImage */
	GLuint renderbuffer, framebuffer;
	bool usable;
};

/*
 * That of `buffer`, which it lives as long as, made and put into `targets` at the first call;
 * NULL if the buffer is not XRGB8888 or cannot be imported so. `owner` is the renderer.
 * `egl`'s context is current.
 */
struct copy_target *copy_target_get(
	struct wl_list *targets, const void *owner, struct wlr_buffer *buffer, struct wlr_egl *egl);

/* Before the renderer goes. */
void copy_target_destroy(struct copy_target *target);

#endif
