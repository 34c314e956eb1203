/* SPDX-License-Identifier: MIT */
#include "document.h"
#include <poppler.h>

/* This file is MIT, but poppler is GPL: a gesso-demo that has it is under the GPL. */

#define PAGE_GAP 12.0
#define PAGES_MAX 10000

struct document_pdf {
	struct document base;
	PopplerDocument *document;
	int pages;
	double *tops; /* of each page; one more for the end */
};

static void paint_page(struct document_pdf *pdf, int index, cairo_t *cairo)
{
	PopplerPage *page = poppler_document_get_page(pdf->document, index);
	if (!page)
		return;
	cairo_save(cairo);
	cairo_translate(cairo, 0, pdf->tops[index]);
	poppler_page_render(page, cairo);
	cairo_restore(cairo);
	cairo_set_source_rgb(cairo, 0.6, 0.6, 0.6);
	cairo_rectangle(cairo, 0, pdf->tops[index + 1] - PAGE_GAP, pdf->base.width, PAGE_GAP);
	cairo_fill(cairo);
	g_object_unref(page);
}

static void pdf_paint(struct document *document, cairo_t *cairo)
{
	struct document_pdf *pdf = (struct document_pdf *)document;
	double x1, y1, x2, y2;
	cairo_clip_extents(cairo, &x1, &y1, &x2, &y2);
	for (int i = 0; i < pdf->pages; i++) {
		if (pdf->tops[i] < y2 && pdf->tops[i + 1] > y1)
			paint_page(pdf, i, cairo);
	}
}

static void pdf_destroy(struct document *document)
{
	struct document_pdf *pdf = (struct document_pdf *)document;
	g_clear_object(&pdf->document);
	g_free(pdf->tops);
	g_free(pdf);
}

static const struct document_impl pdf_impl = {
	.name = "pdf",
	.paint = pdf_paint,
	.destroy = pdf_destroy,
};

/* One page below the other. */
static void place_pages(struct document_pdf *pdf)
{
	double top = 0;
	for (int i = 0; i < pdf->pages; i++) {
		double width = 0, height = 0;
		PopplerPage *page = poppler_document_get_page(pdf->document, i);
		if (page) {
			poppler_page_get_size(page, &width, &height);
			g_object_unref(page);
		}
		pdf->tops[i] = top;
		top += height + PAGE_GAP;
		pdf->base.width = MAX(pdf->base.width, width);
	}
	pdf->tops[pdf->pages] = top;
	pdf->base.height = top - PAGE_GAP;
}

struct document *document_pdf_create(GBytes *bytes, GError **error)
{
	struct document_pdf *pdf = g_new0(struct document_pdf, 1);
	pdf->base.impl = &pdf_impl;
	pdf->document = poppler_document_new_from_bytes(bytes, NULL, error);
	if (!pdf->document)
		goto fail;
	pdf->pages = poppler_document_get_n_pages(pdf->document);
	if (pdf->pages < 1 || pdf->pages > PAGES_MAX) {
		g_set_error(error, DOCUMENT_ERROR, 0, "has %d pages; allowed: 1 to %d", pdf->pages,
			PAGES_MAX);
		goto fail;
	}
	pdf->tops = g_new0(double, (size_t)pdf->pages + 1);
	place_pages(pdf);
	return &pdf->base;
fail:
	pdf_destroy(&pdf->base);
	return NULL;
}
