/* SPDX-License-Identifier: MIT */
#include "document.h"
#include <math.h>
#include <pango/pangocairo.h>
#include <string.h>

#define FONT "Monospace 11"
#define MARGIN 16.0
#define TAB_COLUMNS 8
/* Longer lines are broken, since the time to lay a line out grows with it. */
#define LINE_MAX_BYTES 2000

struct line {
	const char *start;
	size_t length_bytes;
};

struct document_text {
	struct document base;
	GBytes *bytes;
	GArray *lines; /* struct line */
	PangoContext *context;
	double line_height;
};

static void text_paint(struct document *document, cairo_t *cairo)
{
	struct document_text *text = (struct document_text *)document;
	double x1, y1, x2, y2;
	cairo_clip_extents(cairo, &x1, &y1, &x2, &y2);
	int first = (int)floor((y1 - MARGIN) / text->line_height) - 1;
	int end = (int)ceil((y2 - MARGIN) / text->line_height) + 1;
	first = MAX(first, 0);
	end = MIN(end, (int)text->lines->len);

	PangoLayout *layout = pango_layout_new(text->context);
	cairo_set_source_rgb(cairo, 0.1, 0.1, 0.1);
	for (int i = first; i < end; i++) {
		const struct line *line = &g_array_index(text->lines, struct line, i);
		pango_layout_set_text(layout, line->start, (int)line->length_bytes);
		cairo_move_to(cairo, MARGIN, MARGIN + i * text->line_height);
		pango_cairo_show_layout(cairo, layout);
	}
	g_object_unref(layout);
}

static void text_destroy(struct document *document)
{
	struct document_text *text = (struct document_text *)document;
	g_bytes_unref(text->bytes);
	g_array_unref(text->lines);
	g_clear_object(&text->context);
	g_free(text);
}

static const struct document_impl text_impl = {
	.name = "text",
	.paint = text_paint,
	.destroy = text_destroy,
};

/* The length of the line at `start` without its end, cut between characters. */
static size_t measure_line(const char *start, const char *end, const char **next)
{
	const char *newline = memchr(start, '\n', (size_t)(end - start));
	const char *stop = newline ? newline : end;
	*next = newline ? newline + 1 : end;
	if (stop - start > LINE_MAX_BYTES) {
		stop = start + LINE_MAX_BYTES;
		while ((*stop & 0xc0) == 0x80)
			stop--;
		*next = stop;
	}
	if (stop > start && stop[-1] == '\r')
		stop--;
	return (size_t)(stop - start);
}

static int count_columns(const struct line *line)
{
	int columns = 0;
	for (size_t i = 0; i < line->length_bytes; i++) {
		if (line->start[i] == '\t')
			columns += TAB_COLUMNS - columns % TAB_COLUMNS;
		else if ((line->start[i] & 0xc0) != 0x80)
			columns++;
	}
	return columns;
}

/* Returns the columns of the longest line. */
static int split_lines(struct document_text *text)
{
	size_t size;
	const char *at = g_bytes_get_data(text->bytes, &size);
	const char *end = at + size;
	int columns = 0;
	while (at < end) {
		struct line line = {.start = at};
		line.length_bytes = measure_line(at, end, &at);
		g_array_append_val(text->lines, line);
		columns = MAX(columns, count_columns(&line));
	}
	return columns;
}

/* Fixed options, so that the same text gives the same pixels everywhere. */
static PangoContext *create_context(void)
{
	PangoContext *context = pango_font_map_create_context(pango_cairo_font_map_get_default());
	PangoFontDescription *font = pango_font_description_from_string(FONT);
	cairo_font_options_t *options = cairo_font_options_create();
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(context, options);
	pango_cairo_context_set_resolution(context, 96);
	pango_context_set_font_description(context, font);
	pango_context_set_language(context, pango_language_from_string("en"));
	cairo_font_options_destroy(options);
	pango_font_description_free(font);
	return context;
}

struct document *document_text_create(GBytes *bytes, GError **error)
{
	struct document_text *text = g_new0(struct document_text, 1);
	text->base.impl = &text_impl;
	text->bytes = g_bytes_ref(bytes);
	text->lines = g_array_new(FALSE, FALSE, sizeof(struct line));
	text->context = create_context();
	int columns = split_lines(text);

	PangoFontMetrics *metrics = pango_context_get_metrics(text->context, NULL, NULL);
	text->line_height = ceil(
		(pango_font_metrics_get_ascent(metrics) + pango_font_metrics_get_descent(metrics)) /
		(double)PANGO_SCALE);
	double column =
		pango_font_metrics_get_approximate_digit_width(metrics) / (double)PANGO_SCALE;
	pango_font_metrics_unref(metrics);
	text->base.width = ceil(2 * MARGIN + columns * column);
	text->base.height = ceil(2 * MARGIN + text->lines->len * text->line_height);
	return &text->base;
}
