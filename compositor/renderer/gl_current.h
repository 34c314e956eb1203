/* SPDX-License-Identifier: MIT */
#ifndef GESSO_GL_CURRENT_H
#define GESSO_GL_CURRENT_H

#include <EGL/egl.h>

/* What was current before a GL context of ours was, so that the host finds it again. */

struct wlr_egl;

struct gl_current {
	EGLDisplay display;
	EGLContext context;
	EGLSurface draw, read;
};

/* Makes `egl`'s context current and keeps in `before` what was. */
void gl_current_begin(struct gl_current *before, struct wlr_egl *egl);
/* Puts back what was current before gl_current_begin with the same `egl`. */
void gl_current_end(const struct gl_current *before, struct wlr_egl *egl);

#endif
