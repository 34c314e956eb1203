/* SPDX-License-Identifier: MIT */
#include "guards/virtual_keyboard.h"
#include "guards/keymap.h"
#include "memory/clock.h"
#include "screen/keyboard.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include "virtual-keyboard-unstable-v1-protocol.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_keyboard.h>
#include <wlr/types/wlr_seat.h>
#include <xkbcommon/xkbcommon.h>

#define VIRTUAL_KEYBOARD_VERSION 1
/* What a client's keymaps may take of this thread: at once, and then of each second. */
#define KEYMAPS_BURST_NS 500000000
#define KEYMAPS_PART 50

struct virtual_keyboard_manager {
	struct seat *seat;
	/* The last one that any client brought. */
	char *text;
	struct xkb_keymap *keymap;
	struct wl_listener display_destroy;
};

/* Lives a little longer than its client's keyboards. */
struct virtual_keyboard_client {
	size_t keyboards;
	int64_t since_ns, keymaps_ns;
	struct wl_listener destroy_late;
};

struct virtual_keyboard {
	struct wlr_keyboard wlr_keyboard;
	struct virtual_keyboard_manager *manager;
	struct virtual_keyboard_client *owner;
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

static void client_handle_destroy_late(struct wl_listener *listener, void *data)
{
	struct virtual_keyboard_client *owner = wl_container_of(listener, owner, destroy_late);
	listener_detach(&owner->destroy_late);
	free(owner);
}

static struct virtual_keyboard_client *client_get(struct wl_client *client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_late_listener(client, client_handle_destroy_late);
	struct virtual_keyboard_client *owner;
	if (listener != NULL) {
		return wl_container_of(listener, owner, destroy_late);
	}
	owner = calloc(1, sizeof(*owner));
	if (owner != NULL) {
		owner->since_ns = clock_now_ns();
		owner->destroy_late.notify = client_handle_destroy_late;
		wl_client_add_destroy_late_listener(client, &owner->destroy_late);
	}
	return owner;
}

static bool took_too_long(const struct virtual_keyboard_client *owner)
{
	int64_t lived_ns = clock_now_ns() - owner->since_ns;
	return owner->keymaps_ns > KEYMAPS_BURST_NS + lived_ns / KEYMAPS_PART;
}

/* Takes the text. The keymap is the manager's; NULL if the text is none. */
static struct xkb_keymap *get_keymap(struct virtual_keyboard_manager *manager, char *text)
{
	if (manager->text != NULL && strcmp(manager->text, text) == 0) {
		free(text);
		return manager->keymap;
	}
	struct xkb_keymap *keymap = keymap_compile(text);
	if (keymap == NULL) {
		free(text);
		return NULL;
	}
	free(manager->text);
	xkb_keymap_unref(manager->keymap);
	manager->text = text;
	manager->keymap = keymap;
	return keymap;
}

/* NULL, or why not: a literal. */
static const char *set_keymap(struct virtual_keyboard *keyboard, int fd, size_t size_bytes)
{
	const char *why = "its keymaps took too long";
	char *text = took_too_long(keyboard->owner) ? NULL : keymap_read(fd, size_bytes, &why);
	if (text == NULL) {
		return why;
	}
	int64_t begun_ns = clock_thread_ns();
	struct xkb_keymap *keymap = get_keymap(keyboard->manager, text);
	if (keymap != NULL && keymap != keyboard->wlr_keyboard.keymap) {
		keyboard->has_keymap = wlr_keyboard_set_keymap(&keyboard->wlr_keyboard, keymap);
	}
	keyboard->owner->keymaps_ns += clock_thread_ns() - begun_ns;
	return keymap != NULL ? NULL : "the keymap cannot be read, or is none";
}

static void keyboard_request_keymap(struct wl_client *client, struct wl_resource *resource,
	uint32_t format, int32_t fd, uint32_t size_bytes)
{
	struct virtual_keyboard *keyboard = keyboard_try_from_resource(resource);
	const char *why = keyboard != NULL ? set_keymap(keyboard, fd, size_bytes) : NULL;
	close(fd);
	if (why != NULL) {
		wl_client_post_implementation_error(client, "%s", why);
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
		keyboard->owner->keyboards--;
		free(keyboard);
	}
}

/* NULL, and an error, if there is no memory or the client has too many. */
static struct virtual_keyboard *keyboard_new(struct wl_client *client)
{
	struct virtual_keyboard_client *owner = client_get(client);
	if (owner != NULL && owner->keyboards == VIRTUAL_KEYBOARD_MAX) {
		wl_client_post_implementation_error(
			client, "a client may have %d virtual keyboards", VIRTUAL_KEYBOARD_MAX);
		return NULL;
	}
	struct virtual_keyboard *keyboard = owner != NULL ? calloc(1, sizeof(*keyboard)) : NULL;
	if (keyboard == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	keyboard->owner = owner;
	owner->keyboards++;
	return keyboard;
}

static void keyboard_begin(
	struct virtual_keyboard *keyboard, struct virtual_keyboard_manager *manager)
{
	keyboard->manager = manager;
	wlr_keyboard_init(&keyboard->wlr_keyboard, &wlr_keyboard_impl, "virtual-keyboard");
	keyboard_create(manager->seat, &keyboard->wlr_keyboard);
}

static void manager_request_create_virtual_keyboard(struct wl_client *client,
	struct wl_resource *resource, struct wl_resource *seat_resource, uint32_t id)
{
	bool gone = wlr_seat_client_from_resource(seat_resource) == NULL;
	struct virtual_keyboard *keyboard = gone ? NULL : keyboard_new(client);
	if (keyboard == NULL && !gone) {
		return;
	}
	struct wl_resource *made = wl_resource_create(
		client, &zwp_virtual_keyboard_v1_interface, wl_resource_get_version(resource), id);
	if (made == NULL) {
		if (keyboard != NULL) {
			keyboard->owner->keyboards--;
		}
		free(keyboard);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		made, &keyboard_impl, keyboard, keyboard_handle_resource_destroy);
	if (keyboard != NULL) {
		keyboard_begin(keyboard, wl_resource_get_user_data(resource));
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

static void manager_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct virtual_keyboard_manager *manager =
		wl_container_of(listener, manager, display_destroy);
	listener_detach(&manager->display_destroy);
	xkb_keymap_unref(manager->keymap);
	free(manager->text);
	free(manager);
}

struct wl_global *virtual_keyboard_create_global(struct wl_display *display, struct seat *seat)
{
	struct virtual_keyboard_manager *manager = calloc(1, sizeof(*manager));
	if (manager == NULL) {
		return NULL;
	}
	/* it goes with the display by itself */
	struct wl_global *global =
		wl_global_create(display, &zwp_virtual_keyboard_manager_v1_interface,
			VIRTUAL_KEYBOARD_VERSION, manager, manager_bind);
	if (global == NULL) {
		free(manager);
		return NULL;
	}
	manager->seat = seat;
	manager->display_destroy.notify = manager_handle_display_destroy;
	wl_display_add_destroy_listener(display, &manager->display_destroy);
	return global;
}
