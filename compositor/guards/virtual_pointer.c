/* SPDX-License-Identifier: MIT */
#include "guards/virtual_pointer.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include <stdlib.h>
#include <wlr/interfaces/wlr_pointer.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_virtual_pointer_v1.h>

/* So many that have no frame are no frame's: they are handed on. */
#define MAX_HELD 64

enum held_kind {
	HELD_MOTION,
	HELD_MOTION_ABSOLUTE,
	HELD_BUTTON,
	HELD_AXIS,
};

struct held {
	enum held_kind kind;
	union {
		struct wlr_pointer_motion_event motion;
		struct wlr_pointer_motion_absolute_event motion_absolute;
		struct wlr_pointer_button_event button;
		struct wlr_pointer_axis_event axis;
	};
};

struct virtual_pointer {
	struct wlr_pointer pointer; /* what the cursor has */
	struct held held[MAX_HELD];
	size_t held_len;
	struct wl_listener motion, motion_absolute, button, axis, frame, destroy;
};

static const struct wlr_pointer_impl pointer_impl = {.name = "virtual-pointer"};

static void tell(struct virtual_pointer *pointer, struct held *held)
{
	switch (held->kind) {
	case HELD_MOTION:
		wl_signal_emit_mutable(&pointer->pointer.events.motion, &held->motion);
		break;
	case HELD_MOTION_ABSOLUTE:
		wl_signal_emit_mutable(
			&pointer->pointer.events.motion_absolute, &held->motion_absolute);
		break;
	case HELD_BUTTON:
		wl_signal_emit_mutable(&pointer->pointer.events.button, &held->button);
		break;
	case HELD_AXIS:
		wl_signal_emit_mutable(&pointer->pointer.events.axis, &held->axis);
		break;
	}
}

static void tell_all(struct virtual_pointer *pointer)
{
	for (size_t i = 0; i < pointer->held_len; i++) {
		tell(pointer, &pointer->held[i]);
	}
	pointer->held_len = 0;
}

static struct held *hold(struct virtual_pointer *pointer, enum held_kind kind)
{
	if (pointer->held_len == MAX_HELD) {
		tell_all(pointer);
	}
	struct held *held = &pointer->held[pointer->held_len++];
	held->kind = kind;
	return held;
}

static void virtual_pointer_handle_motion(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, motion);
	struct held *held = hold(pointer, HELD_MOTION);
	held->motion = *(const struct wlr_pointer_motion_event *)data;
	held->motion.pointer = &pointer->pointer;
}

static void virtual_pointer_handle_motion_absolute(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, motion_absolute);
	struct held *held = hold(pointer, HELD_MOTION_ABSOLUTE);
	held->motion_absolute = *(const struct wlr_pointer_motion_absolute_event *)data;
	held->motion_absolute.pointer = &pointer->pointer;
}

static void virtual_pointer_handle_button(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, button);
	struct held *held = hold(pointer, HELD_BUTTON);
	held->button = *(const struct wlr_pointer_button_event *)data;
	held->button.pointer = &pointer->pointer;
}

static void virtual_pointer_handle_axis(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, axis);
	struct held *held = hold(pointer, HELD_AXIS);
	held->axis = *(const struct wlr_pointer_axis_event *)data;
	held->axis.pointer = &pointer->pointer;
}

static void virtual_pointer_handle_frame(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, frame);
	tell_all(pointer);
	wl_signal_emit_mutable(&pointer->pointer.events.frame, &pointer->pointer);
}

static void virtual_pointer_handle_destroy(struct wl_listener *listener, void *data)
{
	struct virtual_pointer *pointer = wl_container_of(listener, pointer, destroy);
	listener_detach(&pointer->motion);
	listener_detach(&pointer->motion_absolute);
	listener_detach(&pointer->button);
	listener_detach(&pointer->axis);
	listener_detach(&pointer->frame);
	listener_detach(&pointer->destroy);
	wlr_pointer_finish(&pointer->pointer);
	free(pointer);
}

static void virtual_pointer_listen(struct virtual_pointer *pointer, struct wlr_pointer *played)
{
	listener_attach(&pointer->motion, &played->events.motion, virtual_pointer_handle_motion);
	listener_attach(&pointer->motion_absolute, &played->events.motion_absolute,
		virtual_pointer_handle_motion_absolute);
	listener_attach(&pointer->button, &played->events.button, virtual_pointer_handle_button);
	listener_attach(&pointer->axis, &played->events.axis, virtual_pointer_handle_axis);
	listener_attach(&pointer->frame, &played->events.frame, virtual_pointer_handle_frame);
	listener_attach(
		&pointer->destroy, &played->base.events.destroy, virtual_pointer_handle_destroy);
}

static size_t count_of(
	const struct wlr_virtual_pointer_manager_v1 *manager, const struct wl_client *client)
{
	size_t count = 0;
	const struct wlr_virtual_pointer_v1 *played;
	wl_list_for_each(played, &manager->virtual_pointers, link) {
		count += wl_resource_get_client(played->resource) == client;
	}
	return count;
}

static void virtual_pointers_handle_new(struct wl_listener *listener, void *data)
{
	struct virtual_pointers *pointers = wl_container_of(listener, pointers, new_pointer);
	const struct wlr_virtual_pointer_v1_new_pointer_event *event = data;
	struct wlr_virtual_pointer_v1 *played = event->new_pointer;
	struct wl_client *client = wl_resource_get_client(played->resource);
	if (count_of(pointers->manager, client) > VIRTUAL_POINTER_MAX) {
		wl_client_post_implementation_error(
			client, "a client may have %d virtual pointers", VIRTUAL_POINTER_MAX);
		return;
	}
	struct virtual_pointer *pointer = calloc(1, sizeof(*pointer));
	if (pointer == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wlr_pointer_init(&pointer->pointer, &pointer_impl, pointer_impl.name);
	virtual_pointer_listen(pointer, &played->pointer);
	cursor_add_pointer(
		&pointers->seat->cursor, &pointer->pointer.base, event->suggested_output);
}

static void virtual_pointers_handle_manager_destroy(struct wl_listener *listener, void *data)
{
	struct virtual_pointers *pointers = wl_container_of(listener, pointers, manager_destroy);
	virtual_pointers_finish(pointers);
}

struct wl_global *virtual_pointers_init(
	struct virtual_pointers *pointers, struct wl_display *display, struct seat *seat)
{
	pointers->manager = wlr_virtual_pointer_manager_v1_create(display);
	if (pointers->manager == NULL) {
		return NULL;
	}
	pointers->seat = seat;
	listener_attach(&pointers->new_pointer, &pointers->manager->events.new_virtual_pointer,
		virtual_pointers_handle_new);
	listener_attach(&pointers->manager_destroy, &pointers->manager->events.destroy,
		virtual_pointers_handle_manager_destroy);
	return pointers->manager->global;
}

void virtual_pointers_finish(struct virtual_pointers *pointers)
{
	listener_detach(&pointers->new_pointer);
	listener_detach(&pointers->manager_destroy);
}
