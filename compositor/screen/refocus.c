/* SPDX-License-Identifier: MIT */
#include "screen/refocus.h"
#include "memory/each_frame.h"
#include "screen/listener.h"
#include "screen/seat.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_seat.h>

struct refocus_surface {
	struct refocus *refocus;
	struct wl_listener commit, destroy;
};

/*
 * A drag, a move or a resize tells clients more for each look, which they may answer with
 * a commit: those look when the pointer moves, and when they end.
 */
EACH_FRAME static void surface_handle_commit(struct wl_listener *listener, void *data)
{
	struct refocus_surface *watch = wl_container_of(listener, watch, commit);
	struct seat *seat = watch->refocus->seat;
	if (seat->cursor.visible && seat->interactive.mode == INTERACTIVE_NONE &&
		seat->wlr_seat->drag == NULL && seat->wlr_seat->pointer_state.button_count == 0) {
		cursor_refocus(&seat->cursor);
	}
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct refocus_surface *watch = wl_container_of(listener, watch, destroy);
	listener_detach(&watch->commit);
	listener_detach(&watch->destroy);
	free(watch);
}

static void refocus_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct refocus *refocus = wl_container_of(listener, refocus, new_surface);
	struct wlr_surface *surface = data;
	struct refocus_surface *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	watch->refocus = refocus;
	listener_attach(&watch->commit, &surface->events.commit, surface_handle_commit);
	listener_attach(&watch->destroy, &surface->events.destroy, surface_handle_destroy);
}

static void refocus_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct refocus *refocus = wl_container_of(listener, refocus, compositor_destroy);
	listener_detach(&refocus->new_surface);
	listener_detach(&refocus->compositor_destroy);
}

void refocus_watch(struct refocus *refocus, struct wlr_compositor *compositor, struct seat *seat)
{
	refocus->seat = seat;
	listener_attach(
		&refocus->new_surface, &compositor->events.new_surface, refocus_handle_new_surface);
	listener_attach(&refocus->compositor_destroy, &compositor->events.destroy,
		refocus_handle_compositor_destroy);
}
