/* SPDX-License-Identifier: MIT */
#include "guards/virtual_keyboard.h"
#include "screen/keyboard.h"
#include "screen/seat.h"
#include "virtual-keyboard-unstable-v1-protocol.h"
#include <assert.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#define VIRTUAL_KEYBOARD_VERSION 1
/* Layouts of people have some 70 KiB. */
#define MAX_KEYMAP_BYTES (1024 * 1024)

struct virtual_keyboard {
	struct wlr_keyboard wlr_keyboard;
	bool has_keymap; /* of the client's */
};

static const struct wlr_keyboard_impl wlr_keyboard_impl = {.name = "virtual-keyboard"};
static const struct zwp_virtual_keyboard_v1_interface keyboard_impl;

/* NULL if it was made for a seat that was gone. */
static struct virtual_keyboard *keyboard_try_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &zwp_virtual_keyboard_v1_interface, &keyboard_impl));
	return wl_resource_get_user_data(resource);
}

/* A page of a FUSE file is its owner's to give, or not to. */
static bool can_be_read(int fd)
{
	struct stat status;
	struct statfs file_system;
	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		fstatfs(fd, &file_system) == 0 && file_system.f_type != FUSE_SUPER_MAGIC;
}

/* Terminated, at the latest after `size_bytes`; freed by the caller. NULL if it is none. */
static char *read_text(int fd, size_t size_bytes)
{
	if (size_bytes > MAX_KEYMAP_BYTES || !can_be_read(fd)) {
		return NULL;
	}
	char *text = calloc(1, size_bytes + 1);
	if (text != NULL && pread(fd, text, size_bytes, 0) < 1) {
		free(text);
		return NULL;
	}
	return text;
}

static struct xkb_keymap *read_keymap(int fd, size_t size_bytes)
{
	struct xkb_keymap *keymap = NULL;
	char *text = read_text(fd, size_bytes);
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_FLAGS);
	if (text != NULL && context != NULL) {
		keymap = xkb_keymap_new_from_string(
			context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	free(text);
	return keymap;
}

static void keyboard_request_keymap(struct wl_client *client, struct wl_resource *resource,
	uint32_t format, int32_t fd, uint32_t size_bytes)
{
	struct virtual_keyboard *keyboard = keyboard_try_from_resource(resource);
	struct xkb_keymap *keymap = keyboard != NULL ? read_keymap(fd, size_bytes) : NULL;
	close(fd);
	if (keymap != NULL) {
		keyboard->has_keymap = wlr_keyboard_set_keymap(&keyboard->wlr_keyboard, keymap);
		xkb_keymap_unref(keymap);
	} else if (keyboard != NULL) {
		wl_client_post_implementation_error(
			client, "the keymap cannot be read, or is none");
	}
}

/* NULL, and an error if the client's own is missing. */
static struct virtual_keyboard *keyboard_with_keymap(struct wl_resource *resource)
{
	struct virtual_keyboard *keyboard = keyboard_try_from_resource(resource);
	if (keyboard != NULL && !keyboard->has_keymap) {
		wl_resource_post_error(resource, ZWP_VIRTUAL_KEYBOARD_V1_ERROR_NO_KEYMAP,
			"there is no keymap yet");
		return NULL;
	}
	return keyboard;
}

static void keyboard_request_key(struct wl_client *client, struct wl_resource *resource,
	uint32_t time_ms, uint32_t key, uint32_t state)
{
	struct virtual_keyboard *keyboard = keyboard_with_keymap(resource);
	if (keyboard == NULL) {
		return;
	}
	if (state != WL_KEYBOARD_KEY_STATE_RELEASED && state != WL_KEYBOARD_KEY_STATE_PRESSED) {
		wl_client_post_implementation_error(client, "%u is no state of a key", state);
		return;
	}
	struct wlr_keyboard_key_event event = {
		.time_msec = time_ms,
		.keycode = key,
		.state = state,
	};
	wlr_keyboard_notify_key(&keyboard->wlr_keyboard, &event);
}

static void keyboard_request_modifiers(struct wl_client *client, struct wl_resource *resource,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct virtual_keyboard *keyboard = keyboard_with_keymap(resource);
	if (keyboard != NULL) {
		wlr_keyboard_notify_modifiers(
			&keyboard->wlr_keyboard, depressed, latched, locked, group);
	}
}

static void keyboard_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwp_virtual_keyboard_v1_interface keyboard_impl = {
	.keymap = keyboard_request_keymap,
	.key = keyboard_request_key,
	.modifiers = keyboard_request_modifiers,
	.destroy = keyboard_request_destroy,
};

static void keyboard_handle_resource_destroy(struct wl_resource *resource)
{
	struct virtual_keyboard *keyboard = keyboard_try_from_resource(resource);
	if (keyboard != NULL) {
		wlr_keyboard_finish(&keyboard->wlr_keyboard);
		free(keyboard);
	}
}

static void manager_request_create_virtual_keyboard(struct wl_client *client,
	struct wl_resource *resource, struct wl_resource *seat_resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	bool gone = wlr_seat_client_from_resource(seat_resource) == NULL;
	struct virtual_keyboard *keyboard = gone ? NULL : calloc(1, sizeof(*keyboard));
	struct wl_resource *made = wl_resource_create(
		client, &zwp_virtual_keyboard_v1_interface, wl_resource_get_version(resource), id);
	if (made == NULL || (keyboard == NULL && !gone)) {
		free(keyboard);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		made, &keyboard_impl, keyboard, keyboard_handle_resource_destroy);
	if (keyboard != NULL) {
		wlr_keyboard_init(&keyboard->wlr_keyboard, &wlr_keyboard_impl, "virtual-keyboard");
		keyboard_create(seat, &keyboard->wlr_keyboard);
	}
}

static const struct zwp_virtual_keyboard_manager_v1_interface manager_impl = {
	.create_virtual_keyboard = manager_request_create_virtual_keyboard,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_virtual_keyboard_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

struct wl_global *virtual_keyboard_create_global(struct wl_display *display, struct seat *seat)
{
	/* it goes with the display by itself */
	return wl_global_create(display, &zwp_virtual_keyboard_manager_v1_interface,
		VIRTUAL_KEYBOARD_VERSION, seat, manager_bind);
}
