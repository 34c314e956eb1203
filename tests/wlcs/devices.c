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

static void announce(struct rig *rig, struct wlr_input_device *device)
{
	wl_signal_emit_mutable(&rig->server.backend->events.new_input, device);
}

static void mouse_frame(struct mouse *mouse)
{
	wl_signal_emit_mutable(&mouse->pointer.events.frame, &mouse->pointer);
}

static void mouse_move_absolute(WlcsPointer *hooks, wl_fixed_t x, wl_fixed_t y)
{
	struct mouse *mouse = wl_container_of(hooks, mouse, hooks);
	struct wlr_pointer_motion_absolute_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.x = wl_fixed_to_double(x),
		.y = wl_fixed_to_double(y),
	};
	scale(mouse->rig, &event.x, &event.y);
	wl_signal_emit_mutable(&mouse->pointer.events.motion_absolute, &event);
	mouse_frame(mouse);
}

static void mouse_move_relative(WlcsPointer *hooks, wl_fixed_t dx, wl_fixed_t dy)
{
	struct mouse *mouse = wl_container_of(hooks, mouse, hooks);
	double delta_x = wl_fixed_to_double(dx), delta_y = wl_fixed_to_double(dy);
	struct wlr_pointer_motion_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.delta_x = delta_x,
		.delta_y = delta_y,
		.unaccel_dx = delta_x,
		.unaccel_dy = delta_y,
	};
	wl_signal_emit_mutable(&mouse->pointer.events.motion, &event);
	mouse_frame(mouse);
}

static void mouse_button(WlcsPointer *hooks, int button, enum wl_pointer_button_state state)
{
	struct mouse *mouse = wl_container_of(hooks, mouse, hooks);
	struct wlr_pointer_button_event event = {
		.pointer = &mouse->pointer,
		.time_msec = now_ms(),
		.button = (uint32_t)button,
		.state = state,
	};
	wl_signal_emit_mutable(&mouse->pointer.events.button, &event);
	mouse_frame(mouse);
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
	struct mouse *mouse = wl_container_of(hooks, mouse, hooks);
	wlr_pointer_finish(&mouse->pointer);
	free(mouse);
}

WlcsPointer *devices_create_pointer(WlcsDisplayServer *hooks)
{
	static const struct wlr_pointer_impl impl = {.name = "wlcs-pointer"};
	struct mouse *mouse = calloc(1, sizeof(*mouse));
	if (mouse == NULL) {
		rig_abort("no memory");
	}
	mouse->rig = wl_container_of(hooks, mouse->rig, hooks);
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

static void touch_frame(struct rig *rig)
{
	wl_signal_emit_mutable(&rig->touch.events.frame, NULL);
}

/* WLCS hands whole pixels over, whatever the type says. */
static void finger_down(WlcsTouch *hooks, wl_fixed_t x_px, wl_fixed_t y_px)
{
	struct finger *finger = wl_container_of(hooks, finger, hooks);
	struct rig *rig = finger->rig;
	struct wlr_touch_down_event event = {
		.touch = &rig->touch,
		.time_msec = now_ms(),
		.touch_id = finger->id,
		.x = x_px,
		.y = y_px,
	};
	scale(rig, &event.x, &event.y);
	wl_signal_emit_mutable(&rig->touch.events.down, &event);
	touch_frame(rig);
}

static void finger_move(WlcsTouch *hooks, wl_fixed_t x_px, wl_fixed_t y_px)
{
	struct finger *finger = wl_container_of(hooks, finger, hooks);
	struct rig *rig = finger->rig;
	struct wlr_touch_motion_event event = {
		.touch = &rig->touch,
		.time_msec = now_ms(),
		.touch_id = finger->id,
		.x = x_px,
		.y = y_px,
	};
	scale(rig, &event.x, &event.y);
	wl_signal_emit_mutable(&rig->touch.events.motion, &event);
	touch_frame(rig);
}

static void finger_up(WlcsTouch *hooks)
{
	struct finger *finger = wl_container_of(hooks, finger, hooks);
	struct rig *rig = finger->rig;
	struct wlr_touch_up_event event = {
		.touch = &rig->touch,
		.time_msec = now_ms(),
		.touch_id = finger->id,
	};
	wl_signal_emit_mutable(&rig->touch.events.up, &event);
	touch_frame(rig);
}

static void finger_destroy(WlcsTouch *hooks)
{
	struct finger *finger = wl_container_of(hooks, finger, hooks);
	free(finger);
}

WlcsTouch *devices_create_touch(WlcsDisplayServer *hooks)
{
	struct finger *finger = calloc(1, sizeof(*finger));
	if (finger == NULL) {
		rig_abort("no memory");
	}
	finger->rig = wl_container_of(hooks, finger->rig, hooks);
	finger->id = finger->rig->fingers++;
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
