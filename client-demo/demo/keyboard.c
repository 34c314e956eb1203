/* SPDX-License-Identifier: MIT */
#include "library/clock.h"
#include "seat.h"
#include "window.h"
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xkbcommon/xkbcommon-keysyms.h>

#define EVDEV_TO_XKB 8
#define ARROW_STEP 40.0
#define ZOOM_STEP 1.25

static bool zoom(struct window *window, double factor)
{
	return view_zoom_at(&window->view, factor, window->width / 2.0, window->height / 2.0);
}

/* Whether the view changed. */
static bool move_view(struct window *window, xkb_keysym_t keysym)
{
	struct view *view = &window->view;
	double page = window->height * 0.9;
	switch (keysym) {
	case XKB_KEY_Left:
		return view_scroll_by(view, -ARROW_STEP, 0);
	case XKB_KEY_Right:
		return view_scroll_by(view, ARROW_STEP, 0);
	case XKB_KEY_Up:
		return view_scroll_by(view, 0, -ARROW_STEP);
	case XKB_KEY_Down:
		return view_scroll_by(view, 0, ARROW_STEP);
	case XKB_KEY_Page_Up:
		return view_scroll_by(view, 0, -page);
	case XKB_KEY_Page_Down:
	case XKB_KEY_space:
		return view_scroll_by(view, 0, page);
	case XKB_KEY_Home:
		return view_scroll_to(view, 0, 0);
	case XKB_KEY_End:
		return view_scroll_to(view, 0, view->document_height * view->zoom);
	case XKB_KEY_plus:
	case XKB_KEY_equal:
	case XKB_KEY_KP_Add:
		return zoom(window, ZOOM_STEP);
	case XKB_KEY_minus:
	case XKB_KEY_KP_Subtract:
		return zoom(window, 1 / ZOOM_STEP);
	default:
		return false;
	}
}

static void press(struct seat *seat, uint32_t key)
{
	xkb_keysym_t keysym = xkb_state_key_get_one_sym(seat->state, key + EVDEV_TO_XKB);
	if (keysym == XKB_KEY_q)
		seat->quit = true;
	else if (seat->keyboard_focus && move_view(seat->keyboard_focus, keysym))
		seat->keyboard_focus->dirty = true;
}

static struct xkb_keymap *create_keymap(struct seat *seat, int fd, uint32_t size)
{
	char *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	struct xkb_keymap *keymap = xkb_keymap_new_from_buffer(seat->xkb_context, map,
		strnlen(map, size), XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	munmap(map, size);
	return keymap;
}

static void keyboard_handle_keymap(
	void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd, uint32_t size)
{
	struct seat *seat = data;
	struct xkb_keymap *keymap = NULL;
	if (format == WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1 && seat->xkb_context)
		keymap = create_keymap(seat, fd, size);
	close(fd);
	if (!keymap)
		return;
	xkb_state_unref(seat->state);
	xkb_keymap_unref(seat->keymap);
	seat->keymap = keymap;
	seat->state = xkb_state_new(keymap);
}

static void keyboard_handle_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys)
{
	struct seat *seat = data;
	seat->keyboard_focus = seat_find_window(seat, surface);
}

static void keyboard_handle_leave(
	void *data, struct wl_keyboard *keyboard, uint32_t serial, struct wl_surface *surface)
{
	struct seat *seat = data;
	seat->keyboard_focus = NULL;
	seat->repeat_key = 0;
}

static void keyboard_handle_key(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t time_ms, uint32_t key, uint32_t key_state)
{
	struct seat *seat = data;
	if (!seat->state)
		return;
	if (key_state == WL_KEYBOARD_KEY_STATE_RELEASED) {
		if (key == seat->repeat_key)
			seat->repeat_key = 0;
		return;
	}
	press(seat, key);
	if (seat->repeat_period_ms > 0 &&
		xkb_keymap_key_repeats(seat->keymap, key + EVDEV_TO_XKB)) {
		seat->repeat_key = key;
		seat->repeat_ns = clock_after_ms(seat->repeat_delay_ms);
	}
}

static void keyboard_handle_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct seat *seat = data;
	if (seat->state)
		xkb_state_update_mask(seat->state, depressed, latched, locked, 0, 0, group);
}

static void keyboard_handle_repeat_info(
	void *data, struct wl_keyboard *keyboard, int32_t rate_hz, int32_t delay_ms)
{
	struct seat *seat = data;
	seat->repeat_delay_ms = delay_ms;
	seat->repeat_period_ms = rate_hz > 0 ? 1000 / rate_hz : 0;
	if (rate_hz > 1000)
		seat->repeat_period_ms = 1;
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_handle_keymap,
	.enter = keyboard_handle_enter,
	.leave = keyboard_handle_leave,
	.key = keyboard_handle_key,
	.modifiers = keyboard_handle_modifiers,
	.repeat_info = keyboard_handle_repeat_info,
};

void keyboard_set(struct seat *seat, bool present)
{
	if (present == (seat->keyboard != NULL))
		return;
	if (present) {
		seat->xkb_context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
		seat->keyboard = wl_seat_get_keyboard(seat->seat);
		wl_keyboard_add_listener(seat->keyboard, &keyboard_listener, seat);
		return;
	}
	wl_keyboard_destroy(seat->keyboard);
	xkb_state_unref(seat->state);
	xkb_keymap_unref(seat->keymap);
	xkb_context_unref(seat->xkb_context);
	seat->keyboard = NULL;
	seat->state = NULL;
	seat->keymap = NULL;
	seat->xkb_context = NULL;
	seat->keyboard_focus = NULL;
	seat->repeat_key = 0;
}

int64_t seat_next_repeat_ns(const struct seat *seat)
{
	return seat && seat->repeat_key ? seat->repeat_ns : CLOCK_NEVER;
}

void seat_repeat(struct seat *seat)
{
	if (seat_next_repeat_ns(seat) > clock_now_ns())
		return;
	press(seat, seat->repeat_key);
	seat->repeat_ns = clock_after_ms(seat->repeat_period_ms);
}
