/* SPDX-License-Identifier: MIT */
#include "guards/surface_outputs.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/addon.h>

struct surface_end {
	struct wlr_surface *surface;
	struct wlr_addon addon;
};

/* After the surface's destroy signal, and so after its node has left the scene. */
static void surface_end_handle_destroy(struct wlr_addon *addon)
{
	struct surface_end *end = wl_container_of(addon, end, addon);
	struct wlr_surface_output *entry, *next;
	wl_list_for_each_safe(entry, next, &end->surface->current_outputs, link) {
		wlr_surface_send_leave(end->surface, entry->output);
	}
	wlr_addon_finish(&end->addon);
	free(end);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "gesso_surface_outputs",
	.destroy = surface_end_handle_destroy,
};

static void surface_outputs_handle_new_surface(struct wl_listener *listener, void *data)
{
	struct wlr_surface *surface = data;
	struct surface_end *end = calloc(1, sizeof(*end));
	if (end == NULL) {
		wl_client_post_no_memory(wl_resource_get_client(surface->resource));
		return;
	}
	end->surface = surface;
	wlr_addon_init(&end->addon, &surface->addons, NULL, &addon_impl);
}

static void surface_outputs_handle_compositor_destroy(struct wl_listener *listener, void *data)
{
	struct surface_outputs *outputs = wl_container_of(listener, outputs, compositor_destroy);
	listener_detach(&outputs->new_surface);
	listener_detach(&outputs->compositor_destroy);
}

void surface_outputs_watch(struct surface_outputs *outputs, struct wlr_compositor *compositor)
{
	listener_attach(&outputs->new_surface, &compositor->events.new_surface,
		surface_outputs_handle_new_surface);
	listener_attach(&outputs->compositor_destroy, &compositor->events.destroy,
		surface_outputs_handle_compositor_destroy);
}
