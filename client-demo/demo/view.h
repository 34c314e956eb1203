/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_VIEW_H
#define GESSO_DEMO_VIEW_H

#include <stdbool.h>

/*
 * Which part of a document a window shows. A document point (x, y) is at
 * (x × zoom − view.x, y × zoom − view.y) of the window, in window units.
 */

#define VIEW_ZOOM_MIN 0.05
#define VIEW_ZOOM_MAX 32.0

struct view {
	double x, y, zoom;
	double document_width, document_height; /* document units */
	double window_width, window_height;     /* window units */
};

/* Each says whether anything changed. The view never leaves the document. */
bool view_set_window(struct view *view, double width, double height);
bool view_scroll_to(struct view *view, double x, double y);
bool view_scroll_by(struct view *view, double dx, double dy);
/* Keeps the document point under (`x`, `y`) of the window where it is, if it can. */
bool view_zoom_at(struct view *view, double factor, double x, double y);

#endif
