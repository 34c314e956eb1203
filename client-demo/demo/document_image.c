/* SPDX-License-Identifier: MIT */
#include "document.h"
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdint.h>
#include <string.h>

#define SIDE_MAX_PX 16384

struct document_image {
	struct document base;
	cairo_surface_t *surface;
};

static void image_paint(struct document *document, cairo_t *cairo)
{
	struct document_image *image = (struct document_image *)document;
	cairo_set_source_surface(cairo, image->surface, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_BILINEAR);
	cairo_paint(cairo);
}

static void image_destroy(struct document *document)
{
	struct document_image *image = (struct document_image *)document;
	cairo_surface_destroy(image->surface);
	g_free(image);
}

static const struct document_impl image_impl = {
	.name = "image",
	.paint = image_paint,
	.destroy = image_destroy,
};

static uint32_t premultiply(const guint8 *pixel, bool has_alpha)
{
	uint32_t alpha = has_alpha ? pixel[3] : 255;
	uint32_t argb = alpha << 24;
	for (int i = 0; i < 3; i++)
		argb |= (pixel[i] * alpha + 127) / 255 << (16 - 8 * i);
	return argb;
}

/* gdk-pixbuf gives bytes R, G, B (, A); cairo wants premultiplied native-endian ARGB. */
static cairo_surface_t *surface_from_pixbuf(const GdkPixbuf *pixbuf)
{
	int width = gdk_pixbuf_get_width(pixbuf), height = gdk_pixbuf_get_height(pixbuf);
	int channels = gdk_pixbuf_get_n_channels(pixbuf);
	size_t from_stride = (size_t)gdk_pixbuf_get_rowstride(pixbuf);
	const guint8 *from = gdk_pixbuf_read_pixels(pixbuf);
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		return surface;
	unsigned char *to = cairo_image_surface_get_data(surface);
	size_t to_stride = (size_t)cairo_image_surface_get_stride(surface);
	for (int y = 0; y < height; y++) {
		uint32_t *row = (uint32_t *)(to + (size_t)y * to_stride);
		const guint8 *pixel = from + (size_t)y * from_stride;
		for (int x = 0; x < width; x++, pixel += channels)
			row[x] = premultiply(pixel, channels == 4);
	}
	cairo_surface_mark_dirty(surface);
	return surface;
}

/* Stops a small file that unpacks to gigabytes before it does. */
static void handle_size_prepared(GdkPixbufLoader *loader, int width, int height, gpointer data)
{
	bool *too_large = data;
	*too_large = width > SIDE_MAX_PX || height > SIDE_MAX_PX;
	if (*too_large)
		gdk_pixbuf_loader_set_size(loader, 1, 1);
}

/*
 * The loader takes a file that was cut off, and leaves the rest of the picture blank.
 * A PNG ends with a chunk of its own. A JPEG's last scan (FFDA) is followed by an end
 * marker (FFD9): neither occurs in a scan's data, and a thumbnail's come before.
 */
static bool is_cut_off(GBytes *bytes)
{
	static const char png_end[] = "\0\0\0\0IEND\xae\x42\x60\x82";
	size_t size;
	const char *data = g_bytes_get_data(bytes, &size);
	if (data[0] == '\x89')
		return !memmem(data, size, png_end, sizeof(png_end) - 1);
	const char *scan = data, *next;
	while ((next = memmem(scan + 1, size - (size_t)(scan + 1 - data), "\xff\xda", 2)))
		scan = next;
	return !memmem(scan, size - (size_t)(scan - data), "\xff\xd9", 2);
}

static GdkPixbuf *decode(GBytes *bytes, GError **error)
{
	bool too_large = false;
	GdkPixbufLoader *loader = gdk_pixbuf_loader_new();
	g_signal_connect(loader, "size-prepared", G_CALLBACK(handle_size_prepared), &too_large);
	gboolean written = gdk_pixbuf_loader_write_bytes(loader, bytes, error);
	gboolean closed = gdk_pixbuf_loader_close(loader, written ? error : NULL);
	GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
	GdkPixbuf *upright = NULL;
	if (too_large) {
		g_clear_error(error);
		g_set_error(
			error, DOCUMENT_ERROR, 0, "has a side of more than %d pixels", SIDE_MAX_PX);
	} else if (written && closed) {
		if (!pixbuf)
			g_set_error(error, DOCUMENT_ERROR, 0, "holds no picture");
		else if (is_cut_off(bytes))
			g_set_error(error, DOCUMENT_ERROR, 0, "is cut off: it has no end");
		else
			upright = gdk_pixbuf_apply_embedded_orientation(pixbuf);
	}
	g_object_unref(loader);
	return upright;
}

struct document *document_image_create(GBytes *bytes, GError **error)
{
	GdkPixbuf *pixbuf = decode(bytes, error);
	if (!pixbuf)
		return NULL;
	struct document_image *image = g_new0(struct document_image, 1);
	image->base.impl = &image_impl;
	image->base.width = gdk_pixbuf_get_width(pixbuf);
	image->base.height = gdk_pixbuf_get_height(pixbuf);
	image->surface = surface_from_pixbuf(pixbuf);
	g_object_unref(pixbuf);
	cairo_status_t status = cairo_surface_status(image->surface);
	if (status != CAIRO_STATUS_SUCCESS) {
		g_set_error(error, DOCUMENT_ERROR, 0, "%s", cairo_status_to_string(status));
		image_destroy(&image->base);
		return NULL;
	}
	return &image->base;
}
