/* SPDX-License-Identifier: MIT */
#include "view.h"
#include <math.h>

static double clamp(double value, double min, double max)
{
	return fmax(min, fmin(value, max));
}

/* Whole units, so that text keeps its shape while it moves. */
static double clamp_scroll(double value, double document, double window)
{
	return clamp(round(value), 0, fmax(0, ceil(document - window)));
}

bool view_scroll_to(struct view *view, double x, double y)
{
	double old_x = view->x, old_y = view->y;
	view->x = clamp_scroll(x, view->document_width * view->zoom, view->window_width);
	view->y = clamp_scroll(y, view->document_height * view->zoom, view->window_height);
	return view->x != old_x || view->y != old_y;
}

bool view_scroll_by(struct view *view, double dx, double dy)
{
	return view_scroll_to(view, view->x + dx, view->y + dy);
}

bool view_set_window(struct view *view, double width, double height)
{
	bool changed = width != view->window_width || height != view->window_height;
	view->window_width = width;
	view->window_height = height;
	return view_scroll_to(view, view->x, view->y) || changed;
}

bool view_zoom_at(struct view *view, double factor, double x, double y)
{
	double zoom = clamp(view->zoom * factor, VIEW_ZOOM_MIN, VIEW_ZOOM_MAX);
	if (zoom == view->zoom)
		return false;
	double grown = zoom / view->zoom;
	view->zoom = zoom;
	view_scroll_to(view, (view->x + x) * grown - x, (view->y + y) * grown - y);
	return true;
}
