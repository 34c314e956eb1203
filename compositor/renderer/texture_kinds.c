/* SPDX-License-Identifier: MIT */
#include "renderer/texture_kinds.h"
#include <drm_fourcc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/gles2.h>
#include <wlr/types/wlr_buffer.h>

#define MIN_NAMES 64

/* wlroots takes these faces in this order, and uploads as GL_BGRA_EXT, which has alpha. */
static enum texture_kind kind_made_of(struct wlr_buffer *buffer)
{
	struct wlr_dmabuf_attributes dmabuf;
	struct wlr_shm_attributes shm;
	bool imported = wlr_buffer_get_dmabuf(buffer, &dmabuf);
	if (!imported && !wlr_buffer_get_shm(buffer, &shm)) {
		return TEXTURE_OTHER;
	}
	switch (imported ? dmabuf.format : shm.format) {
	case DRM_FORMAT_XRGB8888:
		return imported ? TEXTURE_XRGB : TEXTURE_ARGB;
	case DRM_FORMAT_ARGB8888:
		return TEXTURE_ARGB;
	default:
		return TEXTURE_OTHER;
	}
}

/* Names are small numbers. */
static bool reach(struct texture_kinds *kinds, GLuint name)
{
	if (name < kinds->len) {
		return true;
	}
	size_t len = (size_t)name * 2 + MIN_NAMES;
	uint8_t *longer = realloc(kinds->kinds, len);
	if (longer == NULL) {
		return false;
	}
	memset(longer + kinds->len, TEXTURE_OTHER, len - kinds->len);
	kinds->kinds = longer;
	kinds->len = len;
	return true;
}

void texture_kinds_note(
	struct texture_kinds *kinds, struct wlr_texture *texture, struct wlr_buffer *buffer)
{
	struct wlr_gles2_texture_attribs attribs;
	wlr_gles2_texture_get_attribs(texture, &attribs);
	if (reach(kinds, attribs.tex)) {
		kinds->kinds[attribs.tex] = (uint8_t)kind_made_of(buffer);
	}
}

enum texture_kind texture_kinds_of(const struct texture_kinds *kinds, GLuint name)
{
	return name < kinds->len ? kinds->kinds[name] : TEXTURE_OTHER;
}

void texture_kinds_finish(struct texture_kinds *kinds)
{
	free(kinds->kinds);
	*kinds = (struct texture_kinds){0};
}
