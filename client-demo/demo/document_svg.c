/* SPDX-License-Identifier: MIT */
#include "document.h"
#include <librsvg/rsvg.h>

#define DEFAULT_WIDTH 800
#define DEFAULT_HEIGHT 600

struct document_svg {
	struct document base;
	RsvgHandle *handle;
};

static gboolean render(struct document_svg *svg, cairo_t *cairo, GError **error)
{
	RsvgRectangle viewport = {0, 0, svg->base.width, svg->base.height};
	return rsvg_handle_render_document(svg->handle, cairo, &viewport, error);
}

static void svg_paint(struct document *document, cairo_t *cairo)
{
	/* what a trial rendering could find was found when it was loaded */
	render((struct document_svg *)document, cairo, NULL);
}

static void svg_destroy(struct document *document)
{
	struct document_svg *svg = (struct document_svg *)document;
	g_clear_object(&svg->handle);
	g_free(svg);
}

static const struct document_impl svg_impl = {
	.name = "svg",
	.paint = svg_paint,
	.destroy = svg_destroy,
};

static void find_size(struct document_svg *svg)
{
	gboolean has_width, has_height, has_viewbox;
	RsvgLength width, height;
	RsvgRectangle viewbox;
	svg->base.width = DEFAULT_WIDTH;
	svg->base.height = DEFAULT_HEIGHT;
	if (rsvg_handle_get_intrinsic_size_in_pixels(
		    svg->handle, &svg->base.width, &svg->base.height))
		return;
	rsvg_handle_get_intrinsic_dimensions(
		svg->handle, &has_width, &width, &has_height, &height, &has_viewbox, &viewbox);
	if (has_viewbox && viewbox.width > 0 && viewbox.height > 0) {
		svg->base.width = viewbox.width;
		svg->base.height = viewbox.height;
	}
}

/* Finds what parsing does not, such as elements that refer to each other without end. */
static gboolean render_trial(struct document_svg *svg, GError **error)
{
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, 16, 16);
	cairo_t *cairo = cairo_create(surface);
	cairo_scale(cairo, 16 / svg->base.width, 16 / svg->base.height);
	gboolean rendered = render(svg, cairo, error);
	cairo_destroy(cairo);
	cairo_surface_destroy(surface);
	return rendered;
}

struct document *document_svg_create(GBytes *bytes, const char *path, GError **error)
{
	struct document_svg *svg = g_new0(struct document_svg, 1);
	svg->base.impl = &svg_impl;
	GFile *file = g_file_new_for_path(path);
	GInputStream *stream = g_memory_input_stream_new_from_bytes(bytes);
	svg->handle =
		rsvg_handle_new_from_stream_sync(stream, file, RSVG_HANDLE_FLAGS_NONE, NULL, error);
	g_object_unref(stream);
	g_object_unref(file);
	if (!svg->handle)
		goto fail;
	rsvg_handle_set_dpi(svg->handle, 96);
	find_size(svg);
	if (svg->base.width < 1 || svg->base.height < 1) {
		g_set_error(error, DOCUMENT_ERROR, 0, "has no area");
		goto fail;
	}
	if (!render_trial(svg, error))
		goto fail;
	return &svg->base;
fail:
	svg_destroy(&svg->base);
	return NULL;
}
