/* SPDX-License-Identifier: MIT */
/* What ends other compositors on the same libraries, and what moves a window. */
#include "capture.h"
#include "case.h"
#include "mouse.h"
#include "window.h"
#include <drm_fourcc.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_WIDTH_PX 200
#define OUTPUT_HEIGHT_PX 150

struct scene {
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffer;
	struct mouse mouse;
};

static void fill(struct buffer *buffer, uint32_t color)
{
	struct picture picture;
	picture_init(&picture, buffer->width_px, buffer->height_px, color);
	picture_encode(&picture, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	picture_finish(&picture);
}

/* One window of 80x60, all of one colour. */
static void scene_begin(struct scene *scene, const char *renderer)
{
	*scene = (struct scene){0};
	server_start(&scene->server, "--renderer %s --allocator memfd --size %dx%d", renderer,
		OUTPUT_WIDTH_PX, OUTPUT_HEIGHT_PX);
	client_connect(&scene->client, &scene->server);
	window_create(&scene->window, &scene->client, "shell");
	buffer_create_native(&scene->buffer, &scene->client, 80, 60, DRM_FORMAT_XRGB8888);
	fill(&scene->buffer, 0xff2468ac);
	window_show(&scene->window, &scene->buffer);
}

static void scene_add_mouse(struct scene *scene)
{
	mouse_create(&scene->mouse, &scene->client, OUTPUT_WIDTH_PX, OUTPUT_HEIGHT_PX);
}

static void scene_end(struct scene *scene)
{
	server_check_alive(&scene->server);
	client_disconnect(&scene->client);
	buffer_unmap(&scene->buffer);
	server_check_alive(&scene->server);
	server_stop(&scene->server);
}

struct box {
	int x, y, width_px, height_px;
};

/* Where the colour of the window is. */
static struct box find_window(struct scene *scene)
{
	struct picture picture;
	capture_output(&picture, &scene->client, 0);
	int left = picture.width_px, top = picture.height_px, right = 0, bottom = 0;
	for (int y = 0; y < picture.height_px; y++) {
		for (int x = 0; x < picture.width_px; x++) {
			if (picture.pixels[y * picture.width_px + x] == 0xff2468ac) {
				left = x < left ? x : left;
				top = y < top ? y : top;
				right = x + 1 > right ? x + 1 : right;
				bottom = y + 1 > bottom ? y + 1 : bottom;
			}
		}
	}
	picture_finish(&picture);
	return (struct box){left, top, right - left, bottom - top};
}

CASE(move_and_resize_without_focus)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	struct box before = find_window(&scene);
	CHECK_EQUAL(before.width_px, 80);
	CHECK_EQUAL(before.height_px, 60);
	xdg_toplevel_move(scene.window.toplevel, scene.client.seat, 0);
	xdg_toplevel_move(scene.window.toplevel, scene.client.seat, 0xffffffff);
	for (uint32_t edges = 0; edges < 11; edges += edges == 2 ? 2 : 1) {
		if (edges != 3 && edges != 7) {
			xdg_toplevel_resize(scene.window.toplevel, scene.client.seat, 1, edges);
		}
	}
	xdg_toplevel_show_window_menu(scene.window.toplevel, scene.client.seat, 0, -5, 5);
	client_roundtrip(&scene.client);
	struct box after = find_window(&scene);
	CHECK_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
	scene_end(&scene);
}

CASE(pointer_enters_and_moves_the_window)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	scene_add_mouse(&scene);
	struct box before = find_window(&scene);
	mouse_move(&scene.mouse, before.x + 30, before.y + 20);
	CHECK(scene.mouse.entered == scene.window.surface);
	CHECK_EQUAL(scene.mouse.x, 30);
	CHECK_EQUAL(scene.mouse.y, 20);
	mouse_button(&scene.mouse, true);
	CHECK_INT(!=, scene.mouse.button_serial, 0);
	xdg_toplevel_move(scene.window.toplevel, scene.client.seat, scene.mouse.button_serial);
	client_roundtrip(&scene.client);
	mouse_move(&scene.mouse, before.x + 30 + 17, before.y + 20 + 11);
	mouse_button(&scene.mouse, false);
	mouse_move(&scene.mouse, before.x + 30, before.y + 20 + 40);
	struct box after = find_window(&scene);
	CHECK_EQUAL(after.x, before.x + 17);
	CHECK_EQUAL(after.y, before.y + 11);
	CHECK_EQUAL(after.width_px, 80);
	CHECK_EQUAL(after.height_px, 60);
	scene_end(&scene);
}

CASE(window_goes_while_it_is_moved)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	scene_add_mouse(&scene);
	struct box before = find_window(&scene);
	mouse_move(&scene.mouse, before.x + 30, before.y + 20);
	mouse_button(&scene.mouse, true);
	xdg_toplevel_move(scene.window.toplevel, scene.client.seat, scene.mouse.button_serial);
	client_roundtrip(&scene.client);
	window_destroy(&scene.window);
	mouse_move(&scene.mouse, before.x + 40, before.y + 30);
	mouse_button(&scene.mouse, false);
	mouse_move(&scene.mouse, 1, 1);
	scene_end(&scene);
}

CASE(mouse_goes_while_it_moves_a_window)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	scene_add_mouse(&scene);
	struct box before = find_window(&scene);
	mouse_move(&scene.mouse, before.x + 30, before.y + 20);
	mouse_button(&scene.mouse, true);
	xdg_toplevel_resize(scene.window.toplevel, scene.client.seat, scene.mouse.button_serial,
		XDG_TOPLEVEL_RESIZE_EDGE_BOTTOM_RIGHT);
	client_roundtrip(&scene.client);
	mouse_unplug(&scene.mouse);
	scene_end(&scene);
}

static struct xdg_popup *create_popup(
	struct client *client, struct wl_surface *surface, struct xdg_surface *parent)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(client->wm_base);
	xdg_positioner_set_size(positioner, 20, 10);
	xdg_positioner_set_anchor_rect(positioner, 5, 6, 1, 1);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	struct xdg_popup *popup = xdg_surface_get_popup(xdg_surface, parent, positioner);
	xdg_positioner_destroy(positioner);
	return popup;
}

/* Held until it is committed, and then xdg-shell's error, of that client alone. */
CASE(popup_without_a_parent)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	struct client offender;
	client_connect(&offender, &scene.server);
	struct wl_surface *surface = wl_compositor_create_surface(offender.compositor);
	create_popup(&offender, surface, NULL);
	client_roundtrip(&offender);
	wl_surface_commit(surface);
	client_expect_error(&offender, "xdg_surface", XDG_SURFACE_ERROR_NOT_CONSTRUCTED);
	client_disconnect(&offender);
	client_roundtrip(&scene.client);
	scene_end(&scene);
}

/* xdg-shell calls that order an error, wlroots does not: the compositor goes on. */
CASE(popup_whose_parent_goes)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	struct client offender;
	struct window window;
	client_connect(&offender, &scene.server);
	window_create(&window, &offender, "parent");
	struct wl_surface *surface = wl_compositor_create_surface(offender.compositor);
	create_popup(&offender, surface, window.xdg_surface);
	wl_surface_commit(surface);
	client_roundtrip(&offender);
	xdg_toplevel_destroy(window.toplevel);
	xdg_surface_destroy(window.xdg_surface);
	wl_surface_destroy(window.surface);
	wl_display_roundtrip(offender.display);
	client_disconnect(&offender);
	client_roundtrip(&scene.client);
	scene_end(&scene);
}

CASE(states_before_the_first_buffer)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	struct window window;
	window_create(&window, &scene.client, "no buffer");
	xdg_toplevel_set_maximized(window.toplevel);
	xdg_toplevel_unset_maximized(window.toplevel);
	xdg_toplevel_set_fullscreen(window.toplevel, NULL);
	xdg_toplevel_unset_fullscreen(window.toplevel);
	xdg_toplevel_set_minimized(window.toplevel);
	xdg_toplevel_move(window.toplevel, scene.client.seat, 0);
	xdg_toplevel_resize(window.toplevel, scene.client.seat, 0, 10);
	xdg_toplevel_set_parent(window.toplevel, scene.window.toplevel);
	wl_surface_commit(window.surface);
	client_roundtrip(&scene.client);
	window_destroy(&window);
	client_roundtrip(&scene.client);
	scene_end(&scene);
}

/* Unmapped and mapped again, with the same native buffer. */
CASE(unmapped_and_mapped_again)
{
	struct scene scene;
	scene_begin(&scene, "pixman");
	for (int round = 0; round < 3; round++) {
		surface_commit(scene.window.surface, NULL);
		client_roundtrip(&scene.client);
		CHECK_INT(<=, find_window(&scene).width_px, 0);
		scene.window.configured = false;
		wl_surface_commit(scene.window.surface);
		while (!scene.window.configured) {
			client_dispatch(&scene.client);
		}
		window_show(&scene.window, &scene.buffer);
		CHECK_EQUAL(find_window(&scene).width_px, 80);
	}
	scene_end(&scene);
}

static void truncate_pool(const char *renderer)
{
	struct scene scene;
	scene_begin(&scene, renderer);
	struct client offender;
	struct window window;
	client_connect(&offender, &scene.server);
	window_create(&window, &offender, "truncates");
	int fd = memfd_create("truncated", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, 64 * 64 * 4), 0);
	struct wl_shm_pool *pool = wl_shm_create_pool(offender.shm, fd, 64 * 64 * 4);
	struct buffer buffer = {.client = &offender, .width_px = 64, .height_px = 64};
	buffer.wl_buffer =
		wl_shm_pool_create_buffer(pool, 0, 64, 64, 64 * 4, WL_SHM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	CHECK_EQUAL(ftruncate(fd, 0), 0);
	for (int i = 0; i < 5; i++) {
		surface_commit(window.surface, &buffer);
		if (wl_display_roundtrip(offender.display) < 0) {
			break; /* the client's error, where the renderer noticed */
		}
		struct picture picture;
		capture_output(&picture, &scene.client, 0);
		picture_finish(&picture);
	}
	client_disconnect(&offender);
	close(fd);
	surface_commit_wait(&scene.client, scene.window.surface, &scene.buffer);
	scene_end(&scene);
}

CASE(pool_truncated_on_pixman)
{
	truncate_pool("pixman");
}

CASE(pool_truncated_on_gles2)
{
	truncate_pool("gles2");
}
