/* SPDX-License-Identifier: MIT */
/* Windows as a taskbar sees and steers them. */
#include "case.h"
#include "scene.h"
#include "wlr-foreign-toplevel-management-unstable-v1-client-protocol.h"
#include <stdio.h>
#include <string.h>

#define OWN_COLOR 0xff135724
#define ENTRIES_MAX 8

struct entry {
	struct zwlr_foreign_toplevel_handle_v1 *handle;
	char title[64];
	bool maximized, minimized, activated, fullscreen, closed;
	int outputs;
};

/* The offender's, over the bystander's window and one of its own. */
struct taskbar {
	struct scene scene;
	struct window window;
	struct buffer buffer;
	struct zwlr_foreign_toplevel_manager_v1 *manager;
	struct entry entries[ENTRIES_MAX];
	size_t entries_len;
};

static void entry_handle_title(
	void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, const char *title)
{
	struct entry *entry = data;
	snprintf(entry->title, sizeof(entry->title), "%s", title);
}

static void entry_handle_app_id(
	void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, const char *app_id)
{
}

static void entry_handle_output_enter(
	void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, struct wl_output *output)
{
	((struct entry *)data)->outputs++;
}

static void entry_handle_output_leave(
	void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, struct wl_output *output)
{
	((struct entry *)data)->outputs--;
}

static void entry_handle_state(
	void *data, struct zwlr_foreign_toplevel_handle_v1 *handle, struct wl_array *states)
{
	struct entry *entry = data;
	bool *flags[] = {
		&entry->maximized, &entry->minimized, &entry->activated, &entry->fullscreen};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		*flags[i] = false;
	}
	const uint32_t *state;
	wl_array_for_each(state, states) {
		CHECK_INT(<, *state, sizeof(flags) / sizeof(flags[0]));
		*flags[*state] = true;
	}
}

static void entry_handle_done(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle)
{
}

static void entry_handle_closed(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle)
{
	((struct entry *)data)->closed = true;
}

static void entry_handle_parent(void *data, struct zwlr_foreign_toplevel_handle_v1 *handle,
	struct zwlr_foreign_toplevel_handle_v1 *parent)
{
}

static const struct zwlr_foreign_toplevel_handle_v1_listener entry_listener = {
	.title = entry_handle_title,
	.app_id = entry_handle_app_id,
	.output_enter = entry_handle_output_enter,
	.output_leave = entry_handle_output_leave,
	.state = entry_handle_state,
	.done = entry_handle_done,
	.closed = entry_handle_closed,
	.parent = entry_handle_parent,
};

static void taskbar_handle_toplevel(void *data, struct zwlr_foreign_toplevel_manager_v1 *manager,
	struct zwlr_foreign_toplevel_handle_v1 *handle)
{
	struct taskbar *taskbar = data;
	CHECK_INT(<, taskbar->entries_len, ENTRIES_MAX);
	struct entry *entry = &taskbar->entries[taskbar->entries_len++];
	entry->handle = handle;
	zwlr_foreign_toplevel_handle_v1_add_listener(handle, &entry_listener, entry);
}

static void taskbar_handle_finished(void *data, struct zwlr_foreign_toplevel_manager_v1 *manager)
{
}

static const struct zwlr_foreign_toplevel_manager_v1_listener taskbar_listener = {
	.toplevel = taskbar_handle_toplevel,
	.finished = taskbar_handle_finished,
};

static void taskbar_begin(struct taskbar *taskbar)
{
	*taskbar = (struct taskbar){0};
	scene_begin(&taskbar->scene);
	struct client *client = &taskbar->scene.offender;
	taskbar->manager = scene_bind(client, &zwlr_foreign_toplevel_manager_v1_interface, 3);
	CHECK(taskbar->manager != NULL);
	zwlr_foreign_toplevel_manager_v1_add_listener(taskbar->manager, &taskbar_listener, taskbar);
	scene_show(&taskbar->window, &taskbar->buffer, client, 50, 40, OWN_COLOR);
	xdg_toplevel_set_title(taskbar->window.toplevel, "own");
	client_roundtrip(client);
}

static void taskbar_end(struct taskbar *taskbar)
{
	for (size_t i = 0; i < taskbar->entries_len; i++) {
		zwlr_foreign_toplevel_handle_v1_destroy(taskbar->entries[i].handle);
	}
	zwlr_foreign_toplevel_manager_v1_destroy(taskbar->manager);
	if (taskbar->window.surface != NULL) {
		window_destroy(&taskbar->window);
	}
	buffer_destroy(&taskbar->buffer);
	scene_end(&taskbar->scene);
}

/* After all that was asked for took effect. */
static struct entry *taskbar_find(struct taskbar *taskbar, const char *title)
{
	client_roundtrip(&taskbar->scene.offender);
	client_roundtrip(&taskbar->scene.offender);
	for (size_t i = 0; i < taskbar->entries_len; i++) {
		if (strcmp(taskbar->entries[i].title, title) == 0) {
			return &taskbar->entries[i];
		}
	}
	FAIL("no window '%s' is listed", title);
}

CASE(taskbar_lists_windows)
{
	struct taskbar taskbar;
	taskbar_begin(&taskbar);
	const struct entry *own = taskbar_find(&taskbar, "own");
	const struct entry *other = taskbar_find(&taskbar, "hostile");
	CHECK(own->activated && !other->activated);
	CHECK_EQUAL(own->outputs, 1);
	zwlr_foreign_toplevel_handle_v1_activate(other->handle, taskbar.scene.offender.seat);
	taskbar_find(&taskbar, "own");
	CHECK(!own->activated && other->activated);
	zwlr_foreign_toplevel_handle_v1_set_maximized(other->handle);
	taskbar_find(&taskbar, "own");
	client_roundtrip(&taskbar.scene.bystander);
	CHECK(other->maximized);
	CHECK_EQUAL(taskbar.scene.window.width_px, SCENE_WIDTH_PX);

	window_destroy(&taskbar.window);
	taskbar_find(&taskbar, "own");
	CHECK(own->closed);
	zwlr_foreign_toplevel_handle_v1_set_fullscreen(own->handle, NULL);
	zwlr_foreign_toplevel_handle_v1_close(own->handle);
	taskbar_end(&taskbar);
}

/* Its place, its focus and its pixels are gone, and come back with the focus. */
CASE(minimized_window_comes_back)
{
	struct taskbar taskbar;
	taskbar_begin(&taskbar);
	const struct entry *own = taskbar_find(&taskbar, "own");
	const struct entry *other = taskbar_find(&taskbar, "hostile");
	xdg_toplevel_set_minimized(taskbar.window.toplevel);
	taskbar_find(&taskbar, "own");
	CHECK(own->minimized && !own->activated && other->activated);
	CHECK_INT(<=, scene_find(&taskbar.scene, OWN_COLOR).width_px, 0);
	zwlr_foreign_toplevel_handle_v1_unset_minimized(own->handle);
	taskbar_find(&taskbar, "own");
	CHECK(!own->minimized && own->activated && !other->activated);
	CHECK_EQUAL(scene_find(&taskbar.scene, OWN_COLOR).width_px, 50);

	zwlr_foreign_toplevel_handle_v1_set_minimized(other->handle);
	zwlr_foreign_toplevel_handle_v1_set_minimized(own->handle);
	taskbar_find(&taskbar, "own");
	CHECK(own->minimized && other->minimized && !own->activated && !other->activated);
	zwlr_foreign_toplevel_handle_v1_set_maximized(other->handle);
	taskbar_find(&taskbar, "own");
	CHECK(!other->minimized && other->activated && other->maximized);
	surface_commit(taskbar.window.surface, NULL);
	taskbar_find(&taskbar, "own");
	CHECK(own->closed);
	taskbar_end(&taskbar);
}

/*
 * Names of 4 KB, one after the other, told to a taskbar that does not read: it is there when
 * it does, and knows the last one.
 */
CASE(names_do_not_drown_a_slow_taskbar)
{
	struct taskbar taskbar;
	static char title[4000];
	taskbar_begin(&taskbar);
	taskbar_find(&taskbar, "hostile");
	struct client *bystander = &taskbar.scene.bystander;
	memset(title, 'x', sizeof(title) - 1);
	for (int i = 0; i < 3000; i++) {
		title[0] = (char)('a' + i % 2);
		xdg_toplevel_set_title(taskbar.scene.window.toplevel, title);
		xdg_toplevel_set_app_id(taskbar.scene.window.toplevel, title);
		if (i % 2 == 0) {
			xdg_toplevel_set_maximized(taskbar.scene.window.toplevel);
		} else {
			xdg_toplevel_unset_maximized(taskbar.scene.window.toplevel);
		}
		client_roundtrip(bystander);
	}
	xdg_toplevel_set_title(taskbar.scene.window.toplevel, "last");
	client_roundtrip(bystander);
	size_t found = taskbar.entries_len;
	while (found == taskbar.entries_len) {
		client_roundtrip(&taskbar.scene.offender);
		for (found = 0; found < taskbar.entries_len; found++) {
			if (strcmp(taskbar.entries[found].title, "last") == 0) {
				break;
			}
		}
	}
	taskbar_end(&taskbar);
}
