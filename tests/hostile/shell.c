/* SPDX-License-Identifier: MIT */
/* What a well-behaved client is promised: input, places and sizes. */
#include "capture.h"
#include "case.h"
#include "cursor-shape-v1-client-protocol.h"
#include "scene.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "xdg-decoration-unstable-v1-client-protocol.h"
#include <drm_fourcc.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALT_MASK 8 /* Mod1, in keymap_text */
#define OWN_COLOR 0xff135724

struct keys {
	struct wl_surface *entered;
	size_t keymaps, keys, modifiers;
	uint32_t keymap_size, last_key, last_state;
	char keymap[64];
};

static void keyboard_handle_keymap(
	void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size)
{
	struct keys *keys = data;
	keys->keymaps++;
	keys->keymap_size = size;
	char *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(text != MAP_FAILED);
	CHECK_EQUAL(format, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1);
	snprintf(keys->keymap, sizeof(keys->keymap), "%s", text);
	munmap(text, size);
	close(fd);
}

static void keyboard_handle_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *pressed)
{
	struct keys *keys = data;
	keys->entered = surface;
}

static void keyboard_handle_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
	struct keys *keys = data;
	keys->entered = NULL;
}

static void keyboard_handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t time_ms, uint32_t key, uint32_t state)
{
	struct keys *keys = data;
	keys->keys++;
	keys->last_key = key;
	keys->last_state = state;
}

static void keyboard_handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct keys *keys = data;
	keys->modifiers++;
}

static void keyboard_handle_repeat_info(
	void *data, struct wl_keyboard *keyboard, int32_t rate, int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_handle_keymap,
	.enter = keyboard_handle_enter,
	.leave = keyboard_handle_leave,
	.key = keyboard_handle_key,
	.modifiers = keyboard_handle_modifiers,
	.repeat_info = keyboard_handle_repeat_info,
};

static const char keymap_text[] =
	"xkb_keymap { xkb_keycodes { include \"evdev\" }; xkb_types { include \"complete\" };"
	" xkb_compat { include \"complete\" }; xkb_symbols { include \"pc+us\" }; };";

static struct zwp_virtual_keyboard_v1 *create_keyboard(struct client *client)
{
	struct zwp_virtual_keyboard_manager_v1 *manager =
		scene_bind(client, &zwp_virtual_keyboard_manager_v1_interface, 1);
	CHECK(manager != NULL);
	struct zwp_virtual_keyboard_v1 *keyboard =
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(manager, client->seat);
	wl_proxy_destroy((struct wl_proxy *)manager);
	int fd = memfd_create("keymap", MFD_CLOEXEC);
	CHECK_EQUAL(write(fd, keymap_text, sizeof(keymap_text)), sizeof(keymap_text));
	zwp_virtual_keyboard_v1_keymap(
		keyboard, WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1, fd, sizeof(keymap_text));
	client_roundtrip(client);
	close(fd);
	return keyboard;
}

static void press(struct client *client, struct zwp_virtual_keyboard_v1 *keyboard, uint32_t key)
{
	zwp_virtual_keyboard_v1_key(keyboard, 0, key, WL_KEYBOARD_KEY_STATE_PRESSED);
	zwp_virtual_keyboard_v1_key(keyboard, 0, key, WL_KEYBOARD_KEY_STATE_RELEASED);
	client_roundtrip(client);
}

/* To the focused window alone; the focus goes to a new window and comes back when it goes. */
CASE(keys_follow_the_focus)
{
	struct scene scene;
	struct keys bystanders = {0}, own = {0};
	scene_begin(&scene);
	struct zwp_virtual_keyboard_v1 *device = create_keyboard(&scene.offender);
	struct wl_keyboard *keyboard = wl_seat_get_keyboard(scene.bystander.seat);
	wl_keyboard_add_listener(keyboard, &keyboard_listener, &bystanders);
	client_roundtrip(&scene.bystander);
	client_roundtrip(&scene.bystander);
	CHECK(bystanders.entered == scene.window.surface);
	CHECK_INT(>=, bystanders.keymaps, 1);
	CHECK(strstr(bystanders.keymap, "xkb_keymap") != NULL);
	press(&scene.offender, device, KEY_A);
	client_roundtrip(&scene.bystander);
	CHECK_EQUAL(bystanders.keys, 2);
	CHECK_EQUAL(bystanders.last_key, KEY_A);
	CHECK_EQUAL(bystanders.last_state, WL_KEYBOARD_KEY_STATE_RELEASED);

	struct wl_keyboard *own_keyboard = wl_seat_get_keyboard(scene.offender.seat);
	wl_keyboard_add_listener(own_keyboard, &keyboard_listener, &own);
	struct window window = {0};
	struct buffer buffer;
	scene_show(&window, &buffer, &scene.offender, 50, 40, OWN_COLOR);
	press(&scene.offender, device, KEY_B);
	client_roundtrip(&scene.offender);
	client_roundtrip(&scene.bystander);
	CHECK(own.entered == window.surface);
	CHECK(bystanders.entered == NULL);
	CHECK_EQUAL(own.keys, 2);
	CHECK_EQUAL(own.last_key, KEY_B);
	CHECK_EQUAL(bystanders.keys, 2);
	window_destroy(&window);
	client_roundtrip(&scene.offender);
	client_roundtrip(&scene.bystander);
	CHECK(bystanders.entered == scene.window.surface);
	zwp_virtual_keyboard_v1_destroy(device);
	wl_keyboard_destroy(own_keyboard);
	wl_keyboard_destroy(keyboard);
	buffer_unmap(&buffer);
	scene_end(&scene);
}

static void frame_handle_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	bool *done = data;
	*done = true;
}

static const struct wl_callback_listener frame_listener = {.done = frame_handle_done};

/* A picture that is used as the cursor gets frame callbacks; one that is refused gets none. */
CASE(cursor_is_set_by_the_one_below_it)
{
	struct scene scene;
	struct mouse mouse;
	struct buffer picture;
	scene_begin(&scene);
	mouse_create(&mouse, &scene.bystander, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct box box = scene_find(&scene, SCENE_COLOR);
	mouse_move(&mouse, box.x + 10, box.y + 10);
	CHECK(mouse.entered == scene.window.surface);
	struct wl_surface *surface = wl_compositor_create_surface(scene.bystander.compositor);
	buffer_create_shm(&picture, &scene.bystander, 16, 16, DRM_FORMAT_ARGB8888);
	memset(picture.pixels, 0xff, 16 * 4);
	wl_pointer_set_cursor(mouse.pointer, mouse.enter_serial, surface, 3, 4);
	surface_commit_wait(&scene.bystander, surface, &picture);

	struct wl_pointer *others = wl_seat_get_pointer(scene.offender.seat);
	struct wl_surface *refused = wl_compositor_create_surface(scene.offender.compositor);
	bool done = false;
	wl_pointer_set_cursor(others, mouse.enter_serial, refused, 0, 0);
	struct wl_callback *callback = wl_surface_frame(refused);
	wl_callback_add_listener(callback, &frame_listener, &done);
	wl_surface_commit(refused);
	client_roundtrip(&scene.offender);
	surface_commit_wait(&scene.bystander, surface, &picture);
	client_roundtrip(&scene.offender);
	CHECK(!done);
	wl_callback_destroy(callback);
	wl_pointer_destroy(others);

	struct wp_cursor_shape_manager_v1 *shapes =
		scene_bind(&scene.bystander, &wp_cursor_shape_manager_v1_interface, 1);
	CHECK(shapes != NULL);
	struct wp_cursor_shape_device_v1 *device =
		wp_cursor_shape_manager_v1_get_pointer(shapes, mouse.pointer);
	for (uint32_t shape = 1; shape <= 34; shape++) {
		wp_cursor_shape_device_v1_set_shape(device, mouse.enter_serial, shape);
	}
	client_roundtrip(&scene.bystander);
	wp_cursor_shape_device_v1_destroy(device);
	wp_cursor_shape_manager_v1_destroy(shapes);
	wl_surface_destroy(surface);
	mouse_destroy(&mouse);
	buffer_destroy(&picture);
	scene_end(&scene);
}

CASE(cursor_shape_that_is_none)
{
	struct scene scene;
	struct mouse mouse;
	scene_begin(&scene);
	mouse_create(&mouse, &scene.offender, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	struct wp_cursor_shape_manager_v1 *shapes =
		scene_bind(&scene.offender, &wp_cursor_shape_manager_v1_interface, 1);
	struct wp_cursor_shape_device_v1 *device =
		wp_cursor_shape_manager_v1_get_pointer(shapes, mouse.pointer);
	wp_cursor_shape_device_v1_set_shape(device, 0, 4711);
	client_expect_error(&scene.offender, "wp_cursor_shape_device_v1",
		WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE);
	wl_proxy_destroy((struct wl_proxy *)device);
	wl_proxy_destroy((struct wl_proxy *)shapes);
	wl_proxy_destroy((struct wl_proxy *)mouse.device);
	wl_proxy_destroy((struct wl_proxy *)mouse.pointer);
	scene_end(&scene);
}

static void decoration_handle_configure(
	void *data, struct zxdg_toplevel_decoration_v1 *decoration, uint32_t mode)
{
	uint32_t *told = data;
	*told = mode;
}

static const struct zxdg_toplevel_decoration_v1_listener decoration_listener = {
	.configure = decoration_handle_configure,
};

CASE(decoration_is_the_clients_unless_it_asks)
{
	struct scene scene;
	struct window window = {0};
	struct buffer buffer;
	uint32_t told = 0;
	scene_begin(&scene);
	struct zxdg_decoration_manager_v1 *manager =
		scene_bind(&scene.offender, &zxdg_decoration_manager_v1_interface, 1);
	CHECK(manager != NULL);
	window_create(&window, &scene.offender, "decorated");
	struct zxdg_toplevel_decoration_v1 *decoration =
		zxdg_decoration_manager_v1_get_toplevel_decoration(manager, window.toplevel);
	zxdg_toplevel_decoration_v1_add_listener(decoration, &decoration_listener, &told);
	client_roundtrip(&scene.offender);
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(told, ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	zxdg_toplevel_decoration_v1_set_mode(
		decoration, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	client_roundtrip(&scene.offender);
	client_roundtrip(&scene.offender);
	CHECK_EQUAL(told, ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	scene_show(&window, &buffer, &scene.offender, 50, 40, OWN_COLOR);
	zxdg_toplevel_decoration_v1_destroy(decoration);
	zxdg_decoration_manager_v1_destroy(manager);
	window_destroy(&window);
	buffer_destroy(&buffer);
	scene_end(&scene);
}

static void close_focused(struct client *client, struct zwp_virtual_keyboard_v1 *keyboard)
{
	zwp_virtual_keyboard_v1_modifiers(keyboard, ALT_MASK, 0, 0, 0);
	press(client, keyboard, KEY_F4);
	zwp_virtual_keyboard_v1_modifiers(keyboard, 0, 0, 0, 0);
	client_roundtrip(client);
}

/* The case's alarm bounds the wait. */
static void wait_until_seen(struct scene *scene, int width_px, int height_px)
{
	struct box box = {0};
	while (box.width_px != width_px || box.height_px != height_px) {
		box = scene_find(scene, OWN_COLOR);
	}
}

static void wait_for_outputs(const struct server *server, size_t wanted)
{
	size_t len = wanted + 1;
	while (len != wanted) {
		struct client client;
		client_connect(&client, server);
		len = client.outputs_len;
		client_disconnect(&client);
	}
}

/* Closed in the parent, a window's output is gone and what it showed moves to the other. */
CASE(windows_of_a_nested_gesso_are_closed)
{
	struct scene scene;
	struct server nested;
	struct client client;
	struct window window = {0};
	struct buffer buffer;
	scene_begin(&scene);
	struct zwp_virtual_keyboard_v1 *device = create_keyboard(&scene.offender);
	CHECK_EQUAL(setenv("WAYLAND_DISPLAY", scene.server.socket, 1), 0);
	server_start(&nested, "--backend wayland --renderer pixman --size 70x50 --outputs 2");
	client_connect(&client, &nested);
	CHECK_EQUAL(client.outputs_len, 2);
	scene_show(&window, &buffer, &client, 30, 20, OWN_COLOR);
	wait_until_seen(&scene, 30, 20);
	close_focused(&scene.offender, device);
	wait_for_outputs(&nested, 1);
	wait_until_seen(&scene, 30, 20);
	close_focused(&scene.offender, device);
	CHECK_EQUAL(server_wait_end(&nested), 0);
	CHECK_INT(<, wl_display_roundtrip(client.display), 0);
	client_disconnect(&client);
	buffer_unmap(&buffer);
	zwp_virtual_keyboard_v1_destroy(device);
	scene_end(&scene);
}
