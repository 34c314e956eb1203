/* SPDX-License-Identifier: MIT */
#include "memory/objects.h"
#include "memory/client_end.h"
#include "memory/descriptor_table.h"
#include "memory/each_frame.h"
#include "memory/ledger.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wayland-server-protocol.h>

/* A client with fewer is never the one that has filled the table. */
#define LEAST_TO_END 8

struct gesso_objects {
	struct gesso_ledger *ledger;
	struct wl_list clients; /* client_objects.link */
	struct wl_listener client_created, display_destroy;
};

/* Lives as long as its wl_client, whose resources go between the two signals. */
struct client_objects {
	struct gesso_objects *objects; /* NULL once the display is gone */
	struct wl_client *client;
	uint64_t callbacks_left; /* may be made before they are counted again */
	struct wl_listener resource_created, destroy_late;
	struct wl_list link;
	uint64_t counts[GESSO_BUDGETS_LEN]; /* that of callbacks: when they were last counted */
};

struct counted {
	uint64_t *count;
	uint64_t weight;
	struct wl_listener destroy;
};

struct counted_class {
	const char *name;
	enum gesso_budget_kind kind;
	uint64_t weight; /* descriptors that each keeps open, at most, for DESCRIPTORS */
};

static const struct counted_class *find_class(const char *name)
{
	static const struct counted_class table[] = {
		{"wl_buffer", GESSO_BUDGET_DESCRIPTORS, 1},
		{"wl_shm_pool", GESSO_BUDGET_DESCRIPTORS, 1},
		{"wl_surface", GESSO_BUDGET_SURFACES, 1},
		/* its keymap's */
		{"zwp_virtual_keyboard_v1", GESSO_BUDGET_DESCRIPTORS, 1},
		/* its socket and what ends it, and the event loop's of both */
		{"wp_security_context_v1", GESSO_BUDGET_DESCRIPTORS, 4},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(name, table[i].name) == 0) {
			return &table[i];
		}
	}
	return NULL;
}

static uint64_t descriptors_of(const struct client_objects *owner)
{
	return owner->counts[GESSO_BUDGET_DESCRIPTORS] +
		gesso_ledger_more_descriptors(owner->objects->ledger, owner->client);
}

/* Where one is on its way out already, what it gives back is waited for. */
static void relieve(struct gesso_objects *objects, struct wl_client *last)
{
	struct client_objects *owner, *largest = NULL;
	wl_list_for_each(owner, &objects->clients, link) {
		if (gesso_client_is_ending(owner->client)) {
			return;
		}
		if (largest == NULL || descriptors_of(owner) > descriptors_of(largest)) {
			largest = owner;
		}
	}
	if (largest != NULL && descriptors_of(largest) >= LEAST_TO_END) {
		gesso_client_end(largest->client,
			"the descriptor table is nearly full, and it has most of it");
	} else if (last != NULL) {
		gesso_client_end(last, "the descriptor table is nearly full, and it came last");
	}
}

EACH_FRAME static void counted_handle_destroy(struct wl_listener *listener, void *data)
{
	struct counted *counted = wl_container_of(listener, counted, destroy);
	*counted->count -= counted->weight;
	free(counted);
}

EACH_FRAME static void check_budget(struct client_objects *owner, enum gesso_budget_kind kind)
{
	const struct gesso_budget *budget = &owner->objects->ledger->budget;
	uint64_t has =
		kind == GESSO_BUDGET_DESCRIPTORS ? descriptors_of(owner) : owner->counts[kind];
	if (kind == GESSO_BUDGET_SURFACES || has <= budget->limits[kind]) {
		return;
	}
	char why[80];
	snprintf(why, sizeof(why), "a client may have %llu %s",
		(unsigned long long)budget->limits[kind], gesso_budget_name(kind));
	gesso_client_end(owner->client, why);
}

static enum wl_iterator_result count_callback(struct wl_resource *resource, void *data)
{
	uint64_t *count = data;
	*count += wl_resource_get_class(resource) == wl_callback_interface.name;
	return WL_ITERATOR_CONTINUE;
}

static uint64_t recount_callbacks(struct client_objects *owner)
{
	uint64_t count = 0;
	wl_client_for_each_resource(owner->client, count_callback, &count);
	owner->counts[GESSO_BUDGET_CALLBACKS] = count;
	return count;
}

/*
 * There is a callback for each frame that anybody shows, and it is gone a frame later, so
 * only those that are made are counted, until they would be too many. Where it shows then
 * that nearly all are still there, a sixty-fourth of the limit is let through before the
 * next time: it takes a look at all of the client's objects.
 */
EACH_FRAME static void callback_was_added(struct client_objects *owner)
{
	if (owner->callbacks_left > 0) {
		owner->callbacks_left--;
		return;
	}
	uint64_t limit = owner->objects->ledger->budget.limits[GESSO_BUDGET_CALLBACKS];
	uint64_t count = recount_callbacks(owner), least = limit / 64;
	owner->callbacks_left = count + least < limit ? limit - count : least;
	check_budget(owner, GESSO_BUDGET_CALLBACKS);
}

static void descriptors_were_added(struct client_objects *owner)
{
	check_budget(owner, GESSO_BUDGET_DESCRIPTORS);
	if (descriptor_table_is_nearly_full()) {
		relieve(owner->objects, NULL);
	}
}

EACH_FRAME static void objects_handle_resource_created(struct wl_listener *listener, void *data)
{
	struct client_objects *owner = wl_container_of(listener, owner, resource_created);
	struct wl_resource *resource = data;
	const char *name = wl_resource_get_class(resource);
	if (owner->objects == NULL) {
		return;
	}
	if (name == wl_callback_interface.name) {
		callback_was_added(owner);
		return;
	}
	const struct counted_class *class = find_class(name);
	if (class == NULL) {
		return;
	}
	struct counted *counted = calloc(1, sizeof(*counted));
	if (counted == NULL) {
		gesso_client_end(owner->client, "no memory to count what it has");
		return;
	}
	counted->count = &owner->counts[class->kind];
	counted->weight = class->weight;
	counted->destroy.notify = counted_handle_destroy;
	wl_resource_add_destroy_listener(resource, &counted->destroy);
	*counted->count += class->weight;
	if (class->kind == GESSO_BUDGET_DESCRIPTORS) {
		descriptors_were_added(owner);
	} else {
		check_budget(owner, class->kind);
	}
}

static void objects_handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct client_objects *owner = wl_container_of(listener, owner, destroy_late);
	wl_list_remove(&owner->link);
	wl_list_remove(&owner->resource_created.link);
	free(owner);
}

static void objects_handle_client_created(struct wl_listener *listener, void *data)
{
	struct gesso_objects *objects = wl_container_of(listener, objects, client_created);
	struct wl_client *client = data;
	struct client_objects *owner = calloc(1, sizeof(*owner));
	if (owner == NULL) {
		gesso_client_end(client, "no memory to count what it has");
		return;
	}
	owner->objects = objects;
	owner->client = client;
	owner->callbacks_left = objects->ledger->budget.limits[GESSO_BUDGET_CALLBACKS];
	wl_list_insert(&objects->clients, &owner->link);
	owner->resource_created.notify = objects_handle_resource_created;
	wl_client_add_resource_created_listener(client, &owner->resource_created);
	owner->destroy_late.notify = objects_handle_client_destroy;
	wl_client_add_destroy_late_listener(client, &owner->destroy_late);
	if (descriptor_table_is_nearly_full()) {
		relieve(objects, client);
	}
}

static void objects_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_objects *objects = wl_container_of(listener, objects, display_destroy);
	struct client_objects *owner, *next;
	wl_list_for_each_safe(owner, next, &objects->clients, link) {
		owner->objects = NULL;
		wl_list_remove(&owner->link);
		wl_list_init(&owner->link);
	}
	wl_list_remove(&objects->client_created.link);
	wl_list_remove(&objects->display_destroy.link);
	free(objects);
}

struct gesso_objects *gesso_objects_create(struct wl_display *display, struct gesso_ledger *ledger)
{
	struct gesso_objects *objects = calloc(1, sizeof(*objects));
	if (objects == NULL) {
		return NULL;
	}
	objects->ledger = ledger;
	wl_list_init(&objects->clients);
	objects->client_created.notify = objects_handle_client_created;
	wl_display_add_client_created_listener(display, &objects->client_created);
	objects->display_destroy.notify = objects_handle_display_destroy;
	wl_display_add_destroy_listener(display, &objects->display_destroy);
	return objects;
}

static struct client_objects *try_from_client(struct wl_client *client)
{
	struct wl_listener *listener =
		wl_client_get_destroy_late_listener(client, objects_handle_client_destroy);
	struct client_objects *owner = NULL;
	return listener != NULL ? wl_container_of(listener, owner, destroy_late) : NULL;
}

void gesso_objects_hold_descriptors(struct wl_client *client, size_t len)
{
	struct client_objects *owner = try_from_client(client);
	if (owner != NULL) {
		owner->counts[GESSO_BUDGET_DESCRIPTORS] += len;
		if (owner->objects != NULL) {
			descriptors_were_added(owner);
		}
	}
}

void gesso_objects_drop_descriptors(struct wl_client *client, size_t len)
{
	struct client_objects *owner = try_from_client(client);
	if (owner != NULL) {
		assert(owner->counts[GESSO_BUDGET_DESCRIPTORS] >= len);
		owner->counts[GESSO_BUDGET_DESCRIPTORS] -= len;
	}
}

bool gesso_objects_may_have_descriptor(struct wl_client *client, struct gesso_reason *why)
{
	const struct client_objects *owner = try_from_client(client);
	if (owner == NULL || owner->objects == NULL) {
		return true;
	}
	uint64_t most = owner->objects->ledger->budget.limits[GESSO_BUDGET_DESCRIPTORS];
	if (descriptors_of(owner) >= most) {
		gesso_reason_set(why, GESSO_REASON_NO_DESCRIPTORS,
			"a client may have %llu descriptors", (unsigned long long)most);
		return false;
	}
	if (descriptor_table_is_nearly_full()) {
		gesso_reason_set(why, GESSO_REASON_NO_DESCRIPTORS,
			"the compositor's table of descriptors is nearly full");
		return false;
	}
	return true;
}

uint64_t gesso_objects_count(struct wl_client *client, enum gesso_budget_kind kind)
{
	struct client_objects *owner = try_from_client(client);
	if (owner == NULL) {
		return 0;
	}
	if (kind == GESSO_BUDGET_CALLBACKS) {
		return recount_callbacks(owner);
	}
	return kind == GESSO_BUDGET_DESCRIPTORS && owner->objects != NULL ? descriptors_of(owner)
									  : owner->counts[kind];
}
