/* SPDX-License-Identifier: MIT */
#include "renderer/render_context.h"
#include "allocators/allocator.h"
#include "memory/each_frame.h"
#include "renderer/card_memory.h"
#include "renderer/gl_current.h"
#include "renderer/renderer_choice.h"
#include "renderer/software_allocator.h"
#include "renderer/software_egl.h"
#include "renderer/software_renderer.h"
#include <GLES2/gl2.h>
#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/backend/multi.h>
#include <wlr/backend/wayland.h>
#include <wlr/config.h>
#include <wlr/render/allocator.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>
#if WLR_HAS_X11_BACKEND
#include <wlr/backend/x11.h>
#endif
#if WLR_HAS_DRM_BACKEND
#include <wlr/backend/drm.h>
#endif

struct render_context {
	struct gesso_render_context base;
	struct software_egl software_egl;
	enum gesso_renderer_choice asked;
	struct wl_list outputs; /* context_output.link */
};

/* An output that was paired with the renderer, and will be with the next one. */
struct context_output {
	struct wl_list link;
	struct wlr_output *output;
	struct wl_listener destroy;
};

static struct render_context *context_from_base(struct gesso_render_context *base)
{
	struct render_context *context = wl_container_of(base, context, base);
	return context;
}

struct backend_kinds {
	bool nested, x11, drm;
};

static void note_backend_kind(struct wlr_backend *backend, void *data)
{
	struct backend_kinds *kinds = data;
	kinds->nested = kinds->nested || wlr_backend_is_wl(backend);
#if WLR_HAS_X11_BACKEND
	kinds->x11 = kinds->x11 || wlr_backend_is_x11(backend);
#endif
#if WLR_HAS_DRM_BACKEND
	kinds->drm = kinds->drm || wlr_backend_is_drm(backend);
#endif
}

static struct backend_kinds backend_kinds_of(struct wlr_backend *backend)
{
	struct backend_kinds kinds = {0};
	if (backend != NULL && wlr_backend_is_multi(backend)) {
		wlr_multi_for_each_backend(backend, note_backend_kind, &kinds);
	} else if (backend != NULL) {
		note_backend_kind(backend, &kinds);
	}
	return kinds;
}

/* Outputs in memory of `source`, which it takes; NULL if there is none, with `why` set. */
static bool use_outputs_of(struct gesso_render_context *context, struct gesso_allocator *source,
	struct gesso_reason *why)
{
	if (source == NULL) {
		return false;
	}
	context->allocator =
		software_allocator_create(context->renderer, SOFTWARE_OUTPUTS_ALL_FACES);
	if (context->allocator == NULL) {
		source->impl->destroy(source);
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return false;
	}
	software_allocator_set_source(context->allocator, source);
	return true;
}

static bool create_software_allocator(
	struct gesso_render_context *context, struct wlr_backend *backend, struct gesso_reason *why)
{
	struct backend_kinds kinds = backend_kinds_of(backend);
	enum software_outputs outputs = SOFTWARE_OUTPUTS_ALL_FACES;
	if (kinds.drm) {
		struct gesso_reason refusal = {0};
		int drm_fd = wlr_backend_get_drm_fd(backend);
		if (use_outputs_of(context, card_memory_create(drm_fd, &refusal), &refusal)) {
			return true;
		}
		gesso_reason_set(why, refusal.code,
			"software GLES2 cannot drive this display (%s): use --renderer pixman",
			refusal.words);
		return false;
	}
	if (kinds.x11) {
		outputs = SOFTWARE_OUTPUTS_SHM_WHOLE_ROWS;
	} else if (kinds.nested) {
		outputs = SOFTWARE_OUTPUTS_SHM;
	}
	context->allocator = software_allocator_create(context->renderer, outputs);
	if (context->allocator == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
	}
	return context->allocator != NULL;
}

static bool create_allocator(
	struct gesso_render_context *context, struct wlr_backend *backend, struct gesso_reason *why)
{
	if (context->used == GESSO_RENDERER_GLES2_NODE && context->software) {
		/* kms_swrast draws only into buffers of the device that it is on */
		return use_outputs_of(context, gesso_vgem_allocator.create(NULL, why), why);
	}
	if (context->used == GESSO_RENDERER_GLES2_SOFTWARE) {
		return create_software_allocator(context, backend, why);
	}
	context->allocator = wlr_allocator_autocreate(backend, context->renderer);
	if (context->allocator == NULL) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"renderer %s and the backend have no kind of buffer in common",
			context->name);
	}
	return context->allocator != NULL;
}

struct gesso_render_context *gesso_render_context_create(
	struct wlr_backend *backend, enum gesso_renderer_choice choice, struct gesso_reason *why)
{
	struct render_context *context = calloc(1, sizeof(*context));
	if (context == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	context->asked = choice;
	context->software_egl.display = EGL_NO_DISPLAY;
	wl_list_init(&context->outputs);
	wl_signal_init(&context->base.events.renewed);
	if (!renderer_choice_make(&context->base, &context->software_egl, backend, choice, why) ||
		(backend != NULL && !create_allocator(&context->base, backend, why))) {
		gesso_render_context_destroy(&context->base);
		return NULL;
	}
	return &context->base;
}

static void forget_output(struct context_output *remembered)
{
	wl_list_remove(&remembered->destroy.link);
	wl_list_remove(&remembered->link);
	free(remembered);
}

void gesso_render_context_destroy(struct gesso_render_context *base)
{
	if (base == NULL) {
		return;
	}
	struct render_context *context = context_from_base(base);
	struct context_output *remembered, *tmp;
	wl_list_for_each_safe(remembered, tmp, &context->outputs, link) {
		forget_output(remembered);
	}
	wlr_allocator_destroy(base->allocator);
	wlr_renderer_destroy(base->renderer);
	software_egl_finish(&context->software_egl);
	free(context);
}

static bool pair_with_output(struct gesso_render_context *context, struct wlr_output *output)
{
	if (wlr_allocator_is_software(context->allocator)) {
		return software_allocator_init_output(context->allocator, output);
	}
	return wlr_output_init_render(output, context->allocator, context->renderer);
}

static void output_handle_destroy(struct wl_listener *listener, void *data)
{
	struct context_output *remembered = wl_container_of(listener, remembered, destroy);
	forget_output(remembered);
}

bool gesso_render_context_init_output(struct gesso_render_context *base, struct wlr_output *output)
{
	assert(base->allocator != NULL);
	struct context_output *remembered = calloc(1, sizeof(*remembered));
	if (remembered == NULL || !pair_with_output(base, output)) {
		free(remembered);
		return false;
	}
	remembered->output = output;
	remembered->destroy.notify = output_handle_destroy;
	wl_signal_add(&output->events.destroy, &remembered->destroy);
	wl_list_insert(&context_from_base(base)->outputs, &remembered->link);
	return true;
}

/* What is before `generation` in the two, and what of EGL belongs to it. */
static void swap_renderers(struct render_context *a, struct render_context *b)
{
	unsigned char kept[offsetof(struct gesso_render_context, generation)];
	memcpy(kept, &a->base, sizeof(kept));
	memcpy(&a->base, &b->base, sizeof(kept));
	memcpy(&b->base, kept, sizeof(kept));
	struct software_egl egl = a->software_egl;
	a->software_egl = b->software_egl;
	b->software_egl = egl;
}

static void pair_again(struct render_context *context)
{
	struct context_output *remembered;
	wl_list_for_each(remembered, &context->outputs, link) {
		if (!pair_with_output(&context->base, remembered->output)) {
			wlr_log(WLR_ERROR, "render_context: %s cannot draw on output %s",
				context->base.name, remembered->output->name);
		}
	}
}

struct gesso_render_context *render_context_renew(struct gesso_render_context *base,
	struct wlr_backend *backend, bool give_up_gl, struct gesso_reason *why)
{
	struct render_context *context = context_from_base(base);
	struct gesso_render_context *other = NULL;
	if (!give_up_gl) {
		other = gesso_render_context_create(backend, context->asked, why);
	}
	if (other == NULL) {
		other = gesso_render_context_create(backend, GESSO_RENDERER_PIXMAN, why);
	}
	if (other == NULL) {
		return NULL;
	}
	if (other->used == GESSO_RENDERER_PIXMAN && base->gles2) {
		snprintf(other->why, sizeof(other->why), "%s was lost and did not come back",
			base->name);
	}
	swap_renderers(context, context_from_base(other));
	wlr_log(WLR_INFO, "render_context: renderer %s: %s", base->name, base->why);
	base->generation++;
	base->drawn = false;
	pair_again(context);
	return other;
}

bool gesso_render_context_reads_in_place(
	const struct gesso_render_context *context, struct wlr_buffer *source)
{
	struct wlr_dmabuf_attributes dmabuf;
	return source->n_locks > 0 && (!context->gles2 || wlr_buffer_get_dmabuf(source, &dmabuf));
}

void gesso_render_context_damage_output(struct wlr_output *output)
{
	int width_px, height_px;
	wlr_output_transformed_resolution(output, &width_px, &height_px);
	pixman_region32_t whole;
	pixman_region32_init_rect(&whole, 0, 0, (unsigned)width_px, (unsigned)height_px);
	struct wlr_output_event_damage event = {.output = output, .damage = &whole};
	wl_signal_emit_mutable(&output->events.damage, &event);
	pixman_region32_fini(&whole);
	wlr_output_schedule_frame(output);
}

void render_context_damage_outputs(struct gesso_render_context *base)
{
	struct context_output *remembered;
	wl_list_for_each(remembered, &context_from_base(base)->outputs, link) {
		gesso_render_context_damage_output(remembered->output);
	}
}

EACH_FRAME void render_context_finish(struct gesso_render_context *context)
{
	if (!context->gles2 || !context->software) {
		return;
	}
	struct gl_current before;
	gl_current_begin(&before, context->egl);
	glFinish();
	gl_current_end(&before, context->egl);
}

EACH_FRAME void gesso_render_context_wait(struct gesso_render_context *context)
{
	context->drawn = true;
	if (!software_renderer_waits(context->renderer)) {
		render_context_finish(context);
	}
}
