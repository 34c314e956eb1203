/* SPDX-License-Identifier: MIT */
#include "memory/report_events.h"

#include "gesso-memory-report-v1-client-protocol.h"
#include "memory/report_client.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t join(uint32_t hi, uint32_t lo)
{
	return (uint64_t)hi << 32 | lo;
}

static char *copy(struct report_taking *taking, const char *string)
{
	char *copied = strdup(string);
	taking->no_memory |= !copied;
	return copied;
}

/* Room for one more element, zeroed. NULL on no memory. */
static void *add(struct report_taking *taking, void **array, size_t *len, size_t element_size)
{
	if ((*len & (*len - 1)) == 0) {
		void *grown = reallocarray(*array, *len == 0 ? 1 : *len * 2, element_size);
		if (!grown) {
			taking->no_memory = true;
			return NULL;
		}
		*array = grown;
	}
	return memset((char *)*array + (*len)++ * element_size, 0, element_size);
}

static void report_handle_compositor(void *data, struct gesso_memory_report_v1 *proxy, int32_t pid,
	const char *renderer, const char *renderer_reason, uint32_t software, uint32_t budget_hi,
	uint32_t budget_lo)
{
	struct report_taking *taking = data;
	struct report *report = taking->report;
	if (report->renderer) {
		return;
	}
	report->pid = pid;
	report->renderer = copy(taking, renderer);
	report->renderer_reason = copy(taking, renderer_reason);
	report->software = software != 0;
	report->budget_bytes = join(budget_hi, budget_lo);
}

static void report_handle_allocator(void *data, struct gesso_memory_report_v1 *proxy,
	const char *name, uint32_t reason, const char *words)
{
	struct report_taking *taking = data;
	struct report *report = taking->report;
	struct report_allocator *allocator = add(taking, (void **)&report->allocators,
		&report->allocators_len, sizeof(*report->allocators));
	if (allocator) {
		allocator->name = copy(taking, name);
		allocator->reason = reason;
		allocator->words = copy(taking, words);
	}
}

/* The last one: what is told of an allocator follows its own event. */
static struct report_allocator *allocator_by_name(const struct report *report, const char *name)
{
	for (size_t i = report->allocators_len; i > 0; i--) {
		struct report_allocator *allocator = &report->allocators[i - 1];
		if (allocator->name && strcmp(allocator->name, name) == 0) {
			return allocator;
		}
	}
	return NULL;
}

static void report_handle_allocator_place(void *data, struct gesso_memory_report_v1 *proxy,
	const char *name, uint32_t place, const char *words)
{
	struct report_taking *taking = data;
	struct report_allocator *allocator = allocator_by_name(taking->report, name);
	if (allocator && !allocator->place_words) {
		allocator->place = place;
		allocator->place_words = copy(taking, words);
	}
}

static void report_handle_allocator_failures(void *data, struct gesso_memory_report_v1 *proxy,
	const char *name, uint32_t count_hi, uint32_t count_lo, uint32_t reason, const char *words)
{
	struct report_taking *taking = data;
	struct report_allocator *allocator = allocator_by_name(taking->report, name);
	if (allocator && !allocator->failure_words) {
		allocator->failures = join(count_hi, count_lo);
		allocator->failure_reason = reason;
		allocator->failure_words = copy(taking, words);
	}
}

static void report_handle_client(void *data, struct gesso_memory_report_v1 *proxy, uint32_t id,
	int32_t pid, const char *name, uint32_t surfaces, uint32_t held_hi, uint32_t held_lo)
{
	struct report_taking *taking = data;
	struct report *report = taking->report;
	struct report_client *client = add(
		taking, (void **)&report->clients, &report->clients_len, sizeof(*report->clients));
	if (client) {
		client->id = id;
		client->pid = pid;
		client->name = copy(taking, name);
		client->surfaces = surfaces;
		client->held_bytes = join(held_hi, held_lo);
	}
}

/* A client's events follow its own: it is the last one, if the sender keeps to the protocol. */
static struct report_client *client_by_id(const struct report *report, uint32_t id)
{
	for (size_t i = report->clients_len; i > 0; i--) {
		if (report->clients[i - 1].id == id) {
			return &report->clients[i - 1];
		}
	}
	return NULL;
}

static void report_handle_budget(void *data, struct gesso_memory_report_v1 *proxy, uint32_t id,
	const char *name, uint32_t has_hi, uint32_t has_lo, uint32_t limit_hi, uint32_t limit_lo)
{
	struct report_taking *taking = data;
	struct report_client *client = client_by_id(taking->report, id);
	struct report_budgets *budgets = id == 0 ? &taking->report->budgets
		: client                         ? &client->budgets
						 : NULL;
	if (budgets && budgets->len < REPORT_MAX_BUDGETS) {
		struct report_budget *budget = &budgets->list[budgets->len++];
		snprintf(budget->name, sizeof(budget->name), "%s", name);
		budget->has = join(has_hi, has_lo);
		budget->limit = join(limit_hi, limit_lo);
	}
}

static void report_handle_path(void *data, struct gesso_memory_report_v1 *proxy, uint32_t id,
	uint32_t path, uint32_t frames_hi, uint32_t frames_lo, uint32_t imports_hi,
	uint32_t imports_lo, uint32_t copied_hi, uint32_t copied_lo, uint32_t texture_hi,
	uint32_t texture_lo, uint32_t reason, const char *words)
{
	struct report_taking *taking = data;
	struct report_client *client = client_by_id(taking->report, id);
	if (!client || path >= GESSO_PATHS_LEN || client->paths[path].present) {
		return;
	}
	client->paths[path] = (struct report_path){
		.present = true,
		.frames = join(frames_hi, frames_lo),
		.imports = join(imports_hi, imports_lo),
		.copied_bytes = join(copied_hi, copied_lo),
		.texture_bytes = join(texture_hi, texture_lo),
		.reason = reason,
		.words = copy(taking, words),
	};
}

static void report_handle_buffer(void *data, struct gesso_memory_report_v1 *proxy, uint32_t id,
	uint32_t path, const char *allocator, uint32_t kind, uint32_t inode_hi, uint32_t inode_lo,
	uint32_t size_hi, uint32_t size_lo, int32_t width, int32_t height, uint32_t format,
	uint32_t shown)
{
	struct report_taking *taking = data;
	struct report_client *client = client_by_id(taking->report, id);
	struct report_buffer *buffer = client && path < GESSO_PATHS_LEN
		? add(taking, (void **)&client->buffers, &client->buffers_len, sizeof(*buffer))
		: NULL;
	if (!buffer) {
		return;
	}
	*buffer = (struct report_buffer){
		.path = (enum gesso_path)path,
		.allocator = copy(taking, allocator),
		.kind = kind,
		.inode = join(inode_hi, inode_lo),
		.size_bytes = join(size_hi, size_lo),
		.width_px = width,
		.height_px = height,
		.fourcc = format,
		.shown = shown != 0,
	};
}

static void report_handle_surface(void *data, struct gesso_memory_report_v1 *proxy, uint32_t id,
	uint32_t path, int32_t width, int32_t height, uint32_t reason, const char *words)
{
	struct report_taking *taking = data;
	struct report_client *client = client_by_id(taking->report, id);
	struct report_surface *surface = client && path < GESSO_PATHS_LEN
		? add(taking, (void **)&client->shown, &client->shown_len, sizeof(*surface))
		: NULL;
	if (surface) {
		surface->path = (enum gesso_path)path;
		surface->width_px = width;
		surface->height_px = height;
		surface->reason = reason;
		surface->words = copy(taking, words);
	}
}

static void report_handle_done(void *data, struct gesso_memory_report_v1 *proxy)
{
	struct report_taking *taking = data;
	taking->done = true;
}

static const struct gesso_memory_report_v1_listener report_listener = {
	.compositor = report_handle_compositor,
	.allocator = report_handle_allocator,
	.client = report_handle_client,
	.path = report_handle_path,
	.buffer = report_handle_buffer,
	.surface = report_handle_surface,
	.done = report_handle_done,
	.budget = report_handle_budget,
	.allocator_place = report_handle_allocator_place,
	.allocator_failures = report_handle_allocator_failures,
};

void report_taking_listen(struct report_taking *taking, struct gesso_memory_report_v1 *proxy)
{
	gesso_memory_report_v1_add_listener(proxy, &report_listener, taking);
}

static void client_finish(struct report_client *client)
{
	for (size_t i = 0; i < GESSO_PATHS_LEN; i++) {
		free(client->paths[i].words);
	}
	for (size_t i = 0; i < client->buffers_len; i++) {
		free(client->buffers[i].allocator);
	}
	for (size_t i = 0; i < client->shown_len; i++) {
		free(client->shown[i].words);
	}
	free(client->shown);
	free(client->buffers);
	free(client->name);
}

void report_destroy(struct report *report)
{
	if (!report) {
		return;
	}
	for (size_t i = 0; i < report->clients_len; i++) {
		client_finish(&report->clients[i]);
	}
	for (size_t i = 0; i < report->allocators_len; i++) {
		free(report->allocators[i].name);
		free(report->allocators[i].words);
		free(report->allocators[i].place_words);
		free(report->allocators[i].failure_words);
	}
	free(report->clients);
	free(report->allocators);
	free(report->renderer);
	free(report->renderer_reason);
	free(report);
}
