/* SPDX-License-Identifier: MIT */
/* Pointers that clients lock or confine, and what they are told meanwhile. */
#include "case.h"
#include "pointer-constraints-unstable-v1-client-protocol.h"
#include "relative-pointer-unstable-v1-client-protocol.h"
#include "scene.h"
#include <drm_fourcc.h>

#define OWN_COLOR 0xff135724
#define SIDE_PX 100
#define STRIPES 2000

/* A window of the offender's with the pointer over it, and how it was told to be held. */
struct held {
	struct scene scene;
	struct window window;
	struct buffer buffer;
	struct box box;
	struct mouse mouse;
	struct zwp_pointer_constraints_v1 *constraints;
	struct zwp_relative_pointer_manager_v1 *manager;
	struct zwp_relative_pointer_v1 *relative;
	int on, off; /* times it became active, and was let go of */
	int told_x, told_y;
};

static void locked_handle_locked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	((struct held *)data)->on++;
}

static void locked_handle_unlocked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	((struct held *)data)->off++;
}

static const struct zwp_locked_pointer_v1_listener locked_listener = {
	.locked = locked_handle_locked,
	.unlocked = locked_handle_unlocked,
};

static void confined_handle_confined(void *data, struct zwp_confined_pointer_v1 *confined)
{
	((struct held *)data)->on++;
}

static void confined_handle_unconfined(void *data, struct zwp_confined_pointer_v1 *confined)
{
	((struct held *)data)->off++;
}

static const struct zwp_confined_pointer_v1_listener confined_listener = {
	.confined = confined_handle_confined,
	.unconfined = confined_handle_unconfined,
};

static void relative_handle_motion(void *data, struct zwp_relative_pointer_v1 *relative,
	uint32_t time_high, uint32_t time_low, wl_fixed_t dx, wl_fixed_t dy, wl_fixed_t unaccel_dx,
	wl_fixed_t unaccel_dy)
{
	struct held *held = data;
	held->told_x += wl_fixed_to_int(unaccel_dx);
	held->told_y += wl_fixed_to_int(unaccel_dy);
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {
	.relative_motion = relative_handle_motion,
};

static void held_begin(struct held *held)
{
	*held = (struct held){0};
	scene_begin(&held->scene);
	struct client *client = &held->scene.offender;
	scene_show(&held->window, &held->buffer, client, SIDE_PX, SIDE_PX, OWN_COLOR);
	held->box = scene_find(&held->scene, OWN_COLOR);
	mouse_create(&held->mouse, client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
	held->constraints = scene_bind(client, &zwp_pointer_constraints_v1_interface, 1);
	held->manager = scene_bind(client, &zwp_relative_pointer_manager_v1_interface, 1);
	CHECK(held->constraints != NULL && held->manager != NULL);
	held->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(
		held->manager, held->mouse.pointer);
	zwp_relative_pointer_v1_add_listener(held->relative, &relative_listener, held);
	mouse_move(&held->mouse, held->box.x + 50, held->box.y + 50);
	CHECK(held->mouse.entered == held->window.surface);
}

static void held_end(struct held *held)
{
	zwp_relative_pointer_v1_destroy(held->relative);
	zwp_relative_pointer_manager_v1_destroy(held->manager);
	zwp_pointer_constraints_v1_destroy(held->constraints);
	mouse_destroy(&held->mouse);
	window_destroy(&held->window);
	buffer_destroy(&held->buffer);
	scene_end(&held->scene);
}

static void held_move(struct held *held, int dx, int dy)
{
	zwlr_virtual_pointer_v1_motion(
		held->mouse.device, 0, wl_fixed_from_int(dx), wl_fixed_from_int(dy));
	zwlr_virtual_pointer_v1_frame(held->mouse.device);
	client_roundtrip(&held->scene.offender);
	client_roundtrip(&held->scene.offender);
}

static void held_check_at(const struct held *held, int x, int y)
{
	CHECK(held->mouse.entered == held->window.surface);
	CHECK_EQUAL(held->mouse.x, x);
	CHECK_EQUAL(held->mouse.y, y);
}

static struct wl_region *held_region(struct held *held, int x, int y, int width, int height)
{
	struct wl_region *region = wl_compositor_create_region(held->scene.offender.compositor);
	wl_region_add(region, x, y, width, height);
	return region;
}

static struct zwp_locked_pointer_v1 *held_lock(
	struct held *held, struct wl_region *region, uint32_t lifetime)
{
	struct zwp_locked_pointer_v1 *locked = zwp_pointer_constraints_v1_lock_pointer(
		held->constraints, held->window.surface, held->mouse.pointer, region, lifetime);
	zwp_locked_pointer_v1_add_listener(locked, &locked_listener, held);
	client_roundtrip(&held->scene.offender);
	return locked;
}

static struct zwp_confined_pointer_v1 *held_confine(struct held *held, struct wl_region *region)
{
	struct zwp_confined_pointer_v1 *confined = zwp_pointer_constraints_v1_confine_pointer(
		held->constraints, held->window.surface, held->mouse.pointer, region,
		ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_confined_pointer_v1_add_listener(confined, &confined_listener, held);
	client_roundtrip(&held->scene.offender);
	return confined;
}

/* Motion is told, by devices of both kinds, and the pointer ends where the client had it. */
CASE(locked_pointer_stays)
{
	struct held held;
	held_begin(&held);
	struct zwp_locked_pointer_v1 *locked =
		held_lock(&held, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT);
	CHECK_EQUAL(held.on, 1);
	held_move(&held, 30, -20);
	held_check_at(&held, 50, 50);
	CHECK_EQUAL(held.told_x, 30);
	CHECK_EQUAL(held.told_y, -20);
	mouse_move(&held.mouse, held.box.x + 57, held.box.y + 58);
	mouse_move(&held.mouse, held.box.x + 59, held.box.y + 61);
	held_check_at(&held, 50, 50);
	CHECK_EQUAL(held.told_x, 30 + 9);
	CHECK_EQUAL(held.told_y, -20 + 11);

	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(20), wl_fixed_from_int(70));
	wl_surface_commit(held.window.surface);
	zwp_locked_pointer_v1_destroy(locked);
	client_roundtrip(&held.scene.offender);
	held_move(&held, 1, 1);
	held_check_at(&held, 21, 71);
	CHECK_EQUAL(held.off, 0);
	held_end(&held);
}

/* A hint beyond the window's own surface takes the pointer nowhere. */
CASE(locked_pointer_is_not_sent_away)
{
	struct held held;
	held_begin(&held);
	struct zwp_locked_pointer_v1 *locked =
		held_lock(&held, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		locked, wl_fixed_from_int(-100000), wl_fixed_from_int(SIDE_PX));
	wl_surface_commit(held.window.surface);
	zwp_locked_pointer_v1_destroy(locked);
	held_move(&held, 2, 3);
	held_check_at(&held, 52, 53);
	held_end(&held);
}

CASE(lock_waits_for_its_region)
{
	struct held held;
	held_begin(&held);
	struct wl_region *region = held_region(&held, 0, 0, 20, 20);
	struct zwp_locked_pointer_v1 *locked =
		held_lock(&held, region, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	CHECK_EQUAL(held.on, 0);
	held_move(&held, -10, -10);
	CHECK_EQUAL(held.on, 0);
	held_move(&held, -30, -30);
	CHECK_EQUAL(held.on, 1);
	held_move(&held, 5, 5);
	held_check_at(&held, 10, 10);
	wl_region_destroy(region);
	zwp_locked_pointer_v1_destroy(locked);
	held_end(&held);
}

/* It follows the region, and is let go of where a new one leaves it outside. */
CASE(confined_pointer_keeps_to_its_region)
{
	struct held held;
	held_begin(&held);
	struct wl_region *region = held_region(&held, 40, 40, 20, 20);
	wl_region_add(region, 60, 50, 40, 10);
	struct zwp_confined_pointer_v1 *confined = held_confine(&held, region);
	CHECK_EQUAL(held.on, 1);
	held_move(&held, 1000, 0);
	held_check_at(&held, 99, 50);
	held_move(&held, 0, -1000);
	held_check_at(&held, 99, 50);
	mouse_move(&held.mouse, held.box.x + 45, held.box.y + 50);
	held_move(&held, -1000, -1000);
	held_check_at(&held, 40, 40);
	CHECK_EQUAL(held.off, 0);

	wl_region_destroy(region);
	region = held_region(&held, 0, 0, 10, 10);
	zwp_confined_pointer_v1_set_region(confined, region);
	wl_surface_commit(held.window.surface);
	client_roundtrip(&held.scene.offender);
	held_move(&held, 1, 0);
	CHECK_EQUAL(held.off, 1);
	held_check_at(&held, 41, 40);
	wl_region_destroy(region);
	zwp_confined_pointer_v1_destroy(confined);
	held_end(&held);
}

/* Thousands of parts, and parts beyond all numbers. */
CASE(confined_to_a_monstrous_region)
{
	struct held held;
	held_begin(&held);
	struct wl_region *region = held_region(&held, INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX);
	wl_region_add(region, -1000000, 50, INT32_MAX, 1);
	for (int i = 0; i < STRIPES; i++) {
		wl_region_add(region, i % SIDE_PX, i / SIDE_PX * 3, 1, 2 + i % 2);
	}
	struct zwp_confined_pointer_v1 *confined = held_confine(&held, region);
	CHECK_EQUAL(held.on, 1);
	for (int i = 1; i < 40; i++) {
		held_move(&held, (i % 2 ? 1 : -1) * i * 200000, (i % 3 - 1) * i * 150000);
		CHECK(held.mouse.entered == held.window.surface);
	}
	wl_region_destroy(region);
	zwp_confined_pointer_v1_destroy(confined);
	held_end(&held);
}

/* In every order: the surface, the pointer, the device and the client go. */
CASE(constrained_things_go)
{
	struct held held;
	held_begin(&held);
	struct client *client = &held.scene.offender;
	struct zwp_locked_pointer_v1 *locked =
		held_lock(&held, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT);
	CHECK_EQUAL(held.on, 1);
	window_destroy(&held.window);
	client_roundtrip(client);
	CHECK_EQUAL(held.off, 1);
	zwp_locked_pointer_v1_set_region(locked, NULL);
	zwp_locked_pointer_v1_set_cursor_position_hint(locked, 0, 0);
	zwp_locked_pointer_v1_destroy(locked);
	buffer_destroy(&held.buffer);

	scene_show(&held.window, &held.buffer, client, SIDE_PX, SIDE_PX, OWN_COLOR);
	held.box = scene_find(&held.scene, OWN_COLOR);
	mouse_move(&held.mouse, held.box.x + 10, held.box.y + 10);
	locked = held_lock(&held, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	CHECK_EQUAL(held.on, 2);
	struct wl_pointer *second = wl_seat_get_pointer(client->seat);
	wl_pointer_release(second);
	surface_commit(held.window.surface, NULL);
	client_roundtrip(client);
	CHECK_EQUAL(held.off, 2);
	mouse_unplug(&held.mouse);
	zwp_locked_pointer_v1_destroy(locked);
	held_end(&held);
}

CASE(surface_is_constrained_once)
{
	struct held held;
	held_begin(&held);
	held_lock(&held, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	zwp_pointer_constraints_v1_confine_pointer(held.constraints, held.window.surface,
		held.mouse.pointer, NULL, ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT);
	client_expect_error(&held.scene.offender, zwp_pointer_constraints_v1_interface.name,
		ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED);
	scene_end(&held.scene);
	buffer_unmap(&held.buffer);
}
