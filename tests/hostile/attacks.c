/* SPDX-License-Identifier: MIT */
/* Orders of requests that ended or stopped the compositor once, each beside a bystander. */
#include "case.h"
#include "scene.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <string.h>

static uint32_t configure_serial;

static void keep_serial(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	configure_serial = serial;
}

static const struct xdg_surface_listener surface_listener = {.configure = keep_serial};

struct popup_events {
	int configures, repositions, dones;
	uint32_t token;
	int x, y;
};

static void popup_handle_configure(void *data, struct xdg_popup *popup, int32_t x, int32_t y,
	int32_t width_px, int32_t height_px)
{
	struct popup_events *events = data;
	events->configures++;
	events->x = x;
	events->y = y;
}

static void popup_handle_done(void *data, struct xdg_popup *popup)
{
	struct popup_events *events = data;
	events->dones++;
}

static void popup_handle_repositioned(void *data, struct xdg_popup *popup, uint32_t token)
{
	struct popup_events *events = data;
	events->repositions++;
	events->token = token;
}

static const struct xdg_popup_listener popup_listener = {
	.configure = popup_handle_configure,
	.popup_done = popup_handle_done,
	.repositioned = popup_handle_repositioned,
};

struct menu {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_popup *popup;
	struct popup_events events;
	struct buffer buffer;
};

static void menu_prepare(struct menu *menu, struct client *client)
{
	*menu = (struct menu){.surface = wl_compositor_create_surface(client->compositor)};
	menu->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, menu->surface);
	xdg_surface_add_listener(menu->xdg_surface, &surface_listener, NULL);
}

static void menu_become(struct menu *menu, struct client *client, struct xdg_surface *parent)
{
	menu->popup = scene_create_popup(client, menu->xdg_surface, parent);
	xdg_popup_add_listener(menu->popup, &popup_listener, &menu->events);
}

/* After the initial commit. */
static void menu_map(struct menu *menu, struct client *client)
{
	while (menu->events.configures == 0) {
		client_dispatch(client);
	}
	client_roundtrip(client);
	xdg_surface_ack_configure(menu->xdg_surface, configure_serial);
	buffer_create_shm(&menu->buffer, client, 20, 10, DRM_FORMAT_XRGB8888);
	surface_commit_wait(client, menu->surface, &menu->buffer);
}

struct attack {
	struct scene scene;
	struct client *client;
	struct window window;
	struct buffer buffer;
};

static void attack_begin(struct attack *attack)
{
	memset(attack, 0, sizeof(*attack));
	scene_begin(&attack->scene);
	scene_use_xdg_shell_3(&attack->scene);
	attack->client = &attack->scene.offender;
	scene_show(&attack->window, &attack->buffer, attack->client, 100, 90, 0xff135724);
}

static void attack_end(struct attack *attack)
{
	buffer_unmap(&attack->buffer);
	scene_end(&attack->scene);
}

/* A popup of a popup of itself: the second link is refused, since its parent is none any more. */
CASE(popups_in_a_ring)
{
	struct attack attack;
	struct menu first, second;
	attack_begin(&attack);
	menu_prepare(&first, attack.client);
	menu_prepare(&second, attack.client);
	menu_become(&second, attack.client, attack.window.xdg_surface);
	xdg_popup_destroy(second.popup);
	menu_become(&first, attack.client, second.xdg_surface);
	menu_become(&second, attack.client, first.xdg_surface);
	wl_surface_commit(first.surface);
	client_roundtrip(attack.client);
	CHECK_EQUAL(first.events.dones, 1);
	CHECK_EQUAL(second.events.dones, 1);
	attack_end(&attack);
}

/* wlroots would go down for ever, looking for the last of its children. */
CASE(popup_on_itself)
{
	struct attack attack;
	struct menu menu;
	attack_begin(&attack);
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, menu.xdg_surface);
	client_roundtrip(attack.client);
	CHECK_EQUAL(menu.events.dones, 1);
	attack_end(&attack);
}

/* It can be seen, and its window cannot: which gets no focus, and may go. */
CASE(popup_without_its_window_is_clicked)
{
	struct attack attack;
	struct menu menu;
	struct window hidden;
	struct mouse mouse;
	attack_begin(&attack);
	window_create(&hidden, attack.client, "hidden");
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, hidden.xdg_surface);
	wl_surface_commit(menu.surface);
	menu_map(&menu, attack.client);
	struct box box = scene_find(&attack.scene, 0xff000000);
	CHECK_EQUAL(box.width_px, 20);
	mouse_create(&mouse, attack.client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	mouse_move(&mouse, box.x + 5, box.y + 5);
	mouse_button(&mouse, true);
	mouse_button(&mouse, false);
	mouse_destroy(&mouse);
	xdg_popup_destroy(menu.popup);
	window_destroy(&hidden);
	client_roundtrip(attack.client);
	attack_end(&attack);
}

CASE(popups_too_deep)
{
	struct attack attack;
	static struct menu menus[200];
	attack_begin(&attack);
	struct xdg_surface *parent = attack.window.xdg_surface;
	for (size_t i = 0; i < 200; i++) {
		menu_prepare(&menus[i], attack.client);
		menu_become(&menus[i], attack.client, parent);
		parent = menus[i].xdg_surface;
	}
	client_roundtrip(attack.client);
	CHECK_EQUAL(menus[63].events.dones, 0);
	CHECK_EQUAL(menus[64].events.dones, 1);
	CHECK_EQUAL(menus[199].events.dones, 1);
	attack_end(&attack);
}

/* Answered with the initial commit, then all goes its usual way, also when it is unmapped. */
CASE(popup_repositioned_before_its_first_commit)
{
	struct attack attack;
	struct menu menu;
	attack_begin(&attack);
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, attack.window.xdg_surface);
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(attack.client->wm_base);
	xdg_positioner_set_size(positioner, 20, 10);
	xdg_positioner_set_anchor_rect(positioner, 30, 40, 1, 1);
	xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
	xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_TOP_LEFT);
	xdg_popup_reposition(menu.popup, positioner, 7);
	xdg_positioner_destroy(positioner);
	client_roundtrip(attack.client);
	client_roundtrip(attack.client);
	CHECK_EQUAL(menu.events.configures, 0);
	wl_surface_commit(menu.surface);
	menu_map(&menu, attack.client);
	CHECK_EQUAL(menu.events.repositions, 1);
	CHECK_EQUAL(menu.events.token, 7);
	CHECK_EQUAL(menu.events.x, 30);
	CHECK_EQUAL(menu.events.y, 40);
	surface_commit(menu.surface, NULL);
	client_roundtrip(attack.client);
	buffer_unmap(&menu.buffer);
	attack_end(&attack);
}

/* wlroots' list of grabbing popups would be a ring, or lose what was behind. */
static void grab_twice(bool another_between)
{
	struct attack attack;
	struct menu menu, other;
	attack_begin(&attack);
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, attack.window.xdg_surface);
	menu_prepare(&other, attack.client);
	menu_become(&other, attack.client, attack.window.xdg_surface);
	xdg_popup_grab(menu.popup, attack.client->seat, 0);
	if (another_between) {
		xdg_popup_grab(other.popup, attack.client->seat, 0);
	}
	xdg_popup_grab(menu.popup, attack.client->seat, 0);
	wl_surface_commit(menu.surface);
	menu_map(&menu, attack.client);
	xdg_popup_destroy(menu.popup);
	client_roundtrip(attack.client);

	struct mouse mouse;
	mouse_create(&mouse, &attack.scene.bystander, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	for (int i = 0; i < 3; i++) {
		mouse_move(&mouse, SCENE_WIDTH_PX - 5, SCENE_HEIGHT_PX - 5);
		mouse_button(&mouse, true);
		mouse_button(&mouse, false);
	}
	client_roundtrip(attack.client);
	CHECK_EQUAL(other.events.dones > 0, another_between);
	xdg_popup_destroy(other.popup);
	client_roundtrip(attack.client);
	struct box box = scene_find(&attack.scene, SCENE_COLOR);
	mouse_move(&mouse, box.x + 2, box.y + 2);
	CHECK(mouse.entered == attack.scene.window.surface);
	mouse_destroy(&mouse);
	buffer_unmap(&menu.buffer);
	attack_end(&attack);
}

CASE(popup_grabs_twice)
{
	grab_twice(false);
}

CASE(popup_grabs_again_behind_another)
{
	grab_twice(true);
}

CASE(popups_of_two_clients_grab_and_one_client_goes)
{
	struct attack attack;
	struct menu menu;
	attack_begin(&attack);
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, attack.window.xdg_surface);
	xdg_popup_grab(menu.popup, attack.client->seat, 0);
	xdg_popup_grab(menu.popup, attack.client->seat, 0);
	client_roundtrip(attack.client);
	struct menu mine;
	menu_prepare(&mine, &attack.scene.bystander);
	menu_become(&mine, &attack.scene.bystander, attack.scene.window.xdg_surface);
	xdg_popup_grab(mine.popup, attack.scene.bystander.seat, 0);
	client_roundtrip(&attack.scene.bystander);
	client_disconnect(attack.client);
	client_roundtrip(&attack.scene.bystander);
	xdg_popup_destroy(mine.popup);
	client_roundtrip(&attack.scene.bystander);
	attack_end(&attack);
}

/* One frame with a wheel and a finger: told as two. Also where the pointer leaves in between. */
CASE(two_axis_sources_in_a_frame)
{
	struct attack attack;
	struct mouse mouse;
	attack_begin(&attack);
	mouse_create(&mouse, attack.client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct box box = scene_find(&attack.scene, 0xff135724);
	mouse_move(&mouse, box.x + 50, box.y + 80);
	CHECK(mouse.entered == attack.window.surface);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t axis = 0; axis < 2; axis++) {
			zwlr_virtual_pointer_v1_axis(mouse.device, 0, axis, wl_fixed_from_int(10));
			zwlr_virtual_pointer_v1_axis_source(mouse.device, axis);
		}
		zwlr_virtual_pointer_v1_frame(mouse.device);
	}
	client_roundtrip(attack.client);
	client_roundtrip(attack.client);
	CHECK_EQUAL(mouse.axes, 4);
	CHECK_EQUAL(mouse.sources, 4);
	mouse_destroy(&mouse);
	attack_end(&attack);
}

/* The mouse is unplugged while it holds a button: another one is not held for ever. */
CASE(mouse_goes_with_a_button_held)
{
	struct attack attack;
	struct mouse mouse;
	attack_begin(&attack);
	mouse_create(&mouse, attack.client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct box box = scene_find(&attack.scene, 0xff135724);
	mouse_move(&mouse, box.x + 50, box.y + 80);
	mouse_button(&mouse, true);
	CHECK_EQUAL(mouse.buttons, 1);
	mouse_unplug(&mouse);
	CHECK_EQUAL(mouse.buttons, 0);
	struct mouse other;
	mouse_create(&other, attack.client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	mouse_move(&other, SCENE_WIDTH_PX - 2, SCENE_HEIGHT_PX - 2);
	CHECK(mouse.entered == NULL);
	box = scene_find(&attack.scene, SCENE_COLOR);
	mouse_destroy(&mouse);
	mouse_destroy(&other);
	attack_end(&attack);
}

static void geometry_of(int x, int y, int width_px, int height_px)
{
	struct attack attack;
	struct menu menu;
	attack_begin(&attack);
	struct xdg_toplevel *toplevel = attack.window.toplevel;
	xdg_surface_set_window_geometry(attack.window.xdg_surface, x, y, width_px, height_px);
	surface_commit(attack.window.surface, &attack.buffer);
	client_roundtrip(attack.client);
	xdg_toplevel_set_maximized(toplevel);
	client_roundtrip(attack.client);
	xdg_toplevel_unset_maximized(toplevel);
	client_roundtrip(attack.client);
	xdg_toplevel_set_fullscreen(toplevel, NULL);
	surface_commit(attack.window.surface, &attack.buffer);
	client_roundtrip(attack.client);
	xdg_toplevel_unset_fullscreen(toplevel);
	client_roundtrip(attack.client);
	menu_prepare(&menu, attack.client);
	menu_become(&menu, attack.client, attack.window.xdg_surface);
	wl_surface_commit(menu.surface);
	client_roundtrip(attack.client);

	struct window dialog = {0};
	struct buffer buffer;
	window_create(&dialog, attack.client, "dialog");
	xdg_toplevel_set_parent(dialog.toplevel, toplevel);
	xdg_toplevel_set_min_size(dialog.toplevel, INT_MAX, INT_MAX);
	scene_show(&dialog, &buffer, attack.client, 30, 20, 0xff765432);
	buffer_unmap(&buffer);
	attack_end(&attack);
}

CASE(geometry_is_huge)
{
	geometry_of(INT_MIN, INT_MIN, INT_MAX, INT_MAX);
}

CASE(geometry_is_far_off)
{
	geometry_of(INT_MAX, INT_MAX, 1, 1);
}

CASE(huge_window_is_moved_and_resized)
{
	struct attack attack;
	struct mouse mouse;
	attack_begin(&attack);
	mouse_create(&mouse, attack.client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	xdg_surface_set_window_geometry(attack.window.xdg_surface, 0, 0, INT_MAX, INT_MAX);
	surface_commit_wait(attack.client, attack.window.surface, &attack.buffer);
	struct box box = scene_find(&attack.scene, 0xff135724);
	for (uint32_t edges = 0; edges <= 10; edges++) {
		mouse_move(&mouse, box.x + 5, box.y + 85);
		mouse_button(&mouse, true);
		if (edges == 0) {
			xdg_toplevel_move(
				attack.window.toplevel, attack.client->seat, mouse.button_serial);
		} else if (edges != 3 && edges != 7) {
			xdg_toplevel_resize(attack.window.toplevel, attack.client->seat,
				mouse.button_serial, edges);
		}
		client_roundtrip(attack.client);
		mouse_move(&mouse, 1, 1);
		mouse_move(&mouse, SCENE_WIDTH_PX - 1, SCENE_HEIGHT_PX - 1);
		mouse_move(&mouse, box.x + 5, box.y + 85);
		surface_commit_wait(attack.client, attack.window.surface, &attack.buffer);
		mouse_button(&mouse, false);
	}
	mouse_destroy(&mouse);
	attack_end(&attack);
}
