/* SPDX-License-Identifier: MIT */
#include "renderer/render_context.h"
#include "allocators/allocator.h"
#include "allocators/device.h"
#include "renderer/card_memory.h"
#include "renderer/gpu.h"
#include "renderer/software_allocator.h"
#include "renderer/software_egl.h"
#include <GLES2/gl2.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/backend/multi.h>
#include <wlr/backend/wayland.h>
#include <wlr/config.h>
#include <wlr/render/allocator.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pixman.h>
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
};

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

/* Makes `egl`'s context current and gives the one before. */
static void make_current(struct wlr_egl *egl, EGLDisplay *old_display, EGLContext *old_context,
	EGLSurface old_surfaces[2])
{
	*old_display = eglGetCurrentDisplay();
	*old_context = eglGetCurrentContext();
	old_surfaces[0] = eglGetCurrentSurface(EGL_DRAW);
	old_surfaces[1] = eglGetCurrentSurface(EGL_READ);
	eglMakeCurrent(
		wlr_egl_get_display(egl), EGL_NO_SURFACE, EGL_NO_SURFACE, wlr_egl_get_context(egl));
}

static void restore_current(struct wlr_egl *egl, EGLDisplay old_display, EGLContext old_context,
	EGLSurface old_surfaces[2])
{
	EGLDisplay display = old_display != EGL_NO_DISPLAY ? old_display : wlr_egl_get_display(egl);
	eglMakeCurrent(display, old_surfaces[0], old_surfaces[1], old_context);
}

static void describe_gl(struct gesso_render_context *context)
{
	EGLDisplay display;
	EGLContext current;
	EGLSurface surfaces[2];
	make_current(context->egl, &display, &current, surfaces);
	const char *name = (const char *)glGetString(GL_RENDERER);
	snprintf(context->name, sizeof(context->name), "gles2 (%s)",
		name != NULL ? name : "unknown");
	const char *driver = (const char *)glGetString(GL_VERSION);
	snprintf(context->driver, sizeof(context->driver), "%s", driver != NULL ? driver : "");
	restore_current(context->egl, display, current, surfaces);
}

static bool name_is_software(const char *name)
{
	return strstr(name, "llvmpipe") != NULL || strstr(name, "softpipe") != NULL ||
		strstr(name, "swrast") != NULL;
}

static bool use_pixman(struct gesso_render_context *context, struct gesso_reason *why)
{
	context->renderer = wlr_pixman_renderer_create();
	if (context->renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for the pixman renderer");
		return false;
	}
	context->software = true;
	context->used = GESSO_RENDERER_PIXMAN;
	snprintf(context->name, sizeof(context->name), "pixman");
	return true;
}

/* False if there is no GPU, with nothing made. */
static bool use_gpu(
	struct gesso_render_context *context, struct wlr_backend *backend, struct gesso_reason *why)
{
	int fd = gpu_open_render_node(backend);
	if (fd < 0) {
		gesso_reason_set(
			why, GESSO_REASON_DEVICE_MISSING, "there is no DRM render node of a GPU");
		return false;
	}
	context->renderer = wlr_gles2_renderer_create_with_drm_fd(fd);
	close(fd);
	if (context->renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
			"the DRM render node has no driver for GLES2");
		return false;
	}
	context->egl = wlr_gles2_renderer_get_egl(context->renderer);
	describe_gl(context);
	if (name_is_software(context->name)) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
			"the DRM render node's GLES2 is software");
		wlr_renderer_destroy(context->renderer);
		context->renderer = NULL;
		context->egl = NULL;
		return false;
	}
	context->gles2 = true;
	context->used = GESSO_RENDERER_GLES2;
	return true;
}

/* kms_swrast and the like: asked for by name only, since it crashes on others' buffers. */
static bool use_node(struct gesso_render_context *context, struct gesso_reason *why)
{
	const char *path = getenv("WLR_RENDER_DRM_DEVICE");
	int fd = gesso_device_open(path != NULL ? path : "", "no such node", why);
	if (fd < 0) {
		return false;
	}
	context->renderer = wlr_gles2_renderer_create_with_drm_fd(fd);
	close(fd);
	if (context->renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING, "%s: no GLES2 there", path);
		return false;
	}
	context->egl = wlr_gles2_renderer_get_egl(context->renderer);
	context->gles2 = true;
	describe_gl(context);
	context->software = name_is_software(context->name);
	return true;
}

static bool use_software_gles2(struct render_context *context, struct gesso_reason *why)
{
	struct gesso_render_context *base = &context->base;
	base->renderer = software_egl_create_renderer(&context->software_egl, why);
	if (base->renderer == NULL) {
		return false;
	}
	base->egl = context->software_egl.egl;
	base->used = GESSO_RENDERER_GLES2_SOFTWARE;
	base->gles2 = true;
	base->software = true;
	describe_gl(base);
	return true;
}

static bool choose_renderer(struct render_context *context, struct wlr_backend *backend,
	enum gesso_renderer_choice choice, struct gesso_reason *why)
{
	struct gesso_render_context *base = &context->base;
	struct gesso_reason no_gpu = {0};
	switch (choice) {
	case GESSO_RENDERER_PIXMAN:
		snprintf(base->why, sizeof(base->why), "asked for");
		return use_pixman(base, why);
	case GESSO_RENDERER_GLES2_SOFTWARE:
		snprintf(base->why, sizeof(base->why), "asked for");
		return use_software_gles2(context, why);
	case GESSO_RENDERER_GLES2_NODE:
		snprintf(base->why, sizeof(base->why), "asked for");
		base->used = choice;
		return use_node(base, why);
	case GESSO_RENDERER_GLES2:
		if (use_gpu(base, backend, &no_gpu)) {
			snprintf(base->why, sizeof(base->why), "asked for");
			return true;
		}
		snprintf(base->why, sizeof(base->why), "asked for; on software, since %s",
			no_gpu.words);
		return use_software_gles2(context, why);
	case GESSO_RENDERER_AUTO:
		break;
	}
	if (use_gpu(base, backend, &no_gpu)) {
		snprintf(base->why, sizeof(base->why), "the machine has a GPU");
		return true;
	}
	snprintf(base->why, sizeof(base->why), "%s, and pixman composes cheaper than software GL",
		no_gpu.words);
	return use_pixman(base, why);
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
		return use_outputs_of(context, gesso_vgem_allocator.create(why), why);
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
	context->software_egl.display = EGL_NO_DISPLAY;
	if (!choose_renderer(context, backend, choice, why) ||
		(backend != NULL && !create_allocator(&context->base, backend, why))) {
		gesso_render_context_destroy(&context->base);
		return NULL;
	}
	wlr_log(WLR_INFO, "render_context: renderer %s: %s", context->base.name, context->base.why);
	return &context->base;
}

void gesso_render_context_destroy(struct gesso_render_context *base)
{
	if (base == NULL) {
		return;
	}
	struct render_context *context = wl_container_of(base, context, base);
	wlr_allocator_destroy(base->allocator);
	wlr_renderer_destroy(base->renderer);
	software_egl_finish(&context->software_egl);
	free(context);
}

bool gesso_render_context_init_output(
	struct gesso_render_context *context, struct wlr_output *output)
{
	assert(context->allocator != NULL);
	if (wlr_allocator_is_software(context->allocator)) {
		return software_allocator_init_output(context->allocator, output);
	}
	return wlr_output_init_render(output, context->allocator, context->renderer);
}

void gesso_render_context_wait(struct gesso_render_context *context)
{
	if (!context->gles2 || !context->software) {
		return;
	}
	EGLDisplay display;
	EGLContext current;
	EGLSurface surfaces[2];
	make_current(context->egl, &display, &current, surfaces);
	glFinish();
	restore_current(context->egl, display, current, surfaces);
}
