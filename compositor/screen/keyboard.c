/* SPDX-License-Identifier: MIT */
#include "screen/keyboard.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <stdlib.h>
#include <wlr/backend/session.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>
#include <xkbcommon/xkbcommon.h>

#define REPEAT_PER_S 25
#define REPEAT_DELAY_MS 600
#define EVDEV_TO_XKB 8

struct keyboard {
	struct wl_list link; /* seat.keyboards */
	struct seat *seat;
	struct wlr_keyboard *wlr_keyboard;
	/* Keys whose press was a binding: their release is not the client's either. */
	uint32_t bound[8];
	size_t bound_len;
	struct wl_listener modifiers, key, destroy;
};

static struct xkb_keymap *default_keymap(void)
{
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	if (context == NULL) {
		return NULL;
	}
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);
	if (keymap == NULL) {
		wlr_log(WLR_ERROR,
			"keyboard: the layout of XKB_DEFAULT_LAYOUT does not compile: taking us");
		struct xkb_rule_names us = {.rules = "evdev",
			.model = "pc105",
			.layout = "us",
			.variant = "",
			.options = ""};
		keymap = xkb_keymap_new_from_names(context, &us, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	if (keymap == NULL) {
		wlr_log(WLR_ERROR, "keyboard: no layout at all: is xkb-data there?");
	}
	xkb_context_unref(context);
	return keymap;
}

static void focus_next(struct seat *seat)
{
	struct desktop *desktop = seat->desktop;
	if (!wl_list_empty(&desktop->toplevels)) {
		struct toplevel *oldest = wl_container_of(desktop->toplevels.prev, oldest, link);
		seat_focus(seat, oldest);
	}
}

static bool run_binding(struct seat *seat, uint32_t modifiers, xkb_keysym_t sym)
{
	if (sym >= XKB_KEY_XF86Switch_VT_1 && sym <= XKB_KEY_XF86Switch_VT_12) {
		if (seat->session != NULL) {
			wlr_session_change_vt(seat->session, sym - XKB_KEY_XF86Switch_VT_1 + 1);
		}
		return seat->session != NULL;
	}
	if (!(modifiers & WLR_MODIFIER_ALT)) {
		return false;
	}
	switch (sym) {
	case XKB_KEY_Escape:
		wlr_log(WLR_INFO, "keyboard: Alt+Escape: ending");
		wl_display_terminate(seat->desktop->display);
		return true;
	case XKB_KEY_F4:
	case XKB_KEY_q:
	case XKB_KEY_Q:
		if (seat->focused != NULL) {
			wlr_xdg_toplevel_send_close(seat->focused->xdg);
		}
		return true;
	case XKB_KEY_Tab:
		focus_next(seat);
		return true;
	default:
		return false;
	}
}

static bool keyboard_press_is_binding(struct keyboard *keyboard, uint32_t keycode)
{
	struct wlr_keyboard *wlr_keyboard = keyboard->wlr_keyboard;
	const xkb_keysym_t *syms;
	int len = xkb_state_key_get_syms(wlr_keyboard->xkb_state, keycode + EVDEV_TO_XKB, &syms);
	uint32_t modifiers = wlr_keyboard_get_modifiers(wlr_keyboard);
	bool bound = false;
	for (int i = 0; i < len && !bound; i++) {
		bound = run_binding(keyboard->seat, modifiers, syms[i]);
	}
	if (bound && keyboard->bound_len < sizeof(keyboard->bound) / sizeof(keyboard->bound[0])) {
		keyboard->bound[keyboard->bound_len++] = keycode;
	}
	return bound;
}

static bool keyboard_release_is_binding(struct keyboard *keyboard, uint32_t keycode)
{
	for (size_t i = 0; i < keyboard->bound_len; i++) {
		if (keyboard->bound[i] == keycode) {
			keyboard->bound[i] = keyboard->bound[--keyboard->bound_len];
			return true;
		}
	}
	return false;
}

static void keyboard_handle_key(struct wl_listener *listener, void *data)
{
	struct keyboard *keyboard = wl_container_of(listener, keyboard, key);
	const struct wlr_keyboard_key_event *event = data;
	struct wlr_seat *wlr_seat = keyboard->seat->wlr_seat;
	if (keyboard->wlr_keyboard->xkb_state == NULL) {
		return;
	}
	bool bound = event->state == WL_KEYBOARD_KEY_STATE_PRESSED
		? keyboard_press_is_binding(keyboard, event->keycode)
		: keyboard_release_is_binding(keyboard, event->keycode);
	if (!bound) {
		wlr_seat_set_keyboard(wlr_seat, keyboard->wlr_keyboard);
		wlr_seat_keyboard_notify_key(
			wlr_seat, event->time_msec, event->keycode, event->state);
	}
}

static void keyboard_handle_modifiers(struct wl_listener *listener, void *data)
{
	struct keyboard *keyboard = wl_container_of(listener, keyboard, modifiers);
	struct wlr_seat *wlr_seat = keyboard->seat->wlr_seat;
	wlr_seat_set_keyboard(wlr_seat, keyboard->wlr_keyboard);
	wlr_seat_keyboard_notify_modifiers(wlr_seat, &keyboard->wlr_keyboard->modifiers);
}

static void keyboard_handle_destroy(struct wl_listener *listener, void *data)
{
	struct keyboard *keyboard = wl_container_of(listener, keyboard, destroy);
	struct seat *seat = keyboard->seat;
	listener_detach(&keyboard->modifiers);
	listener_detach(&keyboard->key);
	listener_detach(&keyboard->destroy);
	wl_list_remove(&keyboard->link);
	free(keyboard);
	seat_update_capabilities(seat);
}

void keyboard_create(struct seat *seat, struct wlr_keyboard *wlr_keyboard)
{
	struct keyboard *keyboard = calloc(1, sizeof(*keyboard));
	/* it takes 1 MB of the heap for a while: a screen without a keyboard has no need of it */
	if (seat->keymap == NULL) {
		seat->keymap = default_keymap();
	}
	if (keyboard == NULL || seat->keymap == NULL) {
		wlr_log(WLR_ERROR, "keyboard: %s is not used: no memory, or no layout",
			wlr_keyboard->base.name);
		free(keyboard);
		return;
	}
	keyboard->seat = seat;
	keyboard->wlr_keyboard = wlr_keyboard;
	wl_list_insert(&seat->keyboards, &keyboard->link);
	wlr_keyboard_set_keymap(wlr_keyboard, seat->keymap);
	wlr_keyboard_set_repeat_info(wlr_keyboard, REPEAT_PER_S, REPEAT_DELAY_MS);
	listener_attach(
		&keyboard->modifiers, &wlr_keyboard->events.modifiers, keyboard_handle_modifiers);
	listener_attach(&keyboard->key, &wlr_keyboard->events.key, keyboard_handle_key);
	listener_attach(
		&keyboard->destroy, &wlr_keyboard->base.events.destroy, keyboard_handle_destroy);
	if (wlr_seat_get_keyboard(seat->wlr_seat) == NULL) {
		wlr_seat_set_keyboard(seat->wlr_seat, wlr_keyboard);
	}
	seat_update_capabilities(seat);
}
