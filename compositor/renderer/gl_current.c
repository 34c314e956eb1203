/* SPDX-License-Identifier: MIT */
#include "renderer/gl_current.h"
#include <wlr/render/egl.h>

void gl_current_begin(struct gl_current *before, struct wlr_egl *egl)
{
	*before = (struct gl_current){
		.display = eglGetCurrentDisplay(),
		.context = eglGetCurrentContext(),
		.draw = eglGetCurrentSurface(EGL_DRAW),
		.read = eglGetCurrentSurface(EGL_READ),
	};
	eglMakeCurrent(
		wlr_egl_get_display(egl), EGL_NO_SURFACE, EGL_NO_SURFACE, wlr_egl_get_context(egl));
}

void gl_current_end(const struct gl_current *before, struct wlr_egl *egl)
{
	EGLDisplay display =
		before->display != EGL_NO_DISPLAY ? before->display : wlr_egl_get_display(egl);
	eglMakeCurrent(display, before->draw, before->read, before->context);
}
