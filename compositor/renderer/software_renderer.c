/* SPDX-License-Identifier: MIT */
#include "renderer/software_renderer.h"
#include "memory/each_frame.h"
#include "renderer/copy_target.h"
#include "renderer/gl_current.h"
#include "renderer/late_texture.h"
#include "renderer/texture_kinds.h"
#include <GLES3/gl3.h>
#include <assert.h>
#include <drm_fourcc.h>
#include <pixman.h>
#include <stdlib.h>
#include <wlr/render/gles2.h>
#include <wlr/render/interface.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/box.h>

/* as odd as windows are: a side that is a power of two has llvmpipe compile a shader of its own */
#define NOTHING_PX 3

struct software_renderer {
	struct wlr_renderer base;
	struct wlr_renderer *gles2;
	GLuint source;               /* a framebuffer over the texture that is being copied */
	struct wlr_texture *nothing; /* transparent, of no client */
	bool holds_textures;         /* the last pass drew some */
	struct texture_kinds kinds;
	struct late_textures textures;
	struct wl_list targets; /* copy_target.link */
	struct wl_listener lost;
};

struct software_pass {
	struct wlr_render_pass base;
	struct wlr_render_pass *gles2;
	struct software_renderer *renderer;
	struct wlr_box target;
	struct copy_target *with_alpha; /* NULL: everything is drawn */
	bool draws;                     /* not waited for yet */
	bool samples;                   /* a texture was drawn */
};

static const struct wlr_renderer_impl renderer_impl;
static const struct wlr_render_pass_impl pass_impl;

static struct software_renderer *renderer_from_base(struct wlr_renderer *base)
{
	assert(base->impl == &renderer_impl);
	struct software_renderer *renderer = wl_container_of(base, renderer, base);
	return renderer;
}

static struct software_pass *pass_from_base(struct wlr_render_pass *base)
{
	struct software_pass *pass = wl_container_of(base, pass, base);
	return pass;
}

/*
 * llvmpipe holds the textures of the last picture that it drew, and with them clients'
 * memory, until it samples another in a later picture: here one that is all transparent.
 */
static void let_go_of_textures(const struct software_pass *pass)
{
	wlr_render_pass_add_texture(pass->gles2,
		&(struct wlr_render_texture_options){
			.texture = pass->renderer->nothing,
			.filter_mode = WLR_SCALE_FILTER_NEAREST,
		});
	glFinish();
}

/* llvmpipe keeps a list of textures for each picture in flight: so there is one at most. */
static bool pass_submit(struct wlr_render_pass *base)
{
	struct software_pass *pass = pass_from_base(base);
	glFinish();
	if (pass->renderer->holds_textures && !pass->samples) {
		let_go_of_textures(pass);
	}
	pass->renderer->holds_textures = pass->samples;
	bool ok = wlr_render_pass_submit(pass->gles2);
	free(pass);
	return ok;
}

static bool is_whole(const struct wlr_fbox *box)
{
	return box->x == (int)box->x && box->y == (int)box->y;
}

/* Pixel for pixel, whatever the filter. */
static bool is_copy(const struct wlr_render_texture_options *options,
	const struct wlr_gles2_texture_attribs *attribs, const struct wlr_fbox *from,
	const struct wlr_box *to)
{
	bool opaque = options->blend_mode == WLR_RENDER_BLEND_MODE_NONE || !attribs->has_alpha;
	return attribs->target == GL_TEXTURE_2D && opaque &&
		wlr_render_texture_options_get_alpha(options) == 1 &&
		options->transform == WL_OUTPUT_TRANSFORM_NORMAL && is_whole(from) &&
		from->width == to->width && from->height == to->height;
}

static void copy_region(
	const pixman_region32_t *region, const struct wlr_fbox *from, const struct wlr_box *to)
{
	int boxes_len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(region, &boxes_len);
	int right_by = (int)from->x - to->x, down_by = (int)from->y - to->y;
	for (int i = 0; i < boxes_len; i++) {
		const pixman_box32_t *box = &boxes[i];
		glBlitFramebuffer(box->x1 + right_by, box->y1 + down_by, box->x2 + right_by,
			box->y2 + down_by, box->x1, box->y1, box->x2, box->y2, GL_COLOR_BUFFER_BIT,
			GL_NEAREST);
	}
}

static bool copy_texture(struct software_pass *pass, GLuint texture,
	const pixman_region32_t *region, const struct wlr_fbox *from, const struct wlr_box *to)
{
	GLint drawn_to;
	glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &drawn_to);
	if (texture_kinds_of(&pass->renderer->kinds, texture) == TEXTURE_ARGB) {
		if (pass->draws) {
			glFinish(); /* GL does not know that the two are the same memory */
			pass->draws = false;
		}
		glBindFramebuffer(GL_DRAW_FRAMEBUFFER, pass->with_alpha->framebuffer);
	}
	glBindFramebuffer(GL_READ_FRAMEBUFFER, pass->renderer->source);
	glFramebufferTexture2D(
		GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
	bool ok = glCheckFramebufferStatus(GL_READ_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
	if (ok) {
		copy_region(region, from, to);
	}
	/* the texture is its owner's to destroy */
	glFramebufferTexture2D(GL_READ_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, 0, 0);
	glBindFramebuffer(GL_FRAMEBUFFER, (GLuint)drawn_to);
	return ok;
}

/* False, with nothing done, where the texture is to be drawn. */
static bool try_copy(struct software_pass *pass, const struct wlr_render_texture_options *options)
{
	struct wlr_gles2_texture_attribs attribs;
	struct wlr_fbox from;
	struct wlr_box to, seen;
	wlr_gles2_texture_get_attribs(options->texture, &attribs);
	wlr_render_texture_options_get_src_box(options, &from);
	wlr_render_texture_options_get_dst_box(options, &to);
	if (pass->with_alpha == NULL ||
		texture_kinds_of(&pass->renderer->kinds, attribs.tex) == TEXTURE_OTHER ||
		!is_copy(options, &attribs, &from, &to)) {
		return false;
	}
	if (!wlr_box_intersection(&seen, &to, &pass->target)) {
		return true;
	}
	pixman_region32_t region;
	pixman_region32_init_rect(
		&region, seen.x, seen.y, (unsigned)seen.width, (unsigned)seen.height);
	if (options->clip != NULL) {
		pixman_region32_intersect(&region, &region, options->clip);
	}
	bool ok = copy_texture(pass, attribs.tex, &region, &from, &to);
	pixman_region32_fini(&region);
	return ok;
}

static void pass_add_texture(
	struct wlr_render_pass *base, const struct wlr_render_texture_options *options)
{
	struct software_pass *pass = pass_from_base(base);
	struct wlr_render_texture_options made = *options;
	made.texture = late_textures_get(&pass->renderer->textures, options->texture);
	if (made.texture != NULL && !try_copy(pass, &made)) {
		wlr_render_pass_add_texture(pass->gles2, &made);
		pass->draws = pass->samples = true;
	}
}

static void pass_add_rect(
	struct wlr_render_pass *base, const struct wlr_render_rect_options *options)
{
	struct software_pass *pass = pass_from_base(base);
	wlr_render_pass_add_rect(pass->gles2, options);
	pass->draws = true;
}

static const struct wlr_render_pass_impl pass_impl = {
	.submit = pass_submit,
	.add_texture = pass_add_texture,
	.add_rect = pass_add_rect,
};

static struct wlr_render_pass *begin_buffer_pass(struct wlr_renderer *base,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options)
{
	struct software_renderer *renderer = renderer_from_base(base);
	struct software_pass *pass = calloc(1, sizeof(*pass));
	if (pass == NULL) {
		return NULL;
	}
	wlr_render_pass_init(&pass->base, &pass_impl);
	pass->renderer = renderer;
	pass->target = (struct wlr_box){.width = buffer->width, .height = buffer->height};
	pass->gles2 = wlr_renderer_begin_buffer_pass(renderer->gles2, buffer, options);
	if (pass->gles2 == NULL) {
		free(pass);
		return NULL;
	}
	pass->with_alpha = copy_target_get(
		&renderer->targets, renderer, buffer, wlr_gles2_renderer_get_egl(renderer->gles2));
	return &pass->base;
}

static const struct wlr_drm_format_set *get_texture_formats(
	struct wlr_renderer *base, uint32_t buffer_caps)
{
	return wlr_renderer_get_texture_formats(renderer_from_base(base)->gles2, buffer_caps);
}

static const struct wlr_drm_format_set *get_render_formats(struct wlr_renderer *base)
{
	struct wlr_renderer *gles2 = renderer_from_base(base)->gles2;
	return gles2->impl->get_render_formats(gles2);
}

static int get_drm_fd(struct wlr_renderer *base)
{
	return wlr_renderer_get_drm_fd(renderer_from_base(base)->gles2);
}

EACH_FRAME static struct wlr_texture *texture_from_buffer(
	struct wlr_renderer *base, struct wlr_buffer *buffer)
{
	struct software_renderer *renderer = renderer_from_base(base);
	return late_textures_make(&renderer->textures, buffer);
}

static struct wlr_render_timer *render_timer_create(struct wlr_renderer *base)
{
	return wlr_render_timer_create(renderer_from_base(base)->gles2);
}

static void renderer_destroy(struct wlr_renderer *base)
{
	struct software_renderer *renderer = renderer_from_base(base);
	struct wlr_egl *egl = wlr_gles2_renderer_get_egl(renderer->gles2);
	struct gl_current before;
	struct copy_target *target, *next;
	wl_list_for_each_safe(target, next, &renderer->targets, link) {
		copy_target_destroy(target);
	}
	gl_current_begin(&before, egl);
	glDeleteFramebuffers(1, &renderer->source);
	gl_current_end(&before, egl);
	wl_list_remove(&renderer->lost.link);
	late_textures_finish(&renderer->textures);
	wlr_texture_destroy(renderer->nothing);
	wlr_renderer_destroy(renderer->gles2);
	texture_kinds_finish(&renderer->kinds);
	free(renderer);
}

static const struct wlr_renderer_impl renderer_impl = {
	.get_texture_formats = get_texture_formats,
	.get_render_formats = get_render_formats,
	.destroy = renderer_destroy,
	.get_drm_fd = get_drm_fd,
	.texture_from_buffer = texture_from_buffer,
	.begin_buffer_pass = begin_buffer_pass,
	.render_timer_create = render_timer_create,
};

static void renderer_handle_lost(struct wl_listener *listener, void *data)
{
	struct software_renderer *renderer = wl_container_of(listener, renderer, lost);
	wl_signal_emit_mutable(&renderer->base.events.lost, data);
}

/* 0 where GL has no glBlitFramebuffer: it came with GLES 3, which Mesa gives for 2. */
static GLuint make_framebuffer(struct wlr_egl *egl)
{
	struct gl_current before;
	GLuint framebuffer = 0;
	GLint version = 0;
	gl_current_begin(&before, egl);
	glGetIntegerv(GL_MAJOR_VERSION, &version);
	if (glGetError() == GL_NO_ERROR && version >= 3) {
		glGenFramebuffers(1, &framebuffer);
	}
	gl_current_end(&before, egl);
	return framebuffer;
}

static struct wlr_texture *make_nothing(struct wlr_renderer *gles2)
{
	static const uint32_t pixels[NOTHING_PX * NOTHING_PX];
	return wlr_texture_from_pixels(gles2, DRM_FORMAT_ARGB8888, NOTHING_PX * sizeof(pixels[0]),
		NOTHING_PX, NOTHING_PX, pixels);
}

static struct software_renderer *renderer_create(struct wlr_renderer *gles2)
{
	struct software_renderer *renderer = calloc(1, sizeof(*renderer));
	struct wlr_texture *nothing = make_nothing(gles2);
	if (renderer == NULL || nothing == NULL) {
		wlr_texture_destroy(nothing);
		free(renderer);
		return NULL;
	}
	wlr_renderer_init(&renderer->base, &renderer_impl, gles2->render_buffer_caps);
	renderer->base.features = gles2->features;
	renderer->gles2 = gles2;
	renderer->nothing = nothing;
	late_textures_init(&renderer->textures, &renderer->base, gles2, &renderer->kinds);
	wl_list_init(&renderer->targets);
	renderer->lost.notify = renderer_handle_lost;
	wl_signal_add(&gles2->events.lost, &renderer->lost);
	return renderer;
}

struct wlr_renderer *software_renderer_create(struct wlr_renderer *gles2, struct gesso_reason *why)
{
	GLuint source = make_framebuffer(wlr_gles2_renderer_get_egl(gles2));
	if (source == 0) {
		return gles2;
	}
	struct software_renderer *renderer = renderer_create(gles2);
	if (renderer == NULL) {
		wlr_renderer_destroy(gles2);
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for a renderer");
		return NULL;
	}
	renderer->source = source;
	return &renderer->base;
}

struct wlr_renderer *software_renderer_that_draws(struct wlr_renderer *renderer)
{
	return software_renderer_waits(renderer) ? renderer_from_base(renderer)->gles2 : renderer;
}

struct wlr_texture *software_renderer_texture_below(
	struct wlr_renderer *renderer, struct wlr_texture *texture)
{
	return software_renderer_waits(renderer)
		? late_textures_get(&renderer_from_base(renderer)->textures, texture)
		: texture;
}

EACH_FRAME bool software_renderer_waits(const struct wlr_renderer *renderer)
{
	return renderer->impl == &renderer_impl;
}
