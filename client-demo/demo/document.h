/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_DOCUMENT_H
#define GESSO_DEMO_DOCUMENT_H

#include <cairo.h>
#include <glib.h>
#include <stdbool.h>

/*
 * Something that can be painted with cairo: a small vtable, one file per kind.
 * What a file is is found by its contents, not by its name.
 */

struct document;

struct document_impl {
	const char *name;
	/* Paints onto white, in document units (pixels at zoom 1), inside the clip. */
	void (*paint)(struct document *document, cairo_t *cairo);
	void (*destroy)(struct document *document);
};

/* Embedded first in each kind's own struct. */
struct document {
	const struct document_impl *impl;
	double width, height; /* in document units */
};

/*
 * NULL on an error, with `error` (takes NULL's place; freed by g_error_free)
 * saying why in one line that does not name the file.
 */
struct document *document_load(const char *path, GError **error);
/* Takes NULL. */
void document_destroy(struct document *document);

void document_paint(struct document *document, cairo_t *cairo);

/*
 * One per kind. Borrow `bytes` and keep a reference if they need it; `path` is
 * for references to other files.
 */
struct document *document_svg_create(GBytes *bytes, const char *path, GError **error);
struct document *document_image_create(GBytes *bytes, GError **error);
struct document *document_pdf_create(GBytes *bytes, GError **error);
struct document *document_text_create(GBytes *bytes, GError **error);

/* GError domain for what the kinds themselves refuse. */
#define DOCUMENT_ERROR (g_quark_from_static_string("gesso-demo-document"))

#endif
