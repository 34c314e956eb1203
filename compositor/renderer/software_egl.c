/* SPDX-License-Identifier: MIT */
#include "renderer/software_egl.h"
#include "renderer/software_renderer.h"
#include <EGL/eglext.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/egl.h>
#include <wlr/render/gles2.h>
#include <wlr/render/wlr_renderer.h>

#define MAX_DEVICES 16
#define ALLOW_SOFTWARE "WLR_RENDERER_ALLOW_SOFTWARE"

static bool has_extension(const char *extensions, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = extensions; at != NULL && (at = strstr(at, name)) != NULL;
		at += len) {
		bool begins = at == extensions || at[-1] == ' ';
		if (begins && (at[len] == ' ' || at[len] == '\0')) {
			return true;
		}
	}
	return false;
}

static EGLDeviceEXT find_software_device(void)
{
	PFNEGLQUERYDEVICESEXTPROC query_devices =
		(PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
	PFNEGLQUERYDEVICESTRINGEXTPROC query_string =
		(PFNEGLQUERYDEVICESTRINGEXTPROC)eglGetProcAddress("eglQueryDeviceStringEXT");
	EGLDeviceEXT devices[MAX_DEVICES];
	EGLint len = 0;
	if (query_devices == NULL || query_string == NULL ||
		!query_devices(MAX_DEVICES, devices, &len)) {
		return EGL_NO_DEVICE_EXT;
	}
	for (EGLint i = 0; i < len; i++) {
		if (has_extension(
			    query_string(devices[i], EGL_EXTENSIONS), "EGL_MESA_device_software")) {
			return devices[i];
		}
	}
	return EGL_NO_DEVICE_EXT;
}

/*
 * EGL has one display a device in the whole process, and where it does not count
 * references, the first to terminate it takes it from all.
 */
static int displays_open;
static bool references_counted;

static void close_display(EGLDisplay display)
{
	displays_open--;
	if (references_counted || displays_open == 0) {
		eglTerminate(display);
	}
}

static EGLDisplay open_display(EGLDeviceEXT device)
{
	PFNEGLGETPLATFORMDISPLAYEXTPROC get_display =
		(PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress("eglGetPlatformDisplayEXT");
	if (get_display == NULL) {
		return EGL_NO_DISPLAY;
	}
	/* where they can be, since wlroots initialises and terminates it as well */
	EGLint attribs[] = {EGL_TRACK_REFERENCES_KHR, EGL_TRUE, EGL_NONE};
	references_counted = has_extension(
		eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS), "EGL_KHR_display_reference");
	if (!references_counted) {
		attribs[0] = EGL_NONE;
	}
	EGLDisplay display = get_display(EGL_PLATFORM_DEVICE_EXT, device, attribs);
	if (display == EGL_NO_DISPLAY || !eglInitialize(display, NULL, NULL)) {
		return EGL_NO_DISPLAY;
	}
	displays_open++;
	return display;
}

static struct wlr_egl *wrap_context(EGLDisplay display, EGLContext context)
{
	const char *before = getenv(ALLOW_SOFTWARE);
	char *saved = before != NULL ? strdup(before) : NULL;
	setenv(ALLOW_SOFTWARE, "1", true);
	struct wlr_egl *egl = wlr_egl_create_with_context(display, context);
	if (saved != NULL) {
		setenv(ALLOW_SOFTWARE, saved, true);
	} else {
		unsetenv(ALLOW_SOFTWARE);
	}
	free(saved);
	return egl;
}

struct wlr_renderer *software_egl_create_renderer(
	struct software_egl *software, struct gesso_reason *why)
{
	*software = (struct software_egl){.display = EGL_NO_DISPLAY};

	EGLDeviceEXT device = find_software_device();
	if (device == EGL_NO_DEVICE_EXT) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
			"EGL has no software device: install Mesa's EGL with llvmpipe");
		return NULL;
	}
	software->display = open_display(device);
	if (software->display == EGL_NO_DISPLAY || !eglBindAPI(EGL_OPENGL_ES_API)) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR,
			"EGL display on the software device failed: error 0x%x", eglGetError());
		software_egl_finish(software);
		return NULL;
	}
	static const EGLint attribs[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
	EGLContext context =
		eglCreateContext(software->display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attribs);
	if (context == EGL_NO_CONTEXT) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR,
			"GLES2 context on the software device failed: error 0x%x", eglGetError());
		software_egl_finish(software);
		return NULL;
	}
	software->egl = wrap_context(software->display, context);
	struct wlr_renderer *renderer =
		software->egl != NULL ? wlr_gles2_renderer_create(software->egl) : NULL;
	if (renderer == NULL) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR,
			"wlroots made no GLES2 renderer on the software device: see the log");
		eglMakeCurrent(software->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
		eglDestroyContext(software->display, context);
		software_egl_finish(software);
		return NULL;
	}
	renderer = software_renderer_create(renderer, why);
	if (renderer == NULL) {
		software_egl_finish(software);
	}
	return renderer;
}

void software_egl_finish(struct software_egl *software)
{
	if (software->display != EGL_NO_DISPLAY) {
		close_display(software->display);
		eglReleaseThread();
		software->display = EGL_NO_DISPLAY;
	}
	software->egl = NULL;
}
