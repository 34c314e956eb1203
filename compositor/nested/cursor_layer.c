/* SPDX-License-Identifier: MIT */
#include "nested/cursor_layer.h"
#include "allocators/sealed_memfd.h"
#include "screen/output.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_output.h>

#define MAX_SIDE_PX 256
#define BYTES_PER_PIXEL 4

struct picture {
	struct wlr_buffer base;
	int fd;
	size_t size_bytes;
	void *pixels; /* height rows of width * BYTES_PER_PIXEL */
};

static struct picture *picture_from_base(struct wlr_buffer *base)
{
	struct picture *picture = wl_container_of(base, picture, base);
	return picture;
}

static void picture_destroy(struct wlr_buffer *base)
{
	struct picture *picture = picture_from_base(base);
	munmap(picture->pixels, picture->size_bytes);
	close(picture->fd);
	free(picture);
}

static bool picture_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *attributes)
{
	*attributes = (struct wlr_shm_attributes){
		.fd = picture_from_base(base)->fd,
		.format = DRM_FORMAT_ARGB8888,
		.width = base->width,
		.height = base->height,
		.stride = base->width * BYTES_PER_PIXEL,
	};
	return true;
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = picture_destroy,
	.get_shm = picture_get_shm,
};

static struct wlr_buffer *picture_create(int width_px, int height_px, const void *pixels)
{
	size_t length_bytes = (size_t)width_px * (size_t)height_px * BYTES_PER_PIXEL;
	struct gesso_reason why;
	struct picture *picture = calloc(1, sizeof(*picture));
	if (picture == NULL) {
		return NULL;
	}
	picture->size_bytes = length_bytes;
	picture->fd = gesso_sealed_memfd_create("gesso-cursor", &picture->size_bytes, &why);
	picture->pixels = picture->fd < 0 ? MAP_FAILED
					  : mmap(NULL, picture->size_bytes, PROT_READ | PROT_WRITE,
						    MAP_SHARED, picture->fd, 0);
	if (picture->pixels == MAP_FAILED) {
		if (picture->fd >= 0) {
			close(picture->fd);
		}
		free(picture);
		return NULL;
	}
	memcpy(picture->pixels, pixels, length_bytes);
	wlr_buffer_init(&picture->base, &buffer_impl, width_px, height_px);
	return &picture->base;
}

/* A parent still reads what it was handed: other pixels need another buffer. */
static bool picture_update(
	struct wlr_buffer **picture, int width_px, int height_px, const void *pixels)
{
	struct wlr_buffer *old = *picture;
	if (old != NULL && old->width == width_px && old->height == height_px &&
		memcmp(picture_from_base(old)->pixels, pixels,
			(size_t)width_px * (size_t)height_px * BYTES_PER_PIXEL) == 0) {
		return true;
	}
	cursor_layer_drop(picture);
	*picture = picture_create(width_px, height_px, pixels);
	return *picture != NULL;
}

static bool picture_read(struct wlr_buffer **picture, struct wlr_texture *texture)
{
	int width_px = (int)texture->width, height_px = (int)texture->height;
	if (texture->width > MAX_SIDE_PX || texture->height > MAX_SIDE_PX) {
		return false;
	}
	void *pixels = calloc((size_t)width_px * (size_t)height_px, BYTES_PER_PIXEL);
	bool ok = pixels != NULL &&
		wlr_texture_read_pixels(texture,
			&(struct wlr_texture_read_pixels_options){
				.data = pixels,
				.format = DRM_FORMAT_ARGB8888,
				.stride = texture->width * BYTES_PER_PIXEL,
			}) &&
		picture_update(picture, width_px, height_px, pixels);
	free(pixels);
	return ok;
}

static const char *add(struct wlr_buffer **picture, const struct wlr_output_cursor *cursor,
	struct straight_plan *plan)
{
	const struct wlr_box box = {
		.x = (int)(cursor->x - cursor->hotspot_x),
		.y = (int)(cursor->y - cursor->hotspot_y),
		.width = (int)cursor->width,
		.height = (int)cursor->height,
	};
	if (cursor->transform != WL_OUTPUT_TRANSFORM_NORMAL ||
		cursor->output->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		return "a turned cursor is drawn on it";
	}
	if (!picture_read(picture, cursor->texture)) {
		return "a cursor is drawn on it that cannot be read back";
	}
	straight_plan_add_own(plan, *picture, &cursor->src_box, &box);
	return plan->why_not;
}

void cursor_layer_add(
	struct wlr_buffer **picture, const struct output *output, struct straight_plan *plan)
{
	const struct wlr_output *wlr_output = output->wlr_output;
	const struct wlr_output_cursor *cursor;
	bool added = false;
	wl_list_for_each(cursor, &wlr_output->cursors, link) {
		if (!cursor->enabled || !cursor->visible || cursor->texture == NULL ||
			cursor == wlr_output->hardware_cursor || plan->why_not != NULL) {
			continue;
		}
		plan->why_not =
			added ? "several cursors are drawn on it" : add(picture, cursor, plan);
		added = true;
	}
}

void cursor_layer_drop(struct wlr_buffer **picture)
{
	wlr_buffer_drop(*picture);
	*picture = NULL;
}
