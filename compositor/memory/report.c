/* SPDX-License-Identifier: MIT */
#include "memory/report.h"

#include "allocators/chain.h"
#include "gesso-memory-report-v1-protocol.h"
#include "memory/ledger_impl.h"
#include "renderer/render_context.h"
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>
#include <wlr/types/wlr_compositor.h>

#define REPORTER_VERSION 4

struct gesso_reporter {
	struct wl_global *global;
	const struct gesso_ledger *ledger;
	const struct gesso_allocator_chain *chain;
	struct wl_listener display_destroy;
};

/* A 64-bit figure as the protocol's two arguments, high bits first. */
#define HI_LO(value) (uint32_t)((uint64_t)(value) >> 32), (uint32_t)(value)

static const struct gesso_memory_reporter_v1_interface reporter_impl;

static struct gesso_reporter *reporter_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &gesso_memory_reporter_v1_interface, &reporter_impl));
	return wl_resource_get_user_data(resource);
}

static void report_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct gesso_memory_report_v1_interface report_impl = {
	.destroy = report_request_destroy,
};

static void report_send_order(
	struct wl_resource *resource, const struct gesso_allocator_chain *chain, size_t index)
{
	struct gesso_allocator_state state = gesso_allocator_chain_state(chain, index);
	const struct gesso_allocator_failures *failures = &state.failures;
	char words[GESSO_PLACE_WORDS_BYTES];
	int place = gesso_allocator_chain_place(chain, index, words);
	if (place > 0) {
		gesso_memory_report_v1_send_allocator_place(
			resource, state.impl->name, (uint32_t)place, words);
	}
	if (failures->count > 0) {
		gesso_memory_report_v1_send_allocator_failures(resource, state.impl->name,
			HI_LO(failures->count), failures->last.code, failures->last.words);
	}
}

static void report_send_allocators(
	struct wl_resource *resource, const struct gesso_allocator_chain *chain)
{
	bool ordered = wl_resource_get_version(resource) >=
		GESSO_MEMORY_REPORT_V1_ALLOCATOR_PLACE_SINCE_VERSION;
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		struct gesso_allocator_state state = gesso_allocator_chain_state(chain, i);
		gesso_memory_report_v1_send_allocator(
			resource, state.impl->name, state.refusal.code, state.refusal.words);
		if (ordered) {
			report_send_order(resource, chain, i);
		}
	}
}

static void report_send_paths(
	struct wl_resource *resource, const struct gesso_ledger_client *client, uint32_t id)
{
	for (enum gesso_path path = 0; path < GESSO_PATHS_LEN; path++) {
		const struct gesso_path_figures *figures = &client->paths[path];
		if (figures->frames == 0 && figures->refusal.code == GESSO_REASON_NONE) {
			continue;
		}
		gesso_memory_report_v1_send_path(resource, id, path, HI_LO(figures->frames),
			HI_LO(figures->imports), HI_LO(figures->copied_bytes),
			HI_LO(gesso_ledger_client_texture_bytes(client, path)),
			figures->refusal.code, figures->refusal.words);
	}
}

static void report_send_buffer(struct wl_resource *resource,
	const struct gesso_ledger_buffer *buffer, uint32_t id, uint64_t inode, uint64_t size_bytes)
{
	gesso_memory_report_v1_send_buffer(resource, id, buffer->path,
		buffer->impl ? buffer->impl->name : "", ledger_buffer_kind(buffer), HI_LO(inode),
		HI_LO(size_bytes), buffer->width_px, buffer->height_px, buffer->fourcc,
		buffer->shown > 0);
}

static void report_send_buffers(
	struct wl_resource *resource, const struct gesso_ledger_client *client, uint32_t id)
{
	const struct gesso_ledger_buffer *buffer;
	wl_list_for_each(buffer, &client->buffers, link) {
		report_send_buffer(resource, buffer, id, buffer->inode, buffer->size_bytes);
		for (size_t i = 0; i < buffer->more_len; i++) {
			report_send_buffer(resource, buffer, id, buffer->more[i].inode,
				buffer->more[i].size_bytes);
		}
	}
}

static void report_send_surfaces(
	struct wl_resource *resource, const struct gesso_ledger_client *client, uint32_t id)
{
	if (wl_resource_get_version(resource) < GESSO_MEMORY_REPORT_V1_SURFACE_SINCE_VERSION) {
		return;
	}
	const struct ledger_surface *surface;
	wl_list_for_each(surface, &client->surfaces, link) {
		if (surface->client_buffer) {
			const struct wlr_surface_state *shown = &surface->surface->current;
			struct gesso_reason choice = ledger_surface_choice(surface);
			gesso_memory_report_v1_send_surface(resource, id, surface->path,
				shown->buffer_width, shown->buffer_height, choice.code,
				choice.words);
		}
	}
}

static void report_send_budgets(
	struct wl_resource *resource, const struct gesso_ledger_client *client, uint32_t id)
{
	if (wl_resource_get_version(resource) < GESSO_MEMORY_REPORT_V1_BUDGET_SINCE_VERSION) {
		return;
	}
	for (enum gesso_budget_kind kind = 0; kind < GESSO_BUDGETS_LEN; kind++) {
		gesso_memory_report_v1_send_budget(resource, id, gesso_budget_name(kind),
			HI_LO(ledger_client_has(client, kind)),
			HI_LO(client->ledger->budget.limits[kind]));
	}
}

/* Of all clients together: id 0. */
static void report_send_ceiling(struct wl_resource *resource, const struct gesso_ledger *ledger)
{
	if (wl_resource_get_version(resource) < GESSO_MEMORY_REPORT_V1_BUDGET_SINCE_VERSION) {
		return;
	}
	uint64_t held_bytes = ledger_total_held(ledger);
	gesso_memory_report_v1_send_budget(
		resource, 0, "ceiling", HI_LO(held_bytes), HI_LO(ledger->budget.ceiling_bytes));
}

static void report_send(struct wl_resource *resource, const struct gesso_reporter *reporter)
{
	const struct gesso_render_context *context = reporter->ledger->context;
	gesso_memory_report_v1_send_compositor(resource, getpid(), context->name, context->why,
		context->software, HI_LO(reporter->ledger->budget.limits[GESSO_BUDGET_BYTES]));
	report_send_allocators(resource, reporter->chain);
	report_send_ceiling(resource, reporter->ledger);

	uint32_t id = 0;
	const struct gesso_ledger_client *client;
	wl_list_for_each(client, &reporter->ledger->clients, link) {
		id++;
		gesso_memory_report_v1_send_client(resource, id, client->pid, client->name,
			(uint32_t)ledger_client_surfaces_shown(client), HI_LO(client->held_bytes));
		report_send_budgets(resource, client, id);
		report_send_paths(resource, client, id);
		report_send_buffers(resource, client, id);
		report_send_surfaces(resource, client, id);
	}
	gesso_memory_report_v1_send_done(resource);
}

static void reporter_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void reporter_request_get_report(
	struct wl_client *client, struct wl_resource *reporter_resource, uint32_t id)
{
	struct gesso_reporter *reporter = reporter_from_resource(reporter_resource);
	struct wl_resource *resource = wl_resource_create(client, &gesso_memory_report_v1_interface,
		wl_resource_get_version(reporter_resource), id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &report_impl, NULL, NULL);
	report_send(resource, reporter);
}

static const struct gesso_memory_reporter_v1_interface reporter_impl = {
	.destroy = reporter_request_destroy,
	.get_report = reporter_request_get_report,
};

static void reporter_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &gesso_memory_reporter_v1_interface, (int)version, id);
	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &reporter_impl, data, NULL);
}

static void reporter_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_reporter *reporter = wl_container_of(listener, reporter, display_destroy);
	wl_list_remove(&reporter->display_destroy.link);
	wl_global_destroy(reporter->global);
	free(reporter);
}

struct gesso_reporter *gesso_reporter_create(struct wl_display *display,
	const struct gesso_ledger *ledger, const struct gesso_allocator_chain *chain)
{
	struct gesso_reporter *reporter = calloc(1, sizeof(*reporter));
	if (!reporter) {
		return NULL;
	}
	reporter->ledger = ledger;
	reporter->chain = chain;
	reporter->global = wl_global_create(display, &gesso_memory_reporter_v1_interface,
		REPORTER_VERSION, reporter, reporter_bind);
	if (!reporter->global) {
		free(reporter);
		return NULL;
	}
	reporter->display_destroy.notify = reporter_handle_display_destroy;
	wl_display_add_destroy_listener(display, &reporter->display_destroy);
	return reporter;
}

bool gesso_reporter_owns_global(
	const struct gesso_reporter *reporter, const struct wl_global *global)
{
	return reporter->global == global;
}
