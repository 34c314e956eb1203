/* SPDX-License-Identifier: MIT */
#include "renderer/renderer_choice.h"
#include "allocators/device.h"
#include "renderer/gl_current.h"
#include "renderer/gpu.h"
#include <GLES2/gl2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>
#include <xf86drm.h>

/* Names it, and has it upload rows as wlroots says they lie: without slack between them. */
static void prepare_gl(struct gesso_render_context *context)
{
	struct gl_current before;
	gl_current_begin(&before, context->egl);
	glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
	const char *name = (const char *)glGetString(GL_RENDERER);
	snprintf(context->name, sizeof(context->name), "gles2 (%s)",
		name != NULL ? name : "unknown");
	const char *driver = (const char *)glGetString(GL_VERSION);
	snprintf(context->driver, sizeof(context->driver), "%s", driver != NULL ? driver : "");
	gl_current_end(&before, context->egl);
}

static void note_node(struct gesso_render_context *context, int fd)
{
	char *path = drmGetDeviceNameFromFd2(fd);
	snprintf(context->node, sizeof(context->node), "%s", path != NULL ? path : "");
	free(path);
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
	note_node(context, fd);
	close(fd);
	if (context->renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
			"the DRM render node has no driver for GLES2");
		context->node[0] = '\0';
		return false;
	}
	context->egl = wlr_gles2_renderer_get_egl(context->renderer);
	prepare_gl(context);
	if (name_is_software(context->name)) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
			"the DRM render node's GLES2 is software");
		wlr_renderer_destroy(context->renderer);
		context->renderer = NULL;
		context->node[0] = '\0';
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
	note_node(context, fd);
	close(fd);
	if (context->renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING, "%s: no GLES2 there", path);
		return false;
	}
	context->egl = wlr_gles2_renderer_get_egl(context->renderer);
	context->gles2 = true;
	prepare_gl(context);
	context->software = name_is_software(context->name);
	return true;
}

static bool use_software_gles2(struct gesso_render_context *context, struct software_egl *software,
	struct gesso_reason *why)
{
	context->renderer = software_egl_create_renderer(software, why);
	if (context->renderer == NULL) {
		return false;
	}
	context->egl = software->egl;
	context->used = GESSO_RENDERER_GLES2_SOFTWARE;
	context->gles2 = true;
	context->software = true;
	prepare_gl(context);
	return true;
}

bool renderer_choice_make(struct gesso_render_context *context, struct software_egl *software,
	struct wlr_backend *backend, enum gesso_renderer_choice choice, struct gesso_reason *why)
{
	struct gesso_reason no_gpu = {0};
	switch (choice) {
	case GESSO_RENDERER_PIXMAN:
		snprintf(context->why, sizeof(context->why), "asked for");
		return use_pixman(context, why);
	case GESSO_RENDERER_GLES2_SOFTWARE:
		snprintf(context->why, sizeof(context->why), "asked for");
		return use_software_gles2(context, software, why);
	case GESSO_RENDERER_GLES2_NODE:
		snprintf(context->why, sizeof(context->why), "asked for");
		context->used = choice;
		return use_node(context, why);
	case GESSO_RENDERER_GLES2_GPU:
		snprintf(context->why, sizeof(context->why), "asked for");
		return use_gpu(context, backend, why);
	case GESSO_RENDERER_GLES2:
		if (use_gpu(context, backend, &no_gpu)) {
			snprintf(context->why, sizeof(context->why), "asked for");
			return true;
		}
		snprintf(context->why, sizeof(context->why), "asked for; on software, since %s",
			no_gpu.words);
		return use_software_gles2(context, software, why);
	case GESSO_RENDERER_AUTO:
		break;
	}
	if (use_gpu(context, backend, &no_gpu)) {
		snprintf(context->why, sizeof(context->why), "the machine has a GPU");
		return true;
	}
	snprintf(context->why, sizeof(context->why),
		"%s, and pixman composes cheaper than software GL", no_gpu.words);
	return use_pixman(context, why);
}
