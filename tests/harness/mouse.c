/* SPDX-License-Identifier: MIT */
#include "mouse.h"
#include "check.h"
#include <linux/input-event-codes.h>

static void pointer_handle_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct mouse *mouse = data;
	mouse->enter_serial = serial;
	mouse->entered = surface;
	mouse->x = wl_fixed_to_int(x);
	mouse->y = wl_fixed_to_int(y);
}

static void pointer_handle_leave(
	void *data, struct wl_pointer *pointer, uint32_t serial, struct wl_surface *surface)
{
	struct mouse *mouse = data;
	mouse->entered = NULL;
}

static void pointer_handle_motion(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, wl_fixed_t x, wl_fixed_t y)
{
	struct mouse *mouse = data;
	mouse->x = wl_fixed_to_int(x);
	mouse->y = wl_fixed_to_int(y);
}

static void pointer_handle_button(void *data, struct wl_pointer *pointer, uint32_t serial,
	uint32_t time_ms, uint32_t button, uint32_t state)
{
	struct mouse *mouse = data;
	mouse->button_serial = serial;
	mouse->buttons += state == WL_POINTER_BUTTON_STATE_PRESSED ? 1 : -1u;
}

static void pointer_handle_axis(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis, wl_fixed_t value)
{
	struct mouse *mouse = data;
	mouse->axes++;
}

static void pointer_handle_frame(void *data, struct wl_pointer *pointer)
{
}

static void pointer_handle_axis_source(void *data, struct wl_pointer *pointer, uint32_t source)
{
	struct mouse *mouse = data;
	mouse->sources++;
}

static void pointer_handle_axis_stop(
	void *data, struct wl_pointer *pointer, uint32_t time_ms, uint32_t axis)
{
}

static void pointer_handle_axis_discrete(
	void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps)
{
}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_handle_enter,
	.leave = pointer_handle_leave,
	.motion = pointer_handle_motion,
	.button = pointer_handle_button,
	.axis = pointer_handle_axis,
	.frame = pointer_handle_frame,
	.axis_source = pointer_handle_axis_source,
	.axis_stop = pointer_handle_axis_stop,
	.axis_discrete = pointer_handle_axis_discrete,
};

void mouse_create(struct mouse *mouse, struct client *client, int width_px, int height_px)
{
	CHECK(client->virtual_pointers != NULL);
	*mouse = (struct mouse){.client = client, .width_px = width_px, .height_px = height_px};
	mouse->device = zwlr_virtual_pointer_manager_v1_create_virtual_pointer(
		client->virtual_pointers, client->seat);
	mouse->pointer = wl_seat_get_pointer(client->seat);
	wl_pointer_add_listener(mouse->pointer, &pointer_listener, mouse);
	client_roundtrip(client);
}

static void mouse_settle(struct mouse *mouse)
{
	zwlr_virtual_pointer_v1_frame(mouse->device);
	client_roundtrip(mouse->client);
	client_roundtrip(mouse->client);
}

void mouse_move(struct mouse *mouse, int x, int y)
{
	zwlr_virtual_pointer_v1_motion_absolute(mouse->device, 0, (uint32_t)x, (uint32_t)y,
		(uint32_t)mouse->width_px, (uint32_t)mouse->height_px);
	mouse_settle(mouse);
}

void mouse_button(struct mouse *mouse, bool pressed)
{
	zwlr_virtual_pointer_v1_button(mouse->device, 0, BTN_LEFT, pressed);
	mouse_settle(mouse);
}

void mouse_unplug(struct mouse *mouse)
{
	zwlr_virtual_pointer_v1_destroy(mouse->device);
	mouse->device = NULL;
	client_roundtrip(mouse->client);
}

void mouse_destroy(struct mouse *mouse)
{
	if (mouse->device != NULL) {
		mouse_unplug(mouse);
	}
	wl_pointer_destroy(mouse->pointer);
	client_roundtrip(mouse->client);
	*mouse = (struct mouse){0};
}
