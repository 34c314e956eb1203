/* SPDX-License-Identifier: MIT */
#include "guards/limits.h"
#include "memory/each_frame.h"
#include "screen/listener.h"
#include <stdbool.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_subcompositor.h>

/* Lives as long as its wl_client, whose surfaces go between the two signals. */
struct limits_client {
	struct wl_client *client;
	size_t surfaces;
	bool ended; /* it was told why, or is going: no error may be posted then */
	struct wl_listener destroy, destroy_late;
};

struct limits_surface {
	struct limits_client *owner;
	struct wlr_surface *surface;
	struct wl_listener client_commit, new_subsurface, destroy;
};

static void limits_client_handle_destroy(struct wl_listener *listener, void *data)
{
	struct limits_client *owner = wl_container_of(listener, owner, destroy);
	listener_detach(&owner->destroy);
	owner->ended = true;
}

static void limits_client_handle_destroy_late(struct wl_listener *listener, void *data)
{
	struct limits_client *owner = wl_container_of(listener, owner, destroy_late);
	listener_detach(&owner->destroy_late);
	free(owner);
}

static struct limits_client *limits_client_get(struct wl_client *client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_late_listener(client, limits_client_handle_destroy_late);
	struct limits_client *owner;
	if (listener != NULL) {
		return wl_container_of(listener, owner, destroy_late);
	}
	owner = calloc(1, sizeof(*owner));
	if (owner != NULL) {
		owner->client = client;
		owner->destroy.notify = limits_client_handle_destroy;
		wl_client_add_destroy_listener(client, &owner->destroy);
		owner->destroy_late.notify = limits_client_handle_destroy_late;
		wl_client_add_destroy_late_listener(client, &owner->destroy_late);
	}
	return owner;
}

/* How many surfaces it lies in; stops counting beyond the limit. */
static int depth_of(struct wlr_surface *surface)
{
	int depth = 0;
	struct wlr_subsurface *subsurface;
	while (depth <= LIMITS_MAX_DEPTH &&
		(subsurface = wlr_subsurface_try_from_wlr_surface(surface)) != NULL) {
		surface = subsurface->parent;
		depth++;
	}
	return depth;
}

/* How many surfaces lie one in the other within it; stops where there are more than `limit`. */
static int height_of(const struct wlr_surface *surface, int limit)
{
	int height = 0;
	const struct wl_list *lists[] = {
		&surface->current.subsurfaces_below, &surface->current.subsurfaces_above};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && limit >= 0; i++) {
		const struct wlr_subsurface *subsurface;
		wl_list_for_each(subsurface, lists[i], current.link) {
			int below = 1 + height_of(subsurface->surface, limit - 1);
			height = below > height ? below : height;
		}
	}
	return height;
}

static void check_depth(struct limits_client *owner, int depth)
{
	if (depth > LIMITS_MAX_DEPTH && !owner->ended) {
		owner->ended = true;
		wl_client_post_implementation_error(
			owner->client, "subsurfaces are more than %d deep", LIMITS_MAX_DEPTH);
	}
}

/* A chain takes effect from the top down, link by link, or grows at its upper end: see below. */
EACH_FRAME static void surface_handle_client_commit(struct wl_listener *listener, void *data)
{
	struct limits_surface *watch = wl_container_of(listener, watch, client_commit);
	check_depth(watch->owner, depth_of(watch->surface));
}

static void surface_handle_new_subsurface(struct wl_listener *listener, void *data)
{
	struct limits_surface *watch = wl_container_of(listener, watch, new_subsurface);
	const struct wlr_subsurface *subsurface = data;
	int depth = depth_of(subsurface->surface);
	check_depth(watch->owner, depth + height_of(subsurface->surface, LIMITS_MAX_DEPTH - depth));
}

static void surface_handle_destroy(struct wl_listener *listener, void *data)
{
	struct limits_surface *watch = wl_container_of(listener, watch, destroy);
	watch->owner->surfaces--;
	listener_detach(&watch->client_commit);
	listener_detach(&watch->new_subsurface);
	listener_detach(&watch->destroy);
	free(watch);
}

static void limits_handle_new_surface(struct wl_listener *listener, void *data)
{
	const struct limits *limits = wl_container_of(listener, limits, new_surface);
	struct wlr_surface *surface = data;
	struct wl_client *client = wl_resource_get_client(surface->resource);
	struct limits_client *owner = limits_client_get(client);
	struct limits_surface *watch = owner != NULL ? calloc(1, sizeof(*watch)) : NULL;
	if (watch == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	watch->owner = owner;
	watch->surface = surface;
	listener_attach(&watch->client_commit, &surface->events.client_commit,
		surface_handle_client_commit);
	listener_attach(&watch->new_subsurface, &surface->events.new_subsurface,
		surface_handle_new_subsurface);
	listener_attach(&watch->destroy, &surface->events.destroy, surface_handle_destroy);
	if (++owner->surfaces > limits->max_surfaces && !owner->ended) {
		owner->ended = true;
		wl_client_post_implementation_error(client, "a client may have %llu surfaces",
			(unsigned long long)limits->max_surfaces);
	}
}

static void limits_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct limits *limits = wl_container_of(listener, limits, compositor_destroy);
	listener_detach(&limits->new_surface);
	listener_detach(&limits->compositor_destroy);
}

void limits_watch(struct limits *limits, struct wlr_compositor *compositor, uint64_t max_surfaces)
{
	limits->max_surfaces = max_surfaces;
	listener_attach(
		&limits->new_surface, &compositor->events.new_surface, limits_handle_new_surface);
	listener_attach(&limits->compositor_destroy, &compositor->events.destroy,
		limits_handle_compositor_destroy);
}
