/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "view.h"
#include <math.h>

static struct view create(void)
{
	struct view view = {.zoom = 1, .document_width = 1000, .document_height = 2000};
	view_set_window(&view, 400, 300);
	return view;
}

static void test_stays_inside(void)
{
	struct view view = create();
	CHECK(!view_scroll_by(&view, -10, -10));
	CHECK(view_scroll_by(&view, 1e9, 1e9));
	CHECK(view.x == 600 && view.y == 1700);
	CHECK(view_set_window(&view, 2000, 500));
	CHECK(view.x == 0 && view.y == 1500);
	CHECK(!view_set_window(&view, 2000, 500));
}

static void test_zoom_keeps_the_point(void)
{
	struct view view = create();
	view_scroll_to(&view, 200, 400);
	double x = 100, y = 50;
	double document_x = (view.x + x) / view.zoom, document_y = (view.y + y) / view.zoom;
	CHECK(view_zoom_at(&view, 2, x, y));
	CHECK(fabs((view.x + x) / view.zoom - document_x) <= 0.5);
	CHECK(fabs((view.y + y) / view.zoom - document_y) <= 0.5);
}

static void test_zoom_has_ends(void)
{
	struct view view = create();
	while (view_zoom_at(&view, 1.25, 0, 0))
		CHECK(view.zoom <= VIEW_ZOOM_MAX);
	CHECK(view.zoom == VIEW_ZOOM_MAX);
	while (view_zoom_at(&view, 0.8, 0, 0))
		CHECK(view.zoom >= VIEW_ZOOM_MIN);
	CHECK(view.zoom == VIEW_ZOOM_MIN);
	CHECK(view.x == 0 && view.y == 0);
}

static const struct check_case cases[] = {
	{"stays-inside", test_stays_inside},
	{"zoom-keeps-the-point", test_zoom_keeps_the_point},
	{"zoom-has-ends", test_zoom_has_ends},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
