/* SPDX-License-Identifier: MIT */
#include "guards/unconfigured.h"
#include "guards/requests.h"
#include "memory/each_frame.h"
#include "xdg-shell-protocol.h"
#include <stddef.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_shell.h>

static void check_attach(struct wl_resource *resource, const struct wl_object *buffer)
{
	struct wlr_surface *surface = wlr_surface_from_resource(resource);
	if (buffer == NULL || surface->mapped) {
		return; /* what is shown was configured */
	}
	const struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	/* a configure that was sent and not yet acknowledged will do */
	if (xdg != NULL && !xdg->configured && wl_list_empty(&xdg->configure_list)) {
		wl_resource_post_error(xdg->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			"a buffer was attached before the first configure event");
	}
}

/* Of a surface that has a role, wlroots has its own to say. */
static void check_surface(struct wl_resource *wm_base, struct wl_object *object)
{
	struct wlr_surface *surface = wlr_surface_from_resource((struct wl_resource *)object);
	bool attached = surface->pending_buffer_resource != NULL;
	if (surface->role_resource == NULL && (attached || wlr_surface_has_buffer(surface))) {
		wl_resource_post_error(wm_base, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
			"the surface has a buffer already");
	}
}

/* Before wlroots serves the request; the first error is the one that the client is told. */
EACH_FRAME static void unconfigured_handle_attach(
	void *data, const struct wl_protocol_logger_message *message)
{
	check_attach(message->resource, message->arguments[0].o);
}

static void unconfigured_handle_get_xdg_surface(
	void *data, const struct wl_protocol_logger_message *message)
{
	check_surface(message->resource, message->arguments[1].o);
}

bool unconfigured_watch(struct wl_display *display)
{
	struct requests *requests = requests_get(display);
	return requests != NULL &&
		requests_watch(requests, WL_PROTOCOL_LOGGER_REQUEST, "wl_surface", "attach",
			unconfigured_handle_attach, NULL) &&
		requests_watch(requests, WL_PROTOCOL_LOGGER_REQUEST, "xdg_wm_base",
			"get_xdg_surface", unconfigured_handle_get_xdg_surface, NULL);
}
