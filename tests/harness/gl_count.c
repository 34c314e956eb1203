/* SPDX-License-Identifier: MIT */
/* Preloaded into the compositor; see gl_count.h. */
#include "gl_count.h"
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <GLES3/gl3.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct gl_count nowhere;
static struct gl_count *count = &nowhere;
static bool areas;

static PFNEGLCREATEIMAGEKHRPROC real_create_image;
static PFNEGLDESTROYIMAGEKHRPROC real_destroy_image;

__attribute__((constructor)) static void map_file(void)
{
	const char *path = getenv("GESSO_GL_COUNT");
	const char *program = getenv("GESSO_GL_COUNT_PROGRAM");
	if (path == NULL ||
		strcmp(program_invocation_short_name, program != NULL ? program : "gesso") != 0) {
		return;
	}
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		abort();
	}
	void *map = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		abort();
	}
	count = map;
	areas = getenv("GESSO_GL_COUNT_AREAS") != NULL;
}

/* A renderer that was loaded at run time may have its libraries to itself. */
static void *find_loaded(const char *name)
{
	static const char *const libraries[] = {"libGLESv2.so.2", "libEGL.so.1"};
	void *symbol = NULL;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]) && symbol == NULL; i++) {
		void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
		symbol = library != NULL ? dlsym(library, name) : NULL;
	}
	return symbol;
}

static void *next(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	if (symbol == NULL) {
		symbol = find_loaded(name);
	}
	if (symbol == NULL) {
		abort();
	}
	return symbol;
}

static uint64_t channels(GLenum format)
{
	switch (format) {
	case GL_RGBA:
	case GL_BGRA_EXT:
		return 4;
	case GL_RGB:
		return 3;
	case GL_LUMINANCE_ALPHA:
	case GL_RG_EXT:
		return 2;
	default:
		return 1;
	}
}

static uint64_t pixel_bytes(GLenum format, GLenum type)
{
	switch (type) {
	case GL_UNSIGNED_SHORT_5_6_5:
	case GL_UNSIGNED_SHORT_4_4_4_4:
	case GL_UNSIGNED_SHORT_5_5_5_1:
		return 2;
	case GL_UNSIGNED_INT_2_10_10_10_REV_EXT:
		return 4;
	case GL_UNSIGNED_SHORT:
	case GL_HALF_FLOAT_OES:
		return 2 * channels(format);
	default:
		return channels(format);
	}
}

static void count_upload(
	GLsizei width, GLsizei height, GLenum format, GLenum type, const void *pixels)
{
	if (pixels != NULL) {
		count->uploads++;
		count->uploaded_bytes +=
			(uint64_t)width * (uint64_t)height * pixel_bytes(format, type);
	}
}

void glTexImage2D(GLenum target, GLint level, GLint internal_format, GLsizei width, GLsizei height,
	GLint border, GLenum format, GLenum type, const void *pixels)
{
	static PFNGLTEXIMAGE2DPROC real;
	if (real == NULL) {
		real = (PFNGLTEXIMAGE2DPROC)next("glTexImage2D");
	}
	count_upload(width, height, format, type, pixels);
	real(target, level, internal_format, width, height, border, format, type, pixels);
}

void glTexSubImage2D(GLenum target, GLint level, GLint x, GLint y, GLsizei width, GLsizei height,
	GLenum format, GLenum type, const void *pixels)
{
	static PFNGLTEXSUBIMAGE2DPROC real;
	if (real == NULL) {
		real = (PFNGLTEXSUBIMAGE2DPROC)next("glTexSubImage2D");
	}
	count_upload(width, height, format, type, pixels);
	real(target, level, x, y, width, height, format, type, pixels);
}

/* The last ones that lie in the caller's own memory: x, y of each vertex. */
static const GLfloat *vertices_xy;

void glVertexAttribPointer(GLuint index, GLint size, GLenum type, GLboolean normalized,
	GLsizei stride, const void *pointer)
{
	static PFNGLVERTEXATTRIBPOINTERPROC real;
	if (real == NULL) {
		real = (PFNGLVERTEXATTRIBPOINTERPROC)next("glVertexAttribPointer");
	}
	vertices_xy = size == 2 && type == GL_FLOAT && stride == 0 ? pointer : NULL;
	real(index, size, type, normalized, stride, pointer);
}

/* Pixels that the unit square is drawn to; 0 if that is not to be seen. */
static double pixels_of_unit_square(void)
{
	PFNGLGETINTEGERVPROC get_integer = (PFNGLGETINTEGERVPROC)next("glGetIntegerv");
	PFNGLGETUNIFORMLOCATIONPROC find_uniform =
		(PFNGLGETUNIFORMLOCATIONPROC)next("glGetUniformLocation");
	PFNGLGETUNIFORMFVPROC get_uniform = (PFNGLGETUNIFORMFVPROC)next("glGetUniformfv");
	GLint program, viewport[4];
	GLfloat proj[9];
	get_integer(GL_CURRENT_PROGRAM, &program);
	get_integer(GL_VIEWPORT, viewport);
	GLint location = program > 0 ? find_uniform((GLuint)program, "proj") : -1;
	if (location < 0) {
		return 0;
	}
	get_uniform((GLuint)program, location, proj);
	/* clip space is two wide and two high */
	return fabs((double)proj[0] * proj[4] - (double)proj[1] * proj[3]) / 4 * viewport[2] *
		viewport[3];
}

static double area(const GLfloat *triangle)
{
	double ax = triangle[2] - triangle[0], ay = triangle[3] - triangle[1];
	double bx = triangle[4] - triangle[0], by = triangle[5] - triangle[1];
	return fabs(ax * by - ay * bx) / 2;
}

static void count_triangles(GLint first, GLsizei vertices)
{
	double sum = 0;
	for (GLint i = first; i + 2 < first + vertices; i += 3) {
		sum += area(vertices_xy + (size_t)i * 2);
	}
	count->drawn_pixels += (uint64_t)(sum * pixels_of_unit_square() + 0.5);
}

static void count_draw(void)
{
	count->draws++;
	count->unfinished_draws++;
}

void glFinish(void)
{
	static PFNGLFINISHPROC real;
	if (real == NULL) {
		real = (PFNGLFINISHPROC)next("glFinish");
	}
	real();
	count->unfinished_draws = 0;
}

struct wlr_output;
struct wlr_output_state;
typedef bool (*commit_func)(struct wlr_output *, const struct wlr_output_state *);
bool wlr_output_commit_state(struct wlr_output *output, const struct wlr_output_state *state);

bool wlr_output_commit_state(struct wlr_output *output, const struct wlr_output_state *state)
{
	static commit_func real;
	if (real == NULL) {
		real = (commit_func)next("wlr_output_commit_state");
	}
	count->commits++;
	count->unfinished_commits += count->unfinished_draws > 0;
	return real(output, state);
}

void glDrawArrays(GLenum mode, GLint first, GLsizei vertices)
{
	static PFNGLDRAWARRAYSPROC real;
	if (real == NULL) {
		real = (PFNGLDRAWARRAYSPROC)next("glDrawArrays");
	}
	count_draw();
	if (areas && mode == GL_TRIANGLES && vertices_xy != NULL) {
		count_triangles(first, vertices);
	}
	real(mode, first, vertices);
}

void glDrawElements(GLenum mode, GLsizei vertices, GLenum type, const void *indices)
{
	static PFNGLDRAWELEMENTSPROC real;
	if (real == NULL) {
		real = (PFNGLDRAWELEMENTSPROC)next("glDrawElements");
	}
	count_draw();
	real(mode, vertices, type, indices);
}

void glBlitFramebuffer(GLint src_x0, GLint src_y0, GLint src_x1, GLint src_y1, GLint dst_x0,
	GLint dst_y0, GLint dst_x1, GLint dst_y1, GLbitfield mask, GLenum filter)
{
	static PFNGLBLITFRAMEBUFFERPROC real;
	if (real == NULL) {
		real = (PFNGLBLITFRAMEBUFFERPROC)next("glBlitFramebuffer");
	}
	count_draw();
	count->blits++;
	count->drawn_pixels += (uint64_t)abs(dst_x1 - dst_x0) * (uint64_t)abs(dst_y1 - dst_y0);
	real(src_x0, src_y0, src_x1, src_y1, dst_x0, dst_y0, dst_x1, dst_y1, mask, filter);
}

static uint64_t inode_of_plane(const EGLint *attributes)
{
	struct stat status;
	for (; attributes != NULL && attributes[0] != EGL_NONE; attributes += 2) {
		if (attributes[0] == EGL_DMA_BUF_PLANE0_FD_EXT &&
			fstat(attributes[1], &status) == 0) {
			return status.st_ino;
		}
	}
	return 0;
}

static EGLImageKHR create_image(EGLDisplay display, EGLContext context, EGLenum target,
	EGLClientBuffer buffer, const EGLint *attributes)
{
	EGLImageKHR image = real_create_image(display, context, target, buffer, attributes);
	if (image != EGL_NO_IMAGE_KHR) {
		count->image_inodes[count->images % GL_COUNT_MAX_IMAGES] =
			inode_of_plane(attributes);
		count->images++;
	}
	return image;
}

static EGLBoolean destroy_image(EGLDisplay display, EGLImageKHR image)
{
	count->images_destroyed++;
	return real_destroy_image(display, image);
}

/* wlroots fetches all extensions' functions, and a compositor may fetch any other this way. */
__eglMustCastToProperFunctionPointerType eglGetProcAddress(const char *name)
{
	static __eglMustCastToProperFunctionPointerType (*real)(const char *);
	if (real == NULL) {
		real = (__typeof__(real))next("eglGetProcAddress");
	}
	__eglMustCastToProperFunctionPointerType function = real(name);
	if (strcmp(name, "eglCreateImageKHR") == 0 && function != NULL) {
		real_create_image = (PFNEGLCREATEIMAGEKHRPROC)function;
		return (__eglMustCastToProperFunctionPointerType)create_image;
	} else if (strcmp(name, "eglDestroyImageKHR") == 0 && function != NULL) {
		real_destroy_image = (PFNEGLDESTROYIMAGEKHRPROC)function;
		return (__eglMustCastToProperFunctionPointerType)destroy_image;
	} else if (strcmp(name, "glTexImage2D") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glTexImage2D;
	} else if (strcmp(name, "glVertexAttribPointer") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glVertexAttribPointer;
	} else if (strcmp(name, "glFinish") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glFinish;
	} else if (strcmp(name, "glDrawArrays") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glDrawArrays;
	} else if (strcmp(name, "glDrawElements") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glDrawElements;
	} else if (strcmp(name, "glBlitFramebuffer") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glBlitFramebuffer;
	} else if (strcmp(name, "glTexSubImage2D") == 0) {
		return (__eglMustCastToProperFunctionPointerType)glTexSubImage2D;
	}
	return function;
}
