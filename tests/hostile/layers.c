/* SPDX-License-Identifier: MIT */
/* Bars and backgrounds: where they lie, what they keep free, and what they cannot do. */
#include "capture.h"
#include "case.h"
#include "scene.h"
#include "wlr-layer-shell-unstable-v1-client-protocol.h"
#include <drm_fourcc.h>

#define TOP ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP
#define SIDES (ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT | ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT)
#define ALL (TOP | SIDES | ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM)
#define BAR_COLOR 0xff135724
#define MENU_COLOR 0xff654321
#define BAR_PX 30

struct bar {
	struct client *client;
	struct wl_surface *surface;
	struct zwlr_layer_surface_v1 *layer;
	struct buffer buffer;
	int width_px, height_px, configures;
	bool closed;
};

static void bar_handle_configure(void *data, struct zwlr_layer_surface_v1 *layer, uint32_t serial,
	uint32_t width_px, uint32_t height_px)
{
	struct bar *bar = data;
	bar->width_px = (int)width_px;
	bar->height_px = (int)height_px;
	bar->configures++;
	zwlr_layer_surface_v1_ack_configure(layer, serial);
}

static void bar_handle_closed(void *data, struct zwlr_layer_surface_v1 *layer)
{
	((struct bar *)data)->closed = true;
}

static const struct zwlr_layer_surface_v1_listener bar_listener = {
	.configure = bar_handle_configure,
	.closed = bar_handle_closed,
};

static struct zwlr_layer_shell_v1 *bind_shell(struct client *client)
{
	struct zwlr_layer_shell_v1 *shell = scene_bind(client, &zwlr_layer_shell_v1_interface, 4);
	CHECK(shell != NULL);
	return shell;
}

static void bar_create(struct bar *bar, struct client *client, uint32_t layer)
{
	struct zwlr_layer_shell_v1 *shell = bind_shell(client);
	*bar = (struct bar){.client = client};
	bar->surface = wl_compositor_create_surface(client->compositor);
	bar->layer =
		zwlr_layer_shell_v1_get_layer_surface(shell, bar->surface, NULL, layer, "tests");
	zwlr_layer_surface_v1_add_listener(bar->layer, &bar_listener, bar);
	zwlr_layer_shell_v1_destroy(shell);
}

static void show_color(struct client *client, struct wl_surface *surface, struct buffer *buffer,
	int width_px, int height_px, uint32_t color)
{
	struct picture picture;
	buffer_create_shm(buffer, client, width_px, height_px, DRM_FORMAT_XRGB8888);
	picture_init(&picture, width_px, height_px, color);
	picture_encode(&picture, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	picture_finish(&picture);
	surface_commit_wait(client, surface, buffer);
}

static void bar_show(struct bar *bar)
{
	wl_surface_commit(bar->surface);
	client_roundtrip(bar->client);
	CHECK_INT(>=, bar->configures, 1);
	show_color(
		bar->client, bar->surface, &bar->buffer, bar->width_px, bar->height_px, BAR_COLOR);
}

static void bar_destroy(struct bar *bar)
{
	zwlr_layer_surface_v1_destroy(bar->layer);
	wl_surface_destroy(bar->surface);
	if (bar->buffer.wl_buffer != NULL) {
		buffer_destroy(&bar->buffer);
	}
	client_roundtrip(bar->client);
}

/* Above or below the bystander's window, as its layer is. */
static void check_layer(uint32_t layer, bool above)
{
	struct scene scene;
	struct bar bar;
	scene_begin(&scene);
	bar_create(&bar, &scene.offender, layer);
	zwlr_layer_surface_v1_set_anchor(bar.layer, ALL);
	bar_show(&bar);
	CHECK_EQUAL(bar.width_px, SCENE_WIDTH_PX);
	CHECK_EQUAL(bar.height_px, SCENE_HEIGHT_PX);
	CHECK_EQUAL(scene_find(&scene, SCENE_COLOR).width_px > 0, !above);
	CHECK_EQUAL(scene_find(&scene, BAR_COLOR).width_px, SCENE_WIDTH_PX);
	bar_destroy(&bar);
	scene_end(&scene);
}

CASE(layer_background_lies_below)
{
	check_layer(ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND, false);
}

CASE(layer_bottom_lies_below)
{
	check_layer(ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM, false);
}

CASE(layer_top_lies_above)
{
	check_layer(ZWLR_LAYER_SHELL_V1_LAYER_TOP, true);
}

CASE(layer_overlay_lies_above)
{
	check_layer(ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, true);
}

static void bar_reserve(struct bar *bar, struct client *client)
{
	bar_create(bar, client, ZWLR_LAYER_SHELL_V1_LAYER_TOP);
	zwlr_layer_surface_v1_set_anchor(bar->layer, TOP | SIDES);
	zwlr_layer_surface_v1_set_size(bar->layer, 0, BAR_PX);
	zwlr_layer_surface_v1_set_exclusive_zone(bar->layer, BAR_PX);
	bar_show(bar);
}

/* A maximized window leaves it the room, until it goes; a fullscreen one covers it. */
CASE(bar_keeps_its_room)
{
	struct scene scene;
	struct bar bar;
	scene_begin(&scene);
	xdg_toplevel_set_maximized(scene.window.toplevel);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(scene.window.height_px, SCENE_HEIGHT_PX);
	bar_reserve(&bar, &scene.offender);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(scene.window.height_px, SCENE_HEIGHT_PX - BAR_PX);
	surface_commit_wait(&scene.bystander, scene.window.surface, &scene.buffer);
	CHECK_EQUAL(scene_find(&scene, SCENE_COLOR).y, BAR_PX);
	CHECK_EQUAL(scene_find(&scene, BAR_COLOR).height_px, BAR_PX);

	xdg_toplevel_set_fullscreen(scene.window.toplevel, NULL);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(scene.window.height_px, SCENE_HEIGHT_PX);
	surface_commit_wait(&scene.bystander, scene.window.surface, &scene.buffer);
	CHECK_INT(<=, scene_find(&scene, BAR_COLOR).width_px, 0);
	xdg_toplevel_unset_fullscreen(scene.window.toplevel);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(scene.window.height_px, SCENE_HEIGHT_PX - BAR_PX);
	CHECK_EQUAL(scene_find(&scene, BAR_COLOR).height_px, BAR_PX);

	bar_destroy(&bar);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(scene.window.height_px, SCENE_HEIGHT_PX);
	scene_end(&scene);
}

/* Others are told of what concerns them only. */
CASE(commits_of_one_bar_are_not_told_to_another)
{
	struct scene scene;
	struct bar bar, other;
	scene_begin(&scene);
	bar_reserve(&bar, &scene.offender);
	bar_create(&other, &scene.bystander, ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM);
	zwlr_layer_surface_v1_set_size(other.layer, 20, 20);
	bar_show(&other);
	int configures = other.configures;
	for (int i = 0; i < 50; i++) {
		zwlr_layer_surface_v1_set_keyboard_interactivity(bar.layer, (uint32_t)i % 3);
		surface_commit_wait(bar.client, bar.surface, &bar.buffer);
	}
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(other.configures, configures);
	bar_destroy(&bar);
	bar_destroy(&other);
	scene_end(&scene);
}

CASE(bar_of_monstrous_numbers)
{
	struct scene scene;
	struct bar bar;
	static const int32_t numbers[] = {INT32_MIN, INT32_MAX, -1, 1 << 30, 0};
	scene_begin(&scene);
	bar_create(&bar, &scene.offender, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY);
	for (uint32_t i = 0; i < 160; i++) {
		int32_t number = numbers[i % 5], other = numbers[i / 5 % 5];
		zwlr_layer_surface_v1_set_size(bar.layer, INT32_MAX, i % 2 ? 1 : INT32_MAX);
		zwlr_layer_surface_v1_set_anchor(bar.layer, i % 16);
		zwlr_layer_surface_v1_set_margin(bar.layer, number, other, number, other);
		zwlr_layer_surface_v1_set_exclusive_zone(bar.layer, number);
		zwlr_layer_surface_v1_set_layer(bar.layer, i % 4);
		if (bar.buffer.wl_buffer == NULL && bar.configures > 0) {
			buffer_create_shm(&bar.buffer, bar.client, 8, 8, DRM_FORMAT_XRGB8888);
		}
		/* unmapped, and shown anew */
		surface_commit(bar.surface, i % 7 > 4 || bar.configures == 0 ? NULL : &bar.buffer);
		client_roundtrip(bar.client);
	}
	xdg_toplevel_set_maximized(scene.window.toplevel);
	client_roundtrip(&scene.bystander);
	bar_destroy(&bar);
	scene_end(&scene);
}

CASE(bar_without_a_size)
{
	struct scene scene;
	struct bar bar;
	scene_begin(&scene);
	bar_create(&bar, &scene.offender, ZWLR_LAYER_SHELL_V1_LAYER_TOP);
	zwlr_layer_surface_v1_set_anchor(bar.layer, TOP);
	zwlr_layer_surface_v1_set_size(bar.layer, 0, BAR_PX);
	wl_surface_commit(bar.surface);
	client_expect_error(&scene.offender, zwlr_layer_surface_v1_interface.name,
		ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE);
	scene_end(&scene);
}

static void menu_handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	xdg_surface_ack_configure(xdg_surface, serial);
	*(bool *)data = true;
}

static const struct xdg_surface_listener menu_listener = {.configure = menu_handle_configure};

/* It hangs on the bar, and goes with it. */
CASE(bar_has_a_menu)
{
	struct scene scene;
	struct client *client = &scene.offender;
	struct bar bar;
	struct buffer buffer;
	bool configured = false;
	scene_begin(&scene);
	bar_reserve(&bar, client);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct xdg_surface *xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, surface);
	xdg_surface_add_listener(xdg_surface, &menu_listener, &configured);
	struct xdg_popup *popup = scene_create_popup(client, xdg_surface, NULL);
	zwlr_layer_surface_v1_get_popup(bar.layer, popup);
	wl_surface_commit(surface);
	while (!configured) {
		client_dispatch(client);
	}
	show_color(client, surface, &buffer, 20, 10, MENU_COLOR);
	struct box box = scene_find(&scene, MENU_COLOR);
	CHECK_EQUAL(box.width_px, 20);
	CHECK_EQUAL(box.x, 5);
	CHECK_EQUAL(box.y, 6);
	bar_destroy(&bar);
	CHECK_INT(<=, scene_find(&scene, MENU_COLOR).width_px, 0);
	xdg_popup_destroy(popup);
	buffer_destroy(&buffer);
	scene_end(&scene);
}

/* wlroots 0.18 reads through the popup that is no more. */
CASE(bar_is_given_a_dismissed_menu)
{
	struct scene scene;
	struct bar bar;
	struct window window = {0};
	struct buffer buffer;
	scene_begin(&scene);
	bar_reserve(&bar, &scene.offender);
	scene_show(&window, &buffer, &scene.offender, 50, 40, MENU_COLOR);
	struct wl_surface *surface = wl_compositor_create_surface(scene.offender.compositor);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(scene.offender.wm_base, surface);
	struct xdg_popup *popup =
		scene_create_popup(&scene.offender, xdg_surface, window.xdg_surface);
	client_roundtrip(&scene.offender);
	window_destroy(&window);
	client_roundtrip(&scene.offender);
	zwlr_layer_surface_v1_get_popup(bar.layer, popup);
	client_roundtrip(&scene.offender);
	CHECK(bar.closed);
	xdg_popup_destroy(popup);
	buffer_destroy(&buffer);
	bar_destroy(&bar);
	scene_end(&scene);
}
