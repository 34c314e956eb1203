/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "check.h"
#include <stdio.h>
#include <string.h>

static uint64_t join(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

static void report_handle_compositor(void *data, struct gesso_memory_report_v1 *object, int32_t pid,
	const char *renderer, const char *renderer_reason, uint32_t software, uint32_t budget_hi,
	uint32_t budget_lo)
{
	struct report *report = data;
	report->pid = pid;
	snprintf(report->renderer, sizeof(report->renderer), "%s", renderer);
	snprintf(report->renderer_reason, sizeof(report->renderer_reason), "%s", renderer_reason);
	report->software = software;
	report->budget_bytes = join(budget_hi, budget_lo);
}

static void report_handle_allocator(void *data, struct gesso_memory_report_v1 *object,
	const char *name, uint32_t reason, const char *words)
{
	struct report *report = data;
	CHECK_INT(<, report->allocators_len, CLIENT_MAX_LINKS);
	struct client_allocator *entry = &report->allocators[report->allocators_len++];
	entry->reason = reason;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	snprintf(entry->words, sizeof(entry->words), "%s", words);
}

static struct report_order *order_by_name(struct report *report, const char *name)
{
	for (size_t i = 0; i < report->allocators_len; i++) {
		if (strcmp(report->allocators[i].name, name) == 0) {
			return &report->orders[i];
		}
	}
	FAIL("the report has no allocator %s", name);
}

const struct report_order *report_find_order(const struct report *report, const char *name)
{
	return order_by_name((struct report *)report, name);
}

static void report_handle_allocator_place(void *data, struct gesso_memory_report_v1 *object,
	const char *name, uint32_t place, const char *words)
{
	struct report_order *order = order_by_name(data, name);
	CHECK(place > 0 && order->place == 0);
	order->place = place;
	snprintf(order->place_words, sizeof(order->place_words), "%s", words);
}

static void report_handle_allocator_failures(void *data, struct gesso_memory_report_v1 *object,
	const char *name, uint32_t count_hi, uint32_t count_lo, uint32_t reason, const char *words)
{
	struct report_order *order = order_by_name(data, name);
	CHECK_EQUAL(order->failures, 0);
	order->failures = join(count_hi, count_lo);
	order->reason = reason;
	snprintf(order->words, sizeof(order->words), "%s", words);
}

static void report_handle_client(void *data, struct gesso_memory_report_v1 *object, uint32_t id,
	int32_t pid, const char *name, uint32_t surfaces, uint32_t held_hi, uint32_t held_lo)
{
	struct report *report = data;
	CHECK_INT(<, report->clients_len, REPORT_MAX);
	struct report_client *entry = &report->clients[report->clients_len++];
	*entry = (struct report_client){
		.id = id, .pid = pid, .surfaces = surfaces, .held_bytes = join(held_hi, held_lo)};
	snprintf(entry->name, sizeof(entry->name), "%s", name);
}

static void report_handle_path(void *data, struct gesso_memory_report_v1 *object, uint32_t client,
	uint32_t path, uint32_t frames_hi, uint32_t frames_lo, uint32_t imports_hi,
	uint32_t imports_lo, uint32_t copied_hi, uint32_t copied_lo, uint32_t texture_hi,
	uint32_t texture_lo, uint32_t reason, const char *words)
{
	struct report *report = data;
	CHECK_INT(<, report->paths_len, REPORT_MAX);
	struct report_path *entry = &report->paths[report->paths_len++];
	*entry = (struct report_path){.client = client,
		.path = path,
		.frames = join(frames_hi, frames_lo),
		.imports = join(imports_hi, imports_lo),
		.copied_bytes = join(copied_hi, copied_lo),
		.texture_bytes = join(texture_hi, texture_lo),
		.reason = reason};
	snprintf(entry->words, sizeof(entry->words), "%s", words);
}

static void report_handle_buffer(void *data, struct gesso_memory_report_v1 *object, uint32_t client,
	uint32_t path, const char *allocator, uint32_t kind, uint32_t inode_hi, uint32_t inode_lo,
	uint32_t size_hi, uint32_t size_lo, int32_t width, int32_t height, uint32_t format,
	uint32_t shown)
{
	struct report *report = data;
	CHECK_INT(<, report->buffers_len, REPORT_MAX);
	struct report_buffer *entry = &report->buffers[report->buffers_len++];
	*entry = (struct report_buffer){.client = client,
		.path = path,
		.kind = kind,
		.format = format,
		.shown = shown,
		.inode = join(inode_hi, inode_lo),
		.size_bytes = join(size_hi, size_lo),
		.width_px = width,
		.height_px = height};
	snprintf(entry->allocator, sizeof(entry->allocator), "%s", allocator);
}

static void report_handle_surface(void *data, struct gesso_memory_report_v1 *object,
	uint32_t client, uint32_t path, int32_t width, int32_t height, uint32_t reason,
	const char *words)
{
	struct report *report = data;
	CHECK_INT(<, report->surfaces_len, REPORT_MAX);
	struct report_surface *entry = &report->surfaces[report->surfaces_len++];
	*entry = (struct report_surface){.client = client,
		.path = path,
		.reason = reason,
		.width_px = width,
		.height_px = height};
	snprintf(entry->words, sizeof(entry->words), "%s", words);
}

static void report_handle_done(void *data, struct gesso_memory_report_v1 *object)
{
	struct report *report = data;
	report->done = true;
}

static void report_handle_budget(void *data, struct gesso_memory_report_v1 *object, uint32_t client,
	const char *name, uint32_t has_hi, uint32_t has_lo, uint32_t limit_hi, uint32_t limit_lo)
{
	struct report *report = data;
	if (report->budgets_len < REPORT_MAX) {
		struct report_budget *entry = &report->budgets[report->budgets_len++];
		*entry = (struct report_budget){.client = client,
			.has = join(has_hi, has_lo),
			.limit = join(limit_hi, limit_lo)};
		snprintf(entry->name, sizeof(entry->name), "%s", name);
	}
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

void report_read(struct report *report, struct client *client)
{
	CHECK(client->reporter != NULL);
	memset(report, 0, sizeof(*report));
	struct gesso_memory_report_v1 *object =
		gesso_memory_reporter_v1_get_report(client->reporter);
	gesso_memory_report_v1_add_listener(object, &report_listener, report);
	while (!report->done) {
		client_dispatch(client);
	}
	gesso_memory_report_v1_destroy(object);
}

uint64_t report_held_bytes(const struct report *report)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < report->clients_len; i++) {
		sum += report->clients[i].held_bytes;
	}
	return sum;
}

struct report_path report_sum(const struct report *report, enum gesso_memory_report_v1_path path)
{
	struct report_path sum = {.path = path};
	for (size_t i = 0; i < report->paths_len; i++) {
		const struct report_path *entry = &report->paths[i];
		if (entry->path == path) {
			sum.frames += entry->frames;
			sum.imports += entry->imports;
			sum.copied_bytes += entry->copied_bytes;
			sum.texture_bytes += entry->texture_bytes;
		}
	}
	return sum;
}

const struct report_buffer *report_find_buffer(const struct report *report, uint64_t inode)
{
	for (size_t i = 0; i < report->buffers_len; i++) {
		if (report->buffers[i].inode == inode) {
			return &report->buffers[i];
		}
	}
	return NULL;
}

const struct report_surface *report_find_surface(
	const struct report *report, int width_px, int height_px)
{
	for (size_t i = 0; i < report->surfaces_len; i++) {
		if (report->surfaces[i].width_px == width_px &&
			report->surfaces[i].height_px == height_px) {
			return &report->surfaces[i];
		}
	}
	return NULL;
}

const struct report_client *report_find_client(const struct report *report, const char *name)
{
	for (size_t i = 0; i < report->clients_len; i++) {
		if (strcmp(report->clients[i].name, name) == 0) {
			return &report->clients[i];
		}
	}
	return NULL;
}

const struct report_budget *report_find_budget(
	const struct report *report, uint32_t client, const char *name)
{
	for (size_t i = 0; i < report->budgets_len; i++) {
		if (report->budgets[i].client == client &&
			strcmp(report->budgets[i].name, name) == 0) {
			return &report->budgets[i];
		}
	}
	return NULL;
}
