/* SPDX-License-Identifier: MIT */
#include "renderer/copy_target.h"
#include "renderer/gl_current.h"
#include <EGL/eglext.h>
#include <GLES2/gl2ext.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/egl.h>
#include <wlr/types/wlr_buffer.h>

static EGLImageKHR create_image(struct wlr_egl *egl, const struct wlr_dmabuf_attributes *dmabuf)
{
	PFNEGLCREATEIMAGEKHRPROC create =
		(PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress("eglCreateImageKHR");
	bool has_modifier = dmabuf->modifier != DRM_FORMAT_MOD_INVALID;
	/* clang-format off */
	const EGLint attribs[] = {
		EGL_WIDTH, dmabuf->width,
		EGL_HEIGHT, dmabuf->height,
		EGL_LINUX_DRM_FOURCC_EXT, DRM_FORMAT_ARGB8888,
		EGL_DMA_BUF_PLANE0_FD_EXT, dmabuf->fd[0],
		EGL_DMA_BUF_PLANE0_OFFSET_EXT, (EGLint)dmabuf->offset[0],
		EGL_DMA_BUF_PLANE0_PITCH_EXT, (EGLint)dmabuf->stride[0],
		has_modifier ? EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT : EGL_NONE,
		(EGLint)(dmabuf->modifier & UINT32_MAX),
		EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT, (EGLint)(dmabuf->modifier >> 32),
		EGL_NONE,
	};
	/* clang-format on */
	return create(
		wlr_egl_get_display(egl), EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attribs);
}

static void create_framebuffer(struct copy_target *target)
{
	PFNGLEGLIMAGETARGETRENDERBUFFERSTORAGEOESPROC set_storage =
		(PFNGLEGLIMAGETARGETRENDERBUFFERSTORAGEOESPROC)eglGetProcAddress(
			"glEGLImageTargetRenderbufferStorageOES");
	GLint before;
	glGetIntegerv(GL_FRAMEBUFFER_BINDING, &before);
	glGenRenderbuffers(1, &target->renderbuffer);
	glBindRenderbuffer(GL_RENDERBUFFER, target->renderbuffer);
	set_storage(GL_RENDERBUFFER, target->image);
	glBindRenderbuffer(GL_RENDERBUFFER, 0);
	glGenFramebuffers(1, &target->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	glFramebufferRenderbuffer(
		GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, target->renderbuffer);
	target->usable = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
	glBindFramebuffer(GL_FRAMEBUFFER, (GLuint)before);
}

void copy_target_destroy(struct copy_target *target)
{
	PFNEGLDESTROYIMAGEKHRPROC destroy_image =
		(PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress("eglDestroyImageKHR");
	struct gl_current before;
	wlr_addon_finish(&target->addon);
	wl_list_remove(&target->link);
	gl_current_begin(&before, target->egl);
	glDeleteFramebuffers(1, &target->framebuffer);
	glDeleteRenderbuffers(1, &target->renderbuffer);
	if (target->image != EGL_NO_IMAGE_KHR) {
		destroy_image(wlr_egl_get_display(target->egl), target->image);
	}
	gl_current_end(&before, target->egl);
	free(target);
}

static void target_handle_addon_destroy(struct wlr_addon *addon)
{
	struct copy_target *target = wl_container_of(addon, target, addon);
	copy_target_destroy(target);
}

static const struct wlr_addon_interface target_addon_impl = {
	.name = "gesso_copy_target",
	.destroy = target_handle_addon_destroy,
};

struct copy_target *copy_target_get(
	struct wl_list *targets, const void *owner, struct wlr_buffer *buffer, struct wlr_egl *egl)
{
	struct copy_target *target;
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, owner, &target_addon_impl);
	if (addon != NULL) {
		target = wl_container_of(addon, target, addon);
		return target->usable ? target : NULL;
	}
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf) || dmabuf.format != DRM_FORMAT_XRGB8888 ||
		dmabuf.n_planes != 1) {
		return NULL;
	}
	target = calloc(1, sizeof(*target));
	if (target == NULL) {
		return NULL;
	}
	target->egl = egl;
	target->image = create_image(egl, &dmabuf);
	wlr_addon_init(&target->addon, &buffer->addons, owner, &target_addon_impl);
	wl_list_insert(targets, &target->link);
	if (target->image != EGL_NO_IMAGE_KHR) {
		create_framebuffer(target);
	}
	return target->usable ? target : NULL;
}
