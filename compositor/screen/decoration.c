/* SPDX-License-Identifier: MIT */
#include "screen/decoration.h"
#include "screen/listener.h"
#include "screen/toplevel.h"
#include <stdlib.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/types/wlr_xdg_shell.h>

struct decoration {
	struct wlr_xdg_toplevel_decoration_v1 *wlr_decoration;
	struct wl_listener request_mode, destroy;
};

static void answer(struct wlr_xdg_toplevel_decoration_v1 *wlr_decoration)
{
	bool server_side =
		wlr_decoration->requested_mode == WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE;
	wlr_xdg_toplevel_decoration_v1_set_mode(wlr_decoration,
		server_side ? WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE
			    : WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
}

static void decoration_handle_request_mode(struct wl_listener *listener, void *data)
{
	struct decoration *decoration = wl_container_of(listener, decoration, request_mode);
	if (decoration->wlr_decoration->toplevel->base->initialized) {
		answer(decoration->wlr_decoration);
	}
}

static void decoration_handle_destroy(struct wl_listener *listener, void *data)
{
	struct decoration *decoration = wl_container_of(listener, decoration, destroy);
	struct toplevel *toplevel = toplevel_try_from_xdg(decoration->wlr_decoration->toplevel);
	if (toplevel != NULL) {
		toplevel->decoration = NULL;
	}
	listener_detach(&decoration->request_mode);
	listener_detach(&decoration->destroy);
	free(decoration);
}

void decoration_create(struct wlr_xdg_toplevel_decoration_v1 *wlr_decoration)
{
	struct decoration *decoration = calloc(1, sizeof(*decoration));
	if (decoration == NULL) {
		wl_resource_post_no_memory(wlr_decoration->resource);
		return;
	}
	decoration->wlr_decoration = wlr_decoration;
	listener_attach(&decoration->request_mode, &wlr_decoration->events.request_mode,
		decoration_handle_request_mode);
	listener_attach(
		&decoration->destroy, &wlr_decoration->events.destroy, decoration_handle_destroy);
	struct toplevel *toplevel = toplevel_try_from_xdg(wlr_decoration->toplevel);
	if (toplevel != NULL) {
		toplevel->decoration = wlr_decoration;
	}
	if (wlr_decoration->toplevel->base->initialized) {
		answer(wlr_decoration);
	}
}

void decoration_answer(struct toplevel *toplevel)
{
	if (toplevel->decoration != NULL) {
		answer(toplevel->decoration);
	}
}
