/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the compositor: Mesa's software GLES2 on a card's node passes for a GPU, and
 * one that takes only what a DRM driver made.
 */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *find_next(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	if (symbol == NULL) {
		abort();
	}
	return symbol;
}

const GLubyte *glGetString(GLenum name)
{
	const GLubyte *(*real)(GLenum) = (__typeof__(real))find_next("glGetString");
	return name == GL_RENDERER ? (const GLubyte *)"a GPU by the test" : real(name);
}

static bool is_of_a_driver(int fd)
{
	char path[48], line[128];
	bool found = false;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "re");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		found = found || strcmp(line, "exp_name:\tdrm\n") == 0;
	}
	if (file != NULL) {
		fclose(file);
	}
	return found;
}

static PFNEGLCREATEIMAGEKHRPROC real_create_image;

static EGLImageKHR create_image(EGLDisplay display, EGLContext context, EGLenum target,
	EGLClientBuffer buffer, const EGLint *attribs)
{
	for (const EGLint *at = attribs; at != NULL && at[0] != EGL_NONE; at += 2) {
		if (target == EGL_LINUX_DMA_BUF_EXT && at[0] == EGL_DMA_BUF_PLANE0_FD_EXT &&
			!is_of_a_driver(at[1])) {
			return EGL_NO_IMAGE_KHR;
		}
	}
	return real_create_image(display, context, target, buffer, attribs);
}

__eglMustCastToProperFunctionPointerType eglGetProcAddress(const char *name)
{
	__eglMustCastToProperFunctionPointerType (*real)(const char *) =
		(__typeof__(real))find_next("eglGetProcAddress");
	__eglMustCastToProperFunctionPointerType found = real(name);
	if (found != NULL && strcmp(name, "eglCreateImageKHR") == 0) {
		real_create_image = (PFNEGLCREATEIMAGEKHRPROC)found;
		return (__eglMustCastToProperFunctionPointerType)create_image;
	}
	return found;
}
