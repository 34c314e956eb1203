/* SPDX-License-Identifier: MIT */
#include "seat.h"
#include "connection.h"
#include "library/clock.h"
#include "window.h"
#include <stdlib.h>

static void seat_handle_capabilities(void *data, struct wl_seat *wl_seat, uint32_t capabilities)
{
	struct seat *seat = data;
	keyboard_set(seat, capabilities & WL_SEAT_CAPABILITY_KEYBOARD);
	pointer_set(seat, capabilities & WL_SEAT_CAPABILITY_POINTER);
}

static void seat_handle_name(void *data, struct wl_seat *wl_seat, const char *name)
{
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = seat_handle_capabilities,
	.name = seat_handle_name,
};

struct seat *seat_create(struct connection *connection, struct wl_seat *wl_seat)
{
	struct seat *seat = calloc(1, sizeof(*seat));
	if (!seat) {
		wl_seat_destroy(wl_seat);
		return NULL;
	}
	seat->connection = connection;
	seat->seat = wl_seat;
	wl_seat_add_listener(wl_seat, &seat_listener, seat);
	return seat;
}

void seat_destroy(struct seat *seat)
{
	if (!seat)
		return;
	keyboard_set(seat, false);
	pointer_set(seat, false);
	wl_seat_destroy(seat->seat);
	free(seat);
}

void seat_forget_window(struct seat *seat, const struct window *window)
{
	if (!seat)
		return;
	if (seat->keyboard_focus == window)
		seat->keyboard_focus = NULL;
	if (seat->pointer_focus == window)
		seat->pointer_focus = NULL;
}

struct window *seat_find_window(const struct seat *seat, const struct wl_surface *surface)
{
	struct window *window;
	wl_list_for_each(window, &seat->connection->windows, link) {
		if (surface && window->surface == surface)
			return window;
	}
	return NULL;
}
