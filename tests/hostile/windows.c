/* SPDX-License-Identifier: MIT */
#include "capture.h"
#include "case.h"
#include "scene.h"
#include <drm_fourcc.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#define OWN_COLOR 0xff135724

static void check_place(struct scene *scene, int x, int y, int width_px, int height_px)
{
	struct box box = scene_find(scene, OWN_COLOR);
	CHECK_EQUAL(box.x, x);
	CHECK_EQUAL(box.y, y);
	CHECK_EQUAL(box.width_px, width_px);
	CHECK_EQUAL(box.height_px, height_px);
}

/* Either fills the output; afterwards the window lies where it lay, in its own size. */
CASE(maximized_and_fullscreen_fill_the_output)
{
	struct scene scene;
	struct window window = {0};
	struct buffer small, large;
	scene_begin(&scene);
	scene_show(&window, &small, &scene.offender, 50, 40, OWN_COLOR);
	struct box before = scene_find(&scene, OWN_COLOR);
	CHECK_EQUAL(before.width_px, 50);
	for (int round = 0; round < 2; round++) {
		if (round == 0) {
			xdg_toplevel_set_maximized(window.toplevel);
		} else {
			xdg_toplevel_set_fullscreen(window.toplevel, NULL);
		}
		client_roundtrip(&scene.offender);
		client_roundtrip(&scene.offender);
		CHECK_EQUAL(window.width_px, SCENE_WIDTH_PX);
		CHECK_EQUAL(window.height_px, SCENE_HEIGHT_PX);
		scene_show(&window, &large, &scene.offender, window.width_px, window.height_px,
			OWN_COLOR);
		check_place(&scene, 0, 0, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
		if (round == 0) {
			xdg_toplevel_unset_maximized(window.toplevel);
		} else {
			xdg_toplevel_unset_fullscreen(window.toplevel);
		}
		client_roundtrip(&scene.offender);
		client_roundtrip(&scene.offender);
		CHECK_EQUAL(window.width_px, 50);
		CHECK_EQUAL(window.height_px, 40);
		window_show(&window, &small);
		check_place(&scene, before.x, before.y, 50, 40);
		buffer_destroy(&large);
	}
	window_destroy(&window);
	buffer_destroy(&small);
	scene_end(&scene);
}

/* By the corner at the top left: the other corner stays. */
CASE(resized_with_the_pointer)
{
	struct scene scene;
	struct window window = {0};
	struct mouse mouse;
	struct buffer small, large;
	scene_begin(&scene);
	scene_show(&window, &small, &scene.offender, 50, 40, OWN_COLOR);
	mouse_create(&mouse, &scene.offender, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct box before = scene_find(&scene, OWN_COLOR);
	mouse_move(&mouse, before.x + 1, before.y + 1);
	mouse_button(&mouse, true);
	xdg_toplevel_resize(window.toplevel, scene.offender.seat, mouse.button_serial,
		XDG_TOPLEVEL_RESIZE_EDGE_TOP_LEFT);
	client_roundtrip(&scene.offender);
	mouse_move(&mouse, before.x + 1 - 12, before.y + 1 - 8);
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(window.width_px, 62);
	CHECK_EQUAL(window.height_px, 48);
	scene_show(&window, &large, &scene.offender, 62, 48, OWN_COLOR);
	check_place(&scene, before.x - 12, before.y - 8, 62, 48);
	mouse_button(&mouse, false);
	mouse_move(&mouse, 1, 1);
	check_place(&scene, before.x - 12, before.y - 8, 62, 48);
	mouse_destroy(&mouse);
	window_destroy(&window);
	buffer_destroy(&small);
	buffer_destroy(&large);
	scene_end(&scene);
}

static void acknowledge(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	bool *configured = data;
	*configured = true;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener surface_listener = {.configure = acknowledge};

/* At its anchor in the parent, and over it. */
CASE(popup_lies_where_it_was_asked_for)
{
	struct scene scene;
	struct window window = {0};
	struct buffer buffer, menu;
	bool configured = false;
	scene_begin(&scene);
	scene_show(&window, &buffer, &scene.offender, 50, 40, 0xff765432);
	struct box parent = scene_find(&scene, 0xff765432);
	struct wl_surface *surface = wl_compositor_create_surface(scene.offender.compositor);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(scene.offender.wm_base, surface);
	xdg_surface_add_listener(xdg_surface, &surface_listener, &configured);
	struct xdg_popup *popup =
		scene_create_popup(&scene.offender, xdg_surface, window.xdg_surface);
	wl_surface_commit(surface);
	while (!configured) {
		client_dispatch(&scene.offender);
	}
	struct picture picture;
	buffer_create_shm(&menu, &scene.offender, 20, 10, DRM_FORMAT_XRGB8888);
	picture_init(&picture, 20, 10, OWN_COLOR);
	picture_encode(&picture, menu.pixels, menu.stride_bytes, menu.fourcc);
	picture_finish(&picture);
	surface_commit_wait(&scene.offender, surface, &menu);
	check_place(&scene, parent.x + 5, parent.y + 6, 20, 10);
	xdg_popup_destroy(popup);
	xdg_surface_destroy(xdg_surface);
	wl_surface_destroy(surface);
	window_destroy(&window);
	buffer_destroy(&menu);
	buffer_destroy(&buffer);
	scene_end(&scene);
}
