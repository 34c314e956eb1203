/* SPDX-License-Identifier: MIT */
#include "rig.h"
#include <stdlib.h>
#include <time.h>
#include <wlcs/pointer.h>
#include <wlcs/touch.h>
#include <wlr/backend.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/interfaces/wlr_touch.h>
#include <wlr/types/wlr_output_layout.h>

/* The devices are wlroots' own, and come in as those of a backend do. */

struct mouse {
	WlcsPointer hooks; /* first */
	struct rig *rig;
	struct wlr_pointer pointer;
};

struct finger {
	WlcsTouch hooks; /* first */
	struct rig *rig;
	int id;
};

static uint32_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* From a place in the layout to the part of it that an absolute device tells. */
static void scale(struct rig *rig, double *x, double *y)
{
	struct wlr_box box;
	wlr_output_layout_get_box(rig->server.desktop.layout, NULL, &box);
	*x = (*x - box.x) / box.width;
	*y = (*y - box.y) / box.height;
}

/* A device and the rig that it belongs to. */
static void *create_device(WlcsDisplayServer *hooks, size_t size_bytes, struct rig **rig)
{
	void *device = calloc(1, size_bytes);
	if (device == NULL) {
		rig_abort("no memory");
	}
	*rig = wl_container_of(hooks, *rig, hooks);
	return device;
}

static void announce(struct rig *rig, struct wlr_input_device *device)
{
	wl_signal_emit_mutable(&rig->server.backend->events.new_input, device);
}

static struct mouse *mouse_of(WlcsPointer *hooks)
{
	struct mouse *mouse = wl_container_of(hooks, mouse, hooks);
	return mouse;
}

static void mouse_tell(struct mouse *mouse, struct wl_signal *signal, void *event)
{
	wl_signal_emit_mutable(signal, event);
	wl_signal_emit_mutable(&mouse->pointer.events.frame, &mouse->pointer);
}

static void mouse_move_absolute(WlcsPointer *hooks, wl_fixed_t x, wl_fixed_t y)
{
	struct mouse *mouse = mouse_of(hooks);
	struct wlr_pointer_motion_absolute_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.x = wl_fixed_to_double(x),
		.y = wl_fixed_to_double(y),
	};
	scale(mouse->rig, &event.x, &event.y);
	mouse_tell(mouse, &mouse->pointer.events.motion_absolute, &event);
}

static void mouse_move_relative(WlcsPointer *hooks, wl_fixed_t dx, wl_fixed_t dy)
{
	struct mouse *mouse = mouse_of(hooks);
	double delta_x = wl_fixed_to_double(dx), delta_y = wl_fixed_to_double(dy);
	struct wlr_pointer_motion_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.delta_x = delta_x,
		.delta_y = delta_y,
		.unaccel_dx = delta_x,
		.unaccel_dy = delta_y,
	};
	mouse_tell(mouse, &mouse->pointer.events.motion, &event);
}

static void mouse_button(WlcsPointer *hooks, int button, enum wl_pointer_button_state state)
{
	struct mouse *mouse = mouse_of(hooks);
	struct wlr_pointer_button_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.button = (uint32_t)button,
		.state = state,
	};
	mouse_tell(mouse, &mouse->pointer.events.button, &event);
}

static void mouse_button_up(WlcsPointer *hooks, int button)
{
	mouse_button(hooks, button, WL_POINTER_BUTTON_STATE_RELEASED);
}

static void mouse_button_down(WlcsPointer *hooks, int button)
{
	mouse_button(hooks, button, WL_POINTER_BUTTON_STATE_PRESSED);
}

static void mouse_destroy(WlcsPointer *hooks)
{
	struct mouse *mouse = mouse_of(hooks);
	wlr_pointer_finish(&mouse->pointer);
	free(mouse);
}

WlcsPointer *devices_create_pointer(WlcsDisplayServer *hooks)
{
	static const struct wlr_pointer_impl impl = {.name = "wlcs-pointer"};
	struct rig *rig;
	struct mouse *mouse = create_device(hooks, sizeof(*mouse), &rig);
	mouse->rig = rig;
	mouse->hooks = (WlcsPointer){
		.version = WLCS_POINTER_VERSION,
		.move_absolute = mouse_move_absolute,
		.move_relative = mouse_move_relative,
		.button_up = mouse_button_up,
		.button_down = mouse_button_down,
		.destroy = mouse_destroy,
	};
	wlr_pointer_init(&mouse->pointer, &impl, impl.name);
	announce(mouse->rig, &mouse->pointer.base);
	return &mouse->hooks;
}

static struct finger *finger_of(WlcsTouch *hooks)
{
	struct finger *finger = wl_container_of(hooks, finger, hooks);
	return finger;
}

static void finger_tell(struct finger *finger, struct wl_signal *signal, void *event)
{
	wl_signal_emit_mutable(signal, event);
	wl_signal_emit_mutable(&finger->rig->touch.events.frame, NULL);
}

/* WLCS hands whole pixels over, whatever the type says. */
static void finger_down(WlcsTouch *hooks, wl_fixed_t x_px, wl_fixed_t y_px)
{
	struct finger *finger = finger_of(hooks);
	struct wlr_touch_down_event event = {
		.touch = &finger->rig->touch,
		.time_msec = now_ms(),
		.touch_id = finger->id,
		.x = x_px,
		.y = y_px,
	};
	scale(finger->rig, &event.x, &event.y);
	finger_tell(finger, &finger->rig->touch.events.down, &event);
}

static void finger_move(WlcsTouch *hooks, wl_fixed_t x_px, wl_fixed_t y_px)
{
	struct finger *finger = finger_of(hooks);
	struct wlr_touch_motion_event event = {
		.touch = &finger->rig->touch,
		.time_msec = now_ms(),
		.touch_id = finger->id,
		.x = x_px,
		.y = y_px,
	};
	scale(finger->rig, &event.x, &event.y);
	finger_tell(finger, &finger->rig->touch.events.motion, &event);
}

static void finger_up(WlcsTouch *hooks)
{
	struct finger *finger = finger_of(hooks);
	struct wlr_touch_up_event event = {
		.touch = &finger->rig->touch, .time_msec = now_ms(), .touch_id = finger->id};
	finger_tell(finger, &finger->rig->touch.events.up, &event);
}

static void finger_destroy(WlcsTouch *hooks)
{
	free(finger_of(hooks));
}

WlcsTouch *devices_create_touch(WlcsDisplayServer *hooks)
{
	struct rig *rig;
	struct finger *finger = create_device(hooks, sizeof(*finger), &rig);
	finger->rig = rig;
	finger->id = rig->fingers++;
	finger->hooks = (WlcsTouch){
		.version = WLCS_TOUCH_VERSION,
		.touch_down = finger_down,
		.touch_move = finger_move,
		.touch_up = finger_up,
		.destroy = finger_destroy,
	};
	return &finger->hooks;
}

void devices_init(struct rig *rig)
{
	static const struct wlr_keyboard_impl keyboard_impl = {.name = "wlcs-keyboard"};
	static const struct wlr_touch_impl touch_impl = {.name = "wlcs-touch"};
	wlr_keyboard_init(&rig->keyboard, &keyboard_impl, keyboard_impl.name);
	announce(rig, &rig->keyboard.base);
	wlr_touch_init(&rig->touch, &touch_impl, touch_impl.name);
	announce(rig, &rig->touch.base);
}

void devices_finish(struct rig *rig)
{
	wlr_keyboard_finish(&rig->keyboard);
	wlr_touch_finish(&rig->touch);
}
