/* SPDX-License-Identifier: MIT */
#include "renderer/late_texture.h"
#include "memory/each_frame.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <wlr/render/interface.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>

struct late_texture {
	struct wlr_texture base;
	struct wl_list link;
	struct late_textures *late;
	struct wlr_buffer *buffer; /* locked */
	struct wlr_texture *made;  /* NULL until it is needed */
};

/* On a buffer that this renderer has imported, for as long as the buffer lives. */
struct imported {
	struct wlr_addon addon;
	struct wl_list link;
};

static const struct wlr_texture_impl texture_impl;

static struct late_texture *texture_from_base(struct wlr_texture *base)
{
	struct late_texture *texture = wl_container_of(base, texture, base);
	return texture;
}

static struct wlr_texture *make(struct late_textures *late, struct wlr_buffer *buffer)
{
	struct wlr_texture *made = wlr_texture_from_buffer(late->gles2, buffer);
	if (made != NULL) {
		texture_kinds_note(late->kinds, made, buffer);
	}
	return made;
}

struct wlr_texture *late_textures_get(struct late_textures *late, struct wlr_texture *base)
{
	if (base->impl != &texture_impl) {
		return base;
	}
	struct late_texture *texture = texture_from_base(base);
	if (texture->made == NULL) {
		texture->made = make(late, texture->buffer);
	}
	if (texture->made == NULL) {
		wlr_log(WLR_ERROR,
			"late_texture: a buffer of %u x %u pixels is not imported any more",
			base->width, base->height);
	}
	return texture->made;
}

static bool texture_read_pixels(
	struct wlr_texture *base, const struct wlr_texture_read_pixels_options *options)
{
	struct wlr_texture *made = late_textures_get(texture_from_base(base)->late, base);
	return made != NULL && wlr_texture_read_pixels(made, options);
}

static uint32_t texture_preferred_read_format(struct wlr_texture *base)
{
	struct wlr_texture *made = late_textures_get(texture_from_base(base)->late, base);
	return made != NULL ? wlr_texture_preferred_read_format(made) : DRM_FORMAT_INVALID;
}

EACH_FRAME static void texture_destroy(struct wlr_texture *base)
{
	struct late_texture *texture = texture_from_base(base);
	wl_list_remove(&texture->link);
	wlr_texture_destroy(texture->made);
	wlr_buffer_unlock(texture->buffer);
	free(texture);
}

/* Nothing is copied, so there is nothing to update: the next commit has a texture of its own. */
static const struct wlr_texture_impl texture_impl = {
	.read_pixels = texture_read_pixels,
	.preferred_read_format = texture_preferred_read_format,
	.destroy = texture_destroy,
};

static void imported_destroy(struct imported *imported)
{
	wlr_addon_finish(&imported->addon);
	wl_list_remove(&imported->link);
	free(imported);
}

static void imported_handle_destroy(struct wlr_addon *addon)
{
	struct imported *imported = wl_container_of(addon, imported, addon);
	imported_destroy(imported);
}

static const struct wlr_addon_interface imported_impl = {
	.name = "gesso_late_texture_imported",
	.destroy = imported_handle_destroy,
};

EACH_FRAME static bool is_imported(struct late_textures *late, struct wlr_buffer *buffer)
{
	return wlr_addon_find(&buffer->addons, late, &imported_impl) != NULL;
}

/* Without memory the next texture is made at once too. */
static void note_imported(struct late_textures *late, struct wlr_buffer *buffer)
{
	struct imported *imported = calloc(1, sizeof(*imported));
	if (imported != NULL) {
		wlr_addon_init(&imported->addon, &buffer->addons, late, &imported_impl);
		wl_list_insert(&late->imported, &imported->link);
	}
}

EACH_FRAME static struct wlr_texture *create(
	struct late_textures *late, struct wlr_buffer *buffer, struct wlr_texture *made)
{
	struct late_texture *texture = calloc(1, sizeof(*texture));
	if (texture == NULL) {
		return NULL;
	}
	wlr_texture_init(&texture->base, late->base, &texture_impl, (uint32_t)buffer->width,
		(uint32_t)buffer->height);
	texture->late = late;
	texture->buffer = wlr_buffer_lock(buffer);
	texture->made = made;
	wl_list_insert(&late->textures, &texture->link);
	return &texture->base;
}

EACH_FRAME struct wlr_texture *late_textures_make(
	struct late_textures *late, struct wlr_buffer *buffer)
{
	struct wlr_dmabuf_attributes dmabuf;
	if (is_imported(late, buffer)) {
		return create(late, buffer, NULL);
	}
	struct wlr_texture *made = make(late, buffer);
	if (made == NULL || !wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return made;
	}
	struct wlr_texture *texture = create(late, buffer, made);
	if (texture == NULL) {
		return made; /* as good */
	}
	note_imported(late, buffer);
	return texture;
}

void late_textures_init(struct late_textures *late, struct wlr_renderer *base,
	struct wlr_renderer *gles2, struct texture_kinds *kinds)
{
	*late = (struct late_textures){.base = base, .gles2 = gles2, .kinds = kinds};
	wl_list_init(&late->textures);
	wl_list_init(&late->imported);
}

void late_textures_finish(struct late_textures *late)
{
	struct late_texture *texture, *next;
	wl_list_for_each_safe(texture, next, &late->textures, link) {
		texture_destroy(&texture->base);
	}
	struct imported *imported, *after;
	wl_list_for_each_safe(imported, after, &late->imported, link) {
		imported_destroy(imported);
	}
}
