/* SPDX-License-Identifier: MIT */
#include "guards/unconfigured.h"
#include "screen/listener.h"
#include "xdg-shell-protocol.h"
#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_shell.h>

#define ATTACH_OPCODE 1

struct unconfigured {
	struct wl_protocol_logger *logger;
	struct wl_listener display_destroy;
};

static void check_attach(struct wl_resource *resource, const struct wl_object *buffer)
{
	struct wlr_surface *surface = wlr_surface_from_resource(resource);
	const struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	/* a configure that was sent and not yet acknowledged will do */
	if (buffer != NULL && xdg != NULL && !xdg->configured &&
		wl_list_empty(&xdg->configure_list)) {
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
static void unconfigured_handle_message(void *data, enum wl_protocol_logger_type type,
	const struct wl_protocol_logger_message *message)
{
	if (type != WL_PROTOCOL_LOGGER_REQUEST) {
		return;
	}
	if (message->message == &wl_surface_interface.methods[ATTACH_OPCODE]) {
		check_attach(message->resource, message->arguments[0].o);
	} else if (strcmp(message->message->name, "get_xdg_surface") == 0 &&
		strcmp(wl_resource_get_class(message->resource), "xdg_wm_base") == 0) {
		check_surface(message->resource, message->arguments[1].o);
	}
}

static void unconfigured_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct unconfigured *unconfigured =
		wl_container_of(listener, unconfigured, display_destroy);
	listener_detach(&unconfigured->display_destroy);
	wl_protocol_logger_destroy(unconfigured->logger);
	free(unconfigured);
}

bool unconfigured_watch(struct wl_display *display)
{
	struct unconfigured *unconfigured = calloc(1, sizeof(*unconfigured));
	if (unconfigured == NULL) {
		return false;
	}
	unconfigured->logger =
		wl_display_add_protocol_logger(display, unconfigured_handle_message, unconfigured);
	if (unconfigured->logger == NULL) {
		free(unconfigured);
		return false;
	}
	unconfigured->display_destroy.notify = unconfigured_handle_display_destroy;
	wl_display_add_destroy_listener(display, &unconfigured->display_destroy);
	return true;
}
