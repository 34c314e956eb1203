/* SPDX-License-Identifier: MIT */
#include "words.h"
#include <drm_fourcc.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
	uint32_t fourcc, bytes_per_pixel;
	const char *name;
} formats[] = {
	{DRM_FORMAT_XRGB8888, 4, "XRGB8888"},
	{DRM_FORMAT_ARGB8888, 4, "ARGB8888"},
	{DRM_FORMAT_XBGR8888, 4, "XBGR8888"},
	{DRM_FORMAT_ABGR8888, 4, "ABGR8888"},
	{DRM_FORMAT_RGB565, 2, "RGB565"},
	{DRM_FORMAT_XRGB2101010, 4, "XRGB2101010"},
	{DRM_FORMAT_XBGR2101010, 4, "XBGR2101010"},
	{DRM_FORMAT_ABGR16161616F, 8, "ABGR16161616F"},
};

#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

uint32_t format_bytes_per_pixel(uint32_t fourcc)
{
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (formats[i].fourcc == fourcc)
			return formats[i].bytes_per_pixel;
	}
	return 0;
}

const char *format_name(uint32_t fourcc)
{
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (formats[i].fourcc == fourcc)
			return formats[i].name;
	}
	return "unknown";
}

void refusal_set(struct refusal *refusal, int code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	refusal->code = code;
	vsnprintf(refusal->words, sizeof(refusal->words), format, args);
	va_end(args);
}

const char *gesso_result_words(enum gesso_result result)
{
	switch (result) {
	case GESSO_OK:
		return "done";
	case GESSO_BUSY:
		return "not now";
	case GESSO_ERROR_ARGUMENT:
		return "a call that the contract does not allow";
	case GESSO_ERROR_NO_MEMORY:
		return "no memory or no descriptors left";
	case GESSO_ERROR_CONNECTION:
		return "the connection to the compositor is lost";
	case GESSO_ERROR_UNAVAILABLE:
		return "the path is not to be had";
	}
	return "unknown result";
}

const char *gesso_client_path_name(enum gesso_client_path path)
{
	switch (path) {
	case GESSO_CLIENT_PATH_AUTO:
		return "auto";
	case GESSO_CLIENT_PATH_NATIVE:
		return "native";
	case GESSO_CLIENT_PATH_SHM:
		return "shm";
	case GESSO_CLIENT_PATH_DMABUF:
		return "dmabuf";
	}
	return "unknown";
}
