/* SPDX-License-Identifier: MIT */
/* More surfaces than anyone needs, and deeper ones. */
#include "case.h"
#include "scene.h"

struct attack {
	struct scene scene;
	struct client *client;
	struct window window;
	struct buffer buffer;
};

static void attack_begin(struct attack *attack)
{
	*attack = (struct attack){0};
	scene_begin(&attack->scene);
	attack->client = &attack->scene.offender;
	scene_show(&attack->window, &attack->buffer, attack->client, 100, 90, 0xff135724);
}

static void attack_end(struct attack *attack)
{
	buffer_unmap(&attack->buffer);
	scene_end(&attack->scene);
}

enum order {
	ROOT_FIRST,
	LEAF_FIRST,
	UNCOMMITTED,
};

/* `count` subsurfaces, one in the other. */
static void nest(struct client *client, struct wl_surface *root, int count, enum order order)
{
	struct wl_surface *surface = root;
	for (int i = 0; i < count; i++) {
		struct wl_surface *next = wl_compositor_create_surface(client->compositor);
		if (order == LEAF_FIRST) {
			wl_subcompositor_get_subsurface(client->subcompositor, surface, next);
			wl_surface_commit(next);
		} else {
			wl_subcompositor_get_subsurface(client->subcompositor, next, surface);
			if (order == ROOT_FIRST) {
				wl_surface_commit(surface);
			}
		}
		surface = next;
		if (wl_display_roundtrip(client->display) < 0) {
			return;
		}
	}
}

static void nest_too_deep(enum order order, int count)
{
	struct attack attack;
	attack_begin(&attack);
	struct wl_surface *root = order == LEAF_FIRST
		? wl_compositor_create_surface(attack.client->compositor)
		: attack.window.surface;
	nest(attack.client, root, count, order);
	if (order == UNCOMMITTED && wl_display_get_error(attack.client->display) == 0) {
		wl_surface_commit(attack.window.surface);
	}
	client_expect_error(attack.client, "wl_display", WL_DISPLAY_ERROR_IMPLEMENTATION);
	client_roundtrip(&attack.scene.bystander);
	attack_end(&attack);
}

CASE(subsurfaces_too_deep)
{
	nest_too_deep(ROOT_FIRST, 20000);
}

CASE(subsurfaces_grow_at_the_root)
{
	nest_too_deep(LEAF_FIRST, 20000);
}

CASE(subsurfaces_without_commits)
{
	nest_too_deep(UNCOMMITTED, 20000);
}

CASE(subsurfaces_just_deep_enough)
{
	struct attack attack;
	attack_begin(&attack);
	nest(attack.client, attack.window.surface, 64, ROOT_FIRST);
	client_roundtrip(attack.client);
	nest(attack.client, attack.window.surface, 64, UNCOMMITTED);
	client_roundtrip(attack.client);
	attack_end(&attack);
}

CASE(too_many_surfaces)
{
	struct attack attack;
	attack_begin(&attack);
	for (int i = 0; i < 3000; i++) {
		wl_surface_destroy(wl_compositor_create_surface(attack.client->compositor));
	}
	for (int i = 0; i < 4095; i++) {
		wl_compositor_create_surface(attack.client->compositor);
	}
	client_roundtrip(attack.client);
	wl_compositor_create_surface(attack.client->compositor);
	client_expect_error(attack.client, "wl_display", WL_DISPLAY_ERROR_IMPLEMENTATION);
	attack_end(&attack);
}
