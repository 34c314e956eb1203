/* SPDX-License-Identifier: MIT */
#include "screen/foreign.h"
#include "screen/desktop.h"
#include "screen/listener.h"
#include "screen/output.h"
#include "screen/placement.h"
#include "screen/seat.h"
#include "screen/toplevel.h"
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_foreign_toplevel_management_v1.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

struct foreign {
	struct toplevel *toplevel;
	struct wlr_foreign_toplevel_handle_v1 *handle;
	struct wl_listener request_maximize, request_minimize, request_fullscreen;
	struct wl_listener request_activate, request_close;
};

/* What fills the output is to be seen. */
static void foreign_show(struct foreign *foreign, bool filling)
{
	if (filling) {
		seat_set_minimized(foreign->toplevel->desktop->seat, foreign->toplevel, false);
	}
}

static void foreign_handle_request_maximize(struct wl_listener *listener, void *data)
{
	struct foreign *foreign = wl_container_of(listener, foreign, request_maximize);
	const struct wlr_foreign_toplevel_handle_v1_maximized_event *event = data;
	foreign_show(foreign, event->maximized);
	placement_set_maximized(foreign->toplevel, event->maximized);
}

static void foreign_handle_request_minimize(struct wl_listener *listener, void *data)
{
	struct foreign *foreign = wl_container_of(listener, foreign, request_minimize);
	const struct wlr_foreign_toplevel_handle_v1_minimized_event *event = data;
	seat_set_minimized(foreign->toplevel->desktop->seat, foreign->toplevel, event->minimized);
}

/* On which output is a hint; it goes where the window is. */
static void foreign_handle_request_fullscreen(struct wl_listener *listener, void *data)
{
	struct foreign *foreign = wl_container_of(listener, foreign, request_fullscreen);
	const struct wlr_foreign_toplevel_handle_v1_fullscreen_event *event = data;
	foreign_show(foreign, event->fullscreen);
	placement_set_fullscreen(foreign->toplevel, event->fullscreen);
}

static void foreign_handle_request_activate(struct wl_listener *listener, void *data)
{
	struct foreign *foreign = wl_container_of(listener, foreign, request_activate);
	seat_focus(foreign->toplevel->desktop->seat, foreign->toplevel);
}

static void foreign_handle_request_close(struct wl_listener *listener, void *data)
{
	struct foreign *foreign = wl_container_of(listener, foreign, request_close);
	wlr_xdg_toplevel_send_close(foreign->toplevel->xdg);
}

bool foreign_init(struct desktop *desktop)
{
	desktop->foreign = wlr_foreign_toplevel_manager_v1_create(desktop->display);
	return desktop->foreign != NULL;
}

const struct wl_global *foreign_global(const struct desktop *desktop)
{
	return desktop->foreign->global;
}

void foreign_create(struct toplevel *toplevel)
{
	struct foreign *foreign = calloc(1, sizeof(*foreign));
	if (foreign != NULL) {
		foreign->handle = wlr_foreign_toplevel_handle_v1_create(toplevel->desktop->foreign);
	}
	if (foreign == NULL || foreign->handle == NULL) {
		wlr_log(WLR_ERROR, "foreign: a window is told to nobody: no memory");
		free(foreign);
		return;
	}
	struct wlr_foreign_toplevel_handle_v1 *handle = foreign->handle;
	foreign->toplevel = toplevel;
	toplevel->foreign = foreign;
	listener_attach(&foreign->request_maximize, &handle->events.request_maximize,
		foreign_handle_request_maximize);
	listener_attach(&foreign->request_minimize, &handle->events.request_minimize,
		foreign_handle_request_minimize);
	listener_attach(&foreign->request_fullscreen, &handle->events.request_fullscreen,
		foreign_handle_request_fullscreen);
	listener_attach(&foreign->request_activate, &handle->events.request_activate,
		foreign_handle_request_activate);
	listener_attach(&foreign->request_close, &handle->events.request_close,
		foreign_handle_request_close);
	foreign_update(toplevel);
}

void foreign_destroy(struct toplevel *toplevel)
{
	struct foreign *foreign = toplevel->foreign;
	if (foreign == NULL) {
		return;
	}
	toplevel->foreign = NULL;
	listener_detach(&foreign->request_maximize);
	listener_detach(&foreign->request_minimize);
	listener_detach(&foreign->request_fullscreen);
	listener_detach(&foreign->request_activate);
	listener_detach(&foreign->request_close);
	wlr_foreign_toplevel_handle_v1_destroy(foreign->handle);
	free(foreign);
}

static bool differs(const char *told, const char *now)
{
	return now != NULL && (told == NULL || strcmp(told, now) != 0);
}

static void foreign_update_names(const struct foreign *foreign)
{
	const struct wlr_xdg_toplevel *xdg = foreign->toplevel->xdg;
	if (differs(foreign->handle->title, xdg->title)) {
		wlr_foreign_toplevel_handle_v1_set_title(foreign->handle, xdg->title);
	}
	if (differs(foreign->handle->app_id, xdg->app_id)) {
		wlr_foreign_toplevel_handle_v1_set_app_id(foreign->handle, xdg->app_id);
	}
	const struct toplevel *parent = toplevel_try_from_xdg(xdg->parent);
	wlr_foreign_toplevel_handle_v1_set_parent(foreign->handle,
		parent != NULL && parent->foreign != NULL ? parent->foreign->handle : NULL);
}

static void foreign_update_outputs(const struct foreign *foreign)
{
	struct wlr_box box = toplevel_box(foreign->toplevel), overlap;
	const struct output *output;
	wl_list_for_each(output, &foreign->toplevel->desktop->outputs, link) {
		if (wlr_box_intersection(&overlap, &box, &output->box)) {
			wlr_foreign_toplevel_handle_v1_output_enter(
				foreign->handle, output->wlr_output);
		} else {
			wlr_foreign_toplevel_handle_v1_output_leave(
				foreign->handle, output->wlr_output);
		}
	}
}

void foreign_update(struct toplevel *toplevel)
{
	const struct foreign *foreign = toplevel->foreign;
	if (foreign == NULL) {
		return;
	}
	const struct wlr_xdg_toplevel_configure *told = &toplevel->xdg->scheduled;
	foreign_update_names(foreign);
	foreign_update_outputs(foreign);
	wlr_foreign_toplevel_handle_v1_set_maximized(foreign->handle, told->maximized);
	wlr_foreign_toplevel_handle_v1_set_fullscreen(foreign->handle, told->fullscreen);
	wlr_foreign_toplevel_handle_v1_set_minimized(foreign->handle, toplevel->minimized);
	wlr_foreign_toplevel_handle_v1_set_activated(
		foreign->handle, toplevel->desktop->seat->focused == toplevel);
}
