/* SPDX-License-Identifier: MIT */
#include "screen/foreign.h"
#include "memory/clock.h"
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

/* What every taskbar is told: at once, then in each second. A deaf one lasts for a minute. */
#define ROOM_BYTES (32 * 1024)
#define ROOM_BYTES_PER_S (12 * 1024)
#define RETRY_MS 50
/* What else goes with a name, and a window's states and outputs; some more than they are. */
#define NAME_BYTES 32
#define STATES_BYTES 128

struct foreign {
	struct wl_list link; /* foreign_manager.waiting, else by itself */
	struct toplevel *toplevel;
	struct wlr_foreign_toplevel_handle_v1 *handle; /* NULL until it is told the first time */
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

const struct wl_global *foreign_global(const struct desktop *desktop)
{
	return desktop->foreign.wlr->global;
}

/* Its turn comes once there is room; what it is then is told. */
static void foreign_wait(struct foreign *foreign)
{
	struct foreign_manager *manager = &foreign->toplevel->desktop->foreign;
	if (wl_list_empty(&foreign->link)) {
		wl_list_insert(manager->waiting.prev, &foreign->link);
		wl_event_source_timer_update(manager->timer, RETRY_MS);
	}
}

static size_t count_told(const struct desktop *desktop, const struct wl_client *client)
{
	size_t count = 0;
	const struct toplevel *toplevel;
	wl_list_for_each(toplevel, &desktop->toplevels, link) {
		count += toplevel->foreign != NULL && toplevel->foreign->handle != NULL &&
			wl_resource_get_client(toplevel->xdg->resource) == client;
	}
	return count;
}

static void foreign_listen(struct foreign *foreign)
{
	struct wlr_foreign_toplevel_handle_v1 *handle = foreign->handle;
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
}

/* False if it is not to be told, or cannot be. */
static bool foreign_begin(struct foreign *foreign)
{
	struct desktop *desktop = foreign->toplevel->desktop;
	struct wl_client *client = wl_resource_get_client(foreign->toplevel->xdg->resource);
	if (count_told(desktop, client) >= FOREIGN_MAX_OF_A_CLIENT) {
		return false;
	}
	foreign->handle = wlr_foreign_toplevel_handle_v1_create(desktop->foreign.wlr);
	if (foreign->handle == NULL) {
		wlr_log(WLR_ERROR, "foreign: a window is told to nobody: no memory");
		return false;
	}
	foreign_listen(foreign);
	struct toplevel *child;
	wl_list_for_each(child, &desktop->toplevels, link) {
		if (child->foreign != NULL && child->xdg->parent == foreign->toplevel->xdg) {
			foreign_wait(child->foreign);
		}
	}
	return true;
}

/* As much of it as is told; no character is cut in two. */
static void cut_name(char cut[static FOREIGN_NAME_BYTES], const char *name)
{
	size_t len = strnlen(name, FOREIGN_NAME_BYTES);
	if (len == FOREIGN_NAME_BYTES) {
		len--;
		while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80) {
			len--;
		}
	}
	memcpy(cut, name, len);
	cut[len] = '\0';
}

static bool differs(const char *told, const char *now)
{
	return told == NULL || strcmp(told, now) != 0;
}

/* Returns what was told, in bytes. */
static size_t foreign_tell_names(const struct foreign *foreign)
{
	const struct wlr_xdg_toplevel *xdg = foreign->toplevel->xdg;
	char name[FOREIGN_NAME_BYTES];
	size_t told_bytes = 0;
	cut_name(name, xdg->title != NULL ? xdg->title : "");
	if (xdg->title != NULL && differs(foreign->handle->title, name)) {
		wlr_foreign_toplevel_handle_v1_set_title(foreign->handle, name);
		told_bytes += NAME_BYTES + strlen(name);
	}
	cut_name(name, xdg->app_id != NULL ? xdg->app_id : "");
	if (xdg->app_id != NULL && differs(foreign->handle->app_id, name)) {
		wlr_foreign_toplevel_handle_v1_set_app_id(foreign->handle, name);
		told_bytes += NAME_BYTES + strlen(name);
	}
	return told_bytes;
}

/* Returns whether anything was told. */
static bool foreign_tell_parent(const struct foreign *foreign)
{
	const struct toplevel *parent = toplevel_try_from_xdg(foreign->toplevel->xdg->parent);
	struct wlr_foreign_toplevel_handle_v1 *handle =
		parent != NULL && parent->foreign != NULL ? parent->foreign->handle : NULL;
	bool changed = handle != foreign->handle->parent;
	wlr_foreign_toplevel_handle_v1_set_parent(foreign->handle, handle);
	return changed;
}

static bool is_told_on(
	const struct wlr_foreign_toplevel_handle_v1 *handle, const struct wlr_output *output)
{
	const struct wlr_foreign_toplevel_handle_v1_output *told;
	wl_list_for_each(told, &handle->outputs, link) {
		if (told->output == output) {
			return true;
		}
	}
	return false;
}

static bool foreign_tell_outputs(const struct foreign *foreign)
{
	struct wlr_box box = toplevel_box(foreign->toplevel), overlap;
	bool changed = false;
	const struct output *output;
	wl_list_for_each(output, &foreign->toplevel->desktop->outputs, link) {
		bool told = is_told_on(foreign->handle, output->wlr_output);
		bool now = wlr_box_intersection(&overlap, &box, &output->box);
		if (now && !told) {
			wlr_foreign_toplevel_handle_v1_output_enter(
				foreign->handle, output->wlr_output);
		} else if (told && !now) {
			wlr_foreign_toplevel_handle_v1_output_leave(
				foreign->handle, output->wlr_output);
		}
		changed |= now != told;
	}
	return changed;
}

static bool foreign_tell_states(const struct foreign *foreign)
{
	const struct toplevel *toplevel = foreign->toplevel;
	const struct wlr_xdg_toplevel_configure *now = &toplevel->xdg->scheduled;
	uint32_t told = foreign->handle->state;
	wlr_foreign_toplevel_handle_v1_set_maximized(foreign->handle, now->maximized);
	wlr_foreign_toplevel_handle_v1_set_fullscreen(foreign->handle, now->fullscreen);
	wlr_foreign_toplevel_handle_v1_set_minimized(foreign->handle, toplevel->minimized);
	wlr_foreign_toplevel_handle_v1_set_activated(
		foreign->handle, toplevel->desktop->seat->focused == toplevel);
	return told != foreign->handle->state;
}

static void foreign_tell(struct foreign *foreign)
{
	bool first = foreign->handle == NULL;
	if (first && !foreign_begin(foreign)) {
		return;
	}
	int64_t *room_bytes = &foreign->toplevel->desktop->foreign.room_bytes;
	*room_bytes -= (int64_t)foreign_tell_names(foreign);
	bool parent = foreign_tell_parent(foreign), outputs = foreign_tell_outputs(foreign);
	if (foreign_tell_states(foreign) || first || parent || outputs) {
		*room_bytes -= STATES_BYTES;
	}
}

static bool has_room(struct foreign_manager *manager)
{
	int64_t now_ns = clock_now_ns();
	int64_t gained = (now_ns - manager->counted_ns) / (1000000000 / ROOM_BYTES_PER_S);
	if (gained > ROOM_BYTES - manager->room_bytes) {
		manager->room_bytes = ROOM_BYTES;
		manager->counted_ns = now_ns;
	} else if (gained > 0) {
		manager->room_bytes += gained;
		manager->counted_ns += gained * (1000000000 / ROOM_BYTES_PER_S);
	}
	return manager->room_bytes > 0;
}

static int foreign_handle_room(void *data)
{
	struct foreign_manager *manager = data;
	while (!wl_list_empty(&manager->waiting) && has_room(manager)) {
		struct foreign *foreign = wl_container_of(manager->waiting.next, foreign, link);
		wl_list_remove(&foreign->link);
		wl_list_init(&foreign->link);
		foreign_tell(foreign);
	}
	wl_event_source_timer_update(
		manager->timer, wl_list_empty(&manager->waiting) ? 0 : RETRY_MS);
	return 0;
}

void foreign_update(struct toplevel *toplevel)
{
	struct foreign *foreign = toplevel->foreign;
	struct foreign_manager *manager = &toplevel->desktop->foreign;
	if (foreign == NULL) {
		return;
	}
	if (wl_list_empty(&manager->waiting) && has_room(manager)) {
		foreign_tell(foreign);
	} else {
		foreign_wait(foreign);
	}
}

void foreign_create(struct toplevel *toplevel)
{
	struct foreign *foreign = calloc(1, sizeof(*foreign));
	if (foreign == NULL) {
		wlr_log(WLR_ERROR, "foreign: a window is told to nobody: no memory");
		return;
	}
	wl_list_init(&foreign->link);
	foreign->toplevel = toplevel;
	toplevel->foreign = foreign;
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
	wl_list_remove(&foreign->link);
	if (foreign->handle != NULL) {
		wlr_foreign_toplevel_handle_v1_destroy(foreign->handle);
	}
	free(foreign);
}

bool foreign_init(struct desktop *desktop)
{
	struct foreign_manager *manager = &desktop->foreign;
	wl_list_init(&manager->waiting);
	manager->wlr = wlr_foreign_toplevel_manager_v1_create(desktop->display);
	manager->timer = wl_event_loop_add_timer(
		wl_display_get_event_loop(desktop->display), foreign_handle_room, manager);
	return manager->wlr != NULL && manager->timer != NULL;
}

void foreign_finish(struct desktop *desktop)
{
	if (desktop->foreign.timer != NULL) {
		wl_event_source_remove(desktop->foreign.timer);
		desktop->foreign.timer = NULL;
	}
}
