/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TEXTURE_KINDS_H
#define GESSO_TEXTURE_KINDS_H

#include <GLES2/gl2.h>
#include <stddef.h>
#include <stdint.h>

/* What llvmpipe has for each texture of a renderer, by its name in GL, as far as it is copied. */

struct wlr_buffer;
struct wlr_texture;

enum texture_kind {
	TEXTURE_OTHER = 0,
	TEXTURE_XRGB,
	TEXTURE_ARGB, /* uploaded XRGB8888 too */
};

struct texture_kinds {
	uint8_t *kinds; /* enum texture_kind; NULL while there are none */
	size_t len;
};

/*
 * Notes the kind of a texture of wlroots' GLES2 renderer, made of `buffer`. Call it for
 * each: names are given again. Without memory the texture is of TEXTURE_OTHER.
 */
void texture_kinds_note(
	struct texture_kinds *kinds, struct wlr_texture *texture, struct wlr_buffer *buffer);
enum texture_kind texture_kinds_of(const struct texture_kinds *kinds, GLuint name);
void texture_kinds_finish(struct texture_kinds *kinds);

#endif
