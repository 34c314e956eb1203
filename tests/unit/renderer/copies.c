/* SPDX-License-Identifier: MIT */
/* What software_renderer copies is, pixel for pixel, what wlroots' renderer draws. */
#include "allocators/reason.h"
#include "case.h"
#include "picture.h"
#include "renderer/render_context.h"
#include "renderer/software_renderer.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#define WIDTH_PX 97
#define HEIGHT_PX 61
#define SOURCE_WIDTH_PX 53
#define SOURCE_HEIGHT_PX 37
#define SOURCES_LEN 4
#define OPS_LEN 7
#define ROUNDS 60

/* A wl_shm buffer as far as a renderer looks at it. */
struct upload {
	struct wlr_buffer base;
	uint32_t fourcc;
	uint32_t pixels[SOURCE_WIDTH_PX * SOURCE_HEIGHT_PX];
};

static void upload_destroy(struct wlr_buffer *base)
{
	struct upload *upload = wl_container_of(base, upload, base);
	free(upload);
}

static bool upload_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *attribs)
{
	const struct upload *upload = wl_container_of(base, upload, base);
	*attribs = (struct wlr_shm_attributes){
		.fd = -1,
		.format = upload->fourcc,
		.width = base->width,
		.height = base->height,
		.stride = SOURCE_WIDTH_PX * 4,
	};
	return true;
}

static bool upload_begin_access(struct wlr_buffer *base, uint32_t flags, void **data,
	uint32_t *format, size_t *stride_bytes)
{
	struct upload *upload = wl_container_of(base, upload, base);
	*data = upload->pixels;
	*format = upload->fourcc;
	*stride_bytes = SOURCE_WIDTH_PX * 4;
	return true;
}

static void upload_end_access(struct wlr_buffer *base)
{
}

static const struct wlr_buffer_impl upload_impl = {
	.destroy = upload_destroy,
	.get_shm = upload_get_shm,
	.begin_data_ptr_access = upload_begin_access,
	.end_data_ptr_access = upload_end_access,
};

struct rig {
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct gesso_render_context *context;
	struct wlr_buffer *sources[SOURCES_LEN], *targets[2];
	struct wlr_texture *textures[SOURCES_LEN];
};

static struct wlr_buffer *allocate(struct rig *rig, int width_px, int height_px, uint32_t fourcc)
{
	uint64_t modifier = DRM_FORMAT_MOD_LINEAR;
	struct wlr_drm_format format = {.format = fourcc, .len = 1, .modifiers = &modifier};
	struct wlr_buffer *buffer =
		wlr_allocator_create_buffer(rig->context->allocator, width_px, height_px, &format);
	CHECK(buffer != NULL);
	return buffer;
}

/* Every byte of it, that of an X channel too. */
static void fill(struct wlr_buffer *buffer, uint32_t seed)
{
	void *data;
	uint32_t fourcc;
	size_t stride_bytes;
	struct picture noise;
	picture_init(&noise, buffer->width, buffer->height, 0);
	picture_fill(&noise, seed, true);
	CHECK(wlr_buffer_begin_data_ptr_access(
		buffer, WLR_BUFFER_DATA_PTR_ACCESS_WRITE, &data, &fourcc, &stride_bytes));
	for (int y = 0; y < buffer->height; y++) {
		memcpy((char *)data + (size_t)y * stride_bytes, &noise.pixels[y * buffer->width],
			(size_t)buffer->width * sizeof(noise.pixels[0]));
	}
	wlr_buffer_end_data_ptr_access(buffer);
	picture_finish(&noise);
}

static struct wlr_buffer *upload_create(uint32_t fourcc)
{
	struct upload *upload = calloc(1, sizeof(*upload));
	CHECK(upload != NULL);
	wlr_buffer_init(&upload->base, &upload_impl, SOURCE_WIDTH_PX, SOURCE_HEIGHT_PX);
	upload->fourcc = fourcc;
	return &upload->base;
}

static void rig_begin(struct rig *rig)
{
	static const uint32_t fourccs[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888};
	struct gesso_reason why;
	rig->loop = wl_event_loop_create();
	rig->backend = wlr_headless_backend_create(rig->loop);
	rig->context =
		gesso_render_context_create(rig->backend, GESSO_RENDERER_GLES2_SOFTWARE, &why);
	CHECK(rig->context != NULL);
	struct wlr_renderer *renderer = rig->context->renderer;
	CHECK(software_renderer_that_draws(renderer) != renderer);
	for (uint32_t i = 0; i < SOURCES_LEN; i++) {
		rig->sources[i] = i < 2
			? allocate(rig, SOURCE_WIDTH_PX, SOURCE_HEIGHT_PX, fourccs[i])
			: upload_create(fourccs[i - 2]);
		fill(rig->sources[i], i);
		rig->textures[i] = wlr_texture_from_buffer(renderer, rig->sources[i]);
		CHECK(rig->textures[i] != NULL);
	}
	for (int i = 0; i < 2; i++) {
		rig->targets[i] = allocate(rig, WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
	}
}

static void rig_end(struct rig *rig)
{
	for (int i = 0; i < SOURCES_LEN; i++) {
		wlr_texture_destroy(rig->textures[i]);
		wlr_buffer_drop(rig->sources[i]);
	}
	wlr_buffer_drop(rig->targets[0]);
	/* one that outlives its renderer */
	gesso_render_context_destroy(rig->context);
	wlr_buffer_drop(rig->targets[1]);
	wlr_backend_destroy(rig->backend);
	wl_event_loop_destroy(rig->loop);
}

struct op {
	struct wlr_render_texture_options options;
	pixman_region32_t clip;
	float alpha;
};

static int pick(unsigned *state, int least, int most)
{
	return least + rand_r(state) % (most - least + 1);
}

/* Most are copies, some beyond the edges, and each other kind comes now and then. */
static void op_init(struct op *op, struct rig *rig, unsigned *state)
{
	int width_px = pick(state, 1, SOURCE_WIDTH_PX),
	    height_px = pick(state, 1, SOURCE_HEIGHT_PX);
	op->alpha = pick(state, 0, 5) == 0 ? 0.5F : 1;
	op->options = (struct wlr_render_texture_options){
		.texture = rig->textures[pick(state, 0, SOURCES_LEN - 1)],
		.src_box = {pick(state, 0, SOURCE_WIDTH_PX - width_px),
			pick(state, 0, SOURCE_HEIGHT_PX - height_px), width_px, height_px},
		.dst_box = {pick(state, -20, WIDTH_PX), pick(state, -20, HEIGHT_PX), width_px,
			height_px},
		.alpha = &op->alpha,
		.clip = pick(state, 0, 3) != 0 ? &op->clip : NULL,
		.filter_mode = WLR_SCALE_FILTER_NEAREST,
		.blend_mode = pick(state, 0, 3) == 0 ? WLR_RENDER_BLEND_MODE_PREMULTIPLIED
						     : WLR_RENDER_BLEND_MODE_NONE,
	};
	if (pick(state, 0, 5) == 0) {
		op->options.transform = (enum wl_output_transform)pick(state, 1, 7);
	} else if (pick(state, 0, 5) == 0) {
		op->options.dst_box.width *= 2;
	}
	pixman_region32_init(&op->clip);
	for (int i = 0; i < 4; i++) {
		pixman_region32_union_rect(&op->clip, &op->clip, pick(state, 0, WIDTH_PX),
			pick(state, 0, HEIGHT_PX), (unsigned)pick(state, 1, 50),
			(unsigned)pick(state, 1, 50));
	}
}

static void render(struct rig *rig, struct wlr_renderer *renderer, struct wlr_buffer *target,
	struct op ops[OPS_LEN])
{
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(renderer, target, NULL);
	CHECK(pass != NULL);
	for (int i = 0; i < OPS_LEN; i++) {
		struct wlr_render_texture_options options = ops[i].options;
		if (renderer != rig->context->renderer) {
			options.texture = software_renderer_texture_below(
				rig->context->renderer, options.texture);
			CHECK(options.texture != NULL);
		}
		wlr_render_pass_add_texture(pass, &options);
		if (i == OPS_LEN / 2) {
			wlr_render_pass_add_rect(pass,
				&(struct wlr_render_rect_options){
					.box = {11, 13, 40, 20},
					.color = {0.2F, 0.4F, 0.1F, 0.5F},
				});
		}
	}
	CHECK(wlr_render_pass_submit(pass));
	render_context_finish(rig->context);
}

static void picture_of(struct picture *picture, struct wlr_buffer *target)
{
	void *data;
	uint32_t fourcc;
	size_t stride_bytes;
	CHECK(wlr_buffer_begin_data_ptr_access(
		target, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &fourcc, &stride_bytes));
	picture_decode(picture, data, (uint32_t)stride_bytes, fourcc, WIDTH_PX, HEIGHT_PX);
	wlr_buffer_end_data_ptr_access(target);
}

CASE(same_as_drawn)
{
	struct rig rig;
	unsigned state = 1;
	rig_begin(&rig);
	struct wlr_renderer *renderers[] = {
		rig.context->renderer, software_renderer_that_draws(rig.context->renderer)};
	for (int round = 0; round < ROUNDS; round++) {
		struct op ops[OPS_LEN];
		struct picture got[2];
		char what[32];
		for (int i = 0; i < OPS_LEN; i++) {
			op_init(&ops[i], &rig, &state);
		}
		for (int i = 0; i < 2; i++) {
			render(&rig, renderers[i], rig.targets[i], ops);
			picture_of(&got[i], rig.targets[i]);
		}
		snprintf(what, sizeof(what), "round %d", round);
		picture_check(&got[0], &got[1], 0, what);
		for (int i = 0; i < 2; i++) {
			picture_finish(&got[i]);
		}
		for (int i = 0; i < OPS_LEN; i++) {
			pixman_region32_fini(&ops[i].clip);
		}
	}
	rig_end(&rig);
}
