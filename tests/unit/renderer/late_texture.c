/* SPDX-License-Identifier: MIT */
/* The texture of an imported buffer is made in GL when it is first drawn or read. */
#include "allocators/reason.h"
#include "case.h"
#include "renderer/render_context.h"
#include "renderer/software_renderer.h"
#include <drm_fourcc.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#define SIDE_PX 8
#define FIRST 0xff204060U
#define SECOND 0xff608020U

struct rig {
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct gesso_render_context *context;
	struct wlr_buffer *source, *target;
};

static struct wlr_buffer *allocate(const struct rig *rig)
{
	uint64_t modifier = DRM_FORMAT_MOD_LINEAR;
	struct wlr_drm_format format = {
		.format = DRM_FORMAT_XRGB8888, .len = 1, .modifiers = &modifier};
	struct wlr_buffer *buffer =
		wlr_allocator_create_buffer(rig->context->allocator, SIDE_PX, SIDE_PX, &format);
	CHECK(buffer != NULL);
	return buffer;
}

static void fill(struct wlr_buffer *buffer, uint32_t colour)
{
	void *data;
	uint32_t fourcc;
	size_t stride_bytes;
	CHECK(wlr_buffer_begin_data_ptr_access(
		buffer, WLR_BUFFER_DATA_PTR_ACCESS_WRITE, &data, &fourcc, &stride_bytes));
	for (size_t y = 0; y < SIDE_PX; y++) {
		for (size_t x = 0; x < SIDE_PX; x++) {
			*(uint32_t *)((char *)data + y * stride_bytes + x * 4) = colour;
		}
	}
	wlr_buffer_end_data_ptr_access(buffer);
}

static void rig_begin(struct rig *rig)
{
	struct gesso_reason why;
	rig->loop = wl_event_loop_create();
	rig->backend = wlr_headless_backend_create(rig->loop);
	rig->context =
		gesso_render_context_create(rig->backend, GESSO_RENDERER_GLES2_SOFTWARE, &why);
	CHECK(rig->context != NULL);
	rig->source = allocate(rig);
	rig->target = allocate(rig);
	fill(rig->source, FIRST);
}

static void rig_end(struct rig *rig)
{
	if (rig->context != NULL) {
		gesso_render_context_destroy(rig->context);
	}
	wlr_buffer_drop(rig->source);
	wlr_buffer_drop(rig->target);
	wlr_backend_destroy(rig->backend);
	wl_event_loop_destroy(rig->loop);
}

static struct wlr_texture *make(const struct rig *rig)
{
	struct wlr_texture *texture = wlr_texture_from_buffer(rig->context->renderer, rig->source);
	CHECK(texture != NULL);
	CHECK(texture->renderer == rig->context->renderer);
	CHECK(texture->width == SIDE_PX && texture->height == SIDE_PX);
	return texture;
}

static uint32_t read_pixel(struct wlr_texture *texture)
{
	uint32_t pixels[SIDE_PX * SIDE_PX] = {0};
	CHECK(wlr_texture_read_pixels(texture,
		&(struct wlr_texture_read_pixels_options){
			.data = pixels,
			.format = DRM_FORMAT_XRGB8888,
			.stride = SIDE_PX * 4,
		}));
	return pixels[SIDE_PX * SIDE_PX - 1] | 0xff000000;
}

static uint32_t draw(const struct rig *rig, struct wlr_texture *texture)
{
	struct wlr_render_pass *pass =
		wlr_renderer_begin_buffer_pass(rig->context->renderer, rig->target, NULL);
	CHECK(pass != NULL);
	wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){.texture = texture});
	CHECK(wlr_render_pass_submit(pass));
	struct wlr_texture *drawn = wlr_texture_from_buffer(rig->context->renderer, rig->target);
	CHECK(drawn != NULL);
	uint32_t pixel = read_pixel(drawn);
	wlr_texture_destroy(drawn);
	return pixel;
}

/* A texture in GL holds the buffer too: that is how it can be seen whether there is one. */
CASE(is_made_when_first_drawn)
{
	struct rig rig;
	rig_begin(&rig);
	struct wlr_texture *first = make(&rig);
	CHECK(rig.source->n_locks == 2);
	struct wlr_texture *second = make(&rig);
	CHECK(rig.source->n_locks == 3);
	CHECK(draw(&rig, second) == FIRST);
	CHECK(rig.source->n_locks == 4);
	fill(rig.source, SECOND);
	CHECK(draw(&rig, second) == SECOND);
	CHECK(rig.source->n_locks == 4);
	wlr_texture_destroy(second);
	CHECK(rig.source->n_locks == 2);
	CHECK(draw(&rig, first) == SECOND);
	wlr_texture_destroy(first);
	CHECK(rig.source->n_locks == 0);
	rig_end(&rig);
}

CASE(is_made_when_first_read)
{
	struct rig rig;
	rig_begin(&rig);
	wlr_texture_destroy(make(&rig));
	struct wlr_texture *texture = make(&rig);
	CHECK(rig.source->n_locks == 1);
	CHECK(wlr_texture_preferred_read_format(texture) != DRM_FORMAT_INVALID);
	CHECK(read_pixel(texture) == FIRST);
	CHECK(rig.source->n_locks == 2);
	wlr_texture_destroy(texture);
	CHECK(rig.source->n_locks == 0);
	rig_end(&rig);
}

/* What was never made goes with its renderer, as what was made does; a new one imports anew. */
CASE(goes_with_its_renderer)
{
	struct rig rig;
	rig_begin(&rig);
	make(&rig);
	make(&rig);
	gesso_render_context_destroy(rig.context);
	CHECK(rig.source->n_locks == 0);
	struct gesso_reason why;
	rig.context = gesso_render_context_create(rig.backend, GESSO_RENDERER_GLES2_SOFTWARE, &why);
	CHECK(rig.context != NULL);
	struct wlr_texture *texture = make(&rig);
	CHECK(rig.source->n_locks == 2);
	CHECK(draw(&rig, texture) == FIRST);
	wlr_texture_destroy(texture);
	rig_end(&rig);
}
