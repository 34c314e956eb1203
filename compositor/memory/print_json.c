/* SPDX-License-Identifier: MIT */
#include "memory/model.h"

#include "allocators/reason.h"
#include <json-c/json.h>
#include <string.h>

/* The version of the shape: raised when a member changes its meaning or goes. */
#define SHAPE_VERSION 1

/* json-c aborts nothing and drops silently on no memory; the caller checks the whole. */
static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void put_bytes(struct json_object *object, const char *key, bool known, uint64_t bytes)
{
	put(object, key, known ? json_object_new_uint64(bytes) : NULL);
}

static void put_number(struct json_object *object, const char *key, uint64_t number)
{
	put(object, key, json_object_new_uint64(number));
}

static void put_string(struct json_object *object, const char *key, const char *string)
{
	put(object, key, json_object_new_string(string));
}

static void put_bool(struct json_object *object, const char *key, bool value)
{
	put(object, key, json_object_new_boolean(value));
}

/* null where there is nothing to say */
static void put_reason(struct json_object *object, uint32_t reason, const char *words)
{
	put(object, "reason",
		reason == 0 ? NULL : json_object_new_string(gesso_reason_name(reason)));
	put(object, "words", reason == 0 ? NULL : json_object_new_string(words));
}

static void put_group(struct json_object *object, const struct memory_model *model, pid_t pid)
{
	struct memory_group group = memory_model_group(model, pid);
	put_bytes(object, "pss", group.known, group.pss_bytes);
	put_bytes(object, "rss", group.known, group.rss_bytes);
	put_bytes(object, "private", group.known, group.private_bytes);
	put_bytes(object, "shared", group.known, group.shared_bytes);
	put_bytes(object, "swap_pss", group.known, group.swap_pss_bytes);
	put_bytes(object, "dmabuf_share", group.known, group.dmabuf_bytes);
	put_bytes(object, "pss_with_dmabuf", group.known, group.pss_bytes + group.dmabuf_bytes);
	put(object, "unavailable", group.known ? NULL : json_object_new_string(group.why));
}

static void put_command(struct json_object *object, const struct memory_model *model, pid_t pid)
{
	const struct kernel_process *process = kernel_process_find(model->snapshot, pid);
	put(object, "command",
		process && process->command[0] ? json_object_new_string(process->command) : NULL);
}

static struct json_object *budgets_to_json(const struct report_budgets *budgets)
{
	struct json_object *object = json_object_new_object();
	for (size_t i = 0; i < budgets->len; i++) {
		struct json_object *budget = json_object_new_object();
		put_number(budget, "has", budgets->list[i].has);
		put_number(budget, "limit", budgets->list[i].limit);
		put(object, budgets->list[i].name, budget);
	}
	return object;
}

static struct json_object *compositor_to_json(const struct memory_model *model)
{
	const struct report *report = model->report;
	struct json_object *object = json_object_new_object();
	put(object, "pid", json_object_new_int(report->pid));
	put_command(object, model, report->pid);
	put_string(object, "renderer", report->renderer);
	put_string(object, "renderer_reason", report->renderer_reason);
	put_bool(object, "software", report->software);
	put_number(object, "budget", report->budget_bytes);
	put(object, "budgets", budgets_to_json(&report->budgets));
	put_group(object, model, report->pid);
	return object;
}

static struct json_object *path_to_json(const struct report_path *path)
{
	struct json_object *object = json_object_new_object();
	put_number(object, "frames", path->frames);
	put_number(object, "imports", path->imports);
	put_number(object, "copied_bytes", path->copied_bytes);
	put_number(object, "texture_bytes", path->texture_bytes);
	put_reason(object, path->reason, path->words);
	return object;
}

static struct json_object *buffer_to_json(const struct report_buffer *buffer)
{
	static const char *const kinds[] = {"dmabuf", "memfd", "other"};
	const char format[] = {(char)buffer->fourcc, (char)(buffer->fourcc >> 8),
		(char)(buffer->fourcc >> 16), (char)(buffer->fourcc >> 24), '\0'};
	struct json_object *object = json_object_new_object();
	put_string(object, "path", gesso_path_name(buffer->path));
	put(object, "allocator",
		buffer->allocator[0] ? json_object_new_string(buffer->allocator) : NULL);
	put_string(object, "kind", kinds[buffer->kind < 2 ? buffer->kind : 2]);
	put_bytes(object, "inode", buffer->inode != 0, buffer->inode);
	put_number(object, "size", buffer->size_bytes);
	put(object, "width", json_object_new_int(buffer->width_px));
	put(object, "height", json_object_new_int(buffer->height_px));
	put(object, "format", buffer->fourcc ? json_object_new_string(format) : NULL);
	put_bool(object, "shown", buffer->shown);
	return object;
}

static struct json_object *surface_to_json(const struct report_surface *surface)
{
	struct json_object *object = json_object_new_object();
	put_string(object, "path", gesso_path_name(surface->path));
	put(object, "width", json_object_new_int(surface->width_px));
	put(object, "height", json_object_new_int(surface->height_px));
	put_reason(object, surface->reason, surface->words);
	return object;
}

static struct json_object *group_pids_to_json(const struct memory_model *model, pid_t pid)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < model->snapshot->processes_len; i++) {
		const struct kernel_process *process = &model->snapshot->processes[i];
		if (process->group == pid) {
			json_object_array_add(array, json_object_new_int(process->pid));
		}
	}
	return array;
}

static struct json_object *client_to_json(
	const struct memory_model *model, const struct report_client *client)
{
	struct json_object *object = json_object_new_object();
	put_number(object, "id", client->id);
	put(object, "pid", client->pid > 0 ? json_object_new_int(client->pid) : NULL);
	put(object, "pids", group_pids_to_json(model, client->pid));
	put_string(object, "group", model->children ? "process and descendants" : "process");
	put_string(object, "name", client->name);
	put_command(object, model, client->pid);
	put_number(object, "surfaces", client->surfaces);
	put_number(object, "held", client->held_bytes);
	put(object, "budgets", budgets_to_json(&client->budgets));
	put_group(object, model, client->pid);

	struct json_object *paths = json_object_new_object();
	for (size_t i = 0; i < GESSO_PATHS_LEN; i++) {
		if (client->paths[i].present) {
			put(paths, gesso_path_name((enum gesso_path)i),
				path_to_json(&client->paths[i]));
		}
	}
	put(object, "paths", paths);
	struct json_object *buffers = json_object_new_array();
	for (size_t i = 0; i < client->buffers_len; i++) {
		json_object_array_add(buffers, buffer_to_json(&client->buffers[i]));
	}
	put(object, "buffers", buffers);
	struct json_object *surfaces = json_object_new_array();
	for (size_t i = 0; i < client->shown_len; i++) {
		json_object_array_add(surfaces, surface_to_json(&client->shown[i]));
	}
	put(object, "surface_paths", surfaces);
	return object;
}

static struct json_object *clients_to_json(const struct memory_model *model)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < model->report->clients_len; i++) {
		json_object_array_add(array, client_to_json(model, &model->report->clients[i]));
	}
	return array;
}

static struct json_object *object_to_json(
	const struct kernel_snapshot *snapshot, const struct kernel_object *kernel_object)
{
	bool known = kernel_object->size_known;
	struct json_object *object = json_object_new_object();
	struct json_object *holders = json_object_new_array();
	for (size_t i = 0; i < kernel_object->holders_len; i++) {
		size_t process = kernel_object->holders[i].process;
		json_object_array_add(
			holders, json_object_new_int(snapshot->processes[process].pid));
	}
	put_number(object, "inode", kernel_object->inode);
	put_bytes(object, "size", known, kernel_object->size_bytes);
	put(object, "holders", holders);
	put_number(object, "pss", kernel_object_pss_bytes(kernel_object));
	put_bool(object, "in_pss", kernel_object_pss_bytes(kernel_object) > 0);
	put_bytes(object, "unaccounted", known, kernel_object_unaccounted_bytes(kernel_object));
	if (kernel_object->kind == KERNEL_OBJECT_DMABUF) {
		put(object, "exporter",
			known ? json_object_new_string(kernel_object->exporter) : NULL);
		put_bool(object, "over_pool", kernel_object->counted_elsewhere);
		return object;
	}
	put_bytes(object, "allocated", known, kernel_object->allocated_bytes);
	put_string(object, "name", kernel_object->name);
	put_bool(object, "possibly_counted_twice",
		kernel_object_may_be_counted_twice(snapshot, kernel_object));
	return object;
}

static struct json_object *objects_to_json(
	const struct kernel_snapshot *snapshot, enum kernel_object_kind kind)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		if (snapshot->objects[i].kind == kind) {
			json_object_array_add(
				array, object_to_json(snapshot, &snapshot->objects[i]));
		}
	}
	return array;
}

/* null if there was none. */
static struct json_object *failures_to_json(const struct report_allocator *allocator)
{
	if (!allocator->failure_words) {
		return NULL;
	}
	struct json_object *object = json_object_new_object();
	put(object, "count", json_object_new_uint64(allocator->failures));
	put_reason(object, allocator->failure_reason, allocator->failure_words);
	return object;
}

static struct json_object *allocators_to_json(const struct report *report)
{
	struct json_object *array = json_object_new_array();
	for (size_t i = 0; i < report->allocators_len; i++) {
		const struct report_allocator *allocator = &report->allocators[i];
		struct json_object *object = json_object_new_object();
		put_string(object, "name", allocator->name);
		put_bool(object, "offered", allocator->reason == 0);
		put_reason(object, allocator->reason, allocator->words);
		put(object, "place",
			allocator->place > 0 ? json_object_new_int64(allocator->place) : NULL);
		put(object, "order",
			allocator->place_words ? json_object_new_string(allocator->place_words)
					       : NULL);
		put(object, "failures", failures_to_json(allocator));
		json_object_array_add(array, object);
	}
	return array;
}

static void append_gap(const char *why, void *data)
{
	json_object_array_add(data, json_object_new_string(why));
}

static struct json_object *totals_to_json(const struct memory_model *model)
{
	struct memory_totals totals = memory_model_totals(model);
	struct json_object *object = json_object_new_object();
	put_bytes(object, "pss", totals.complete, totals.pss_bytes);
	put_bytes(object, "dmabuf_unaccounted", totals.complete, totals.dmabuf_unaccounted_bytes);
	put_bytes(object, "memfd_unaccounted", totals.complete, totals.memfd_unaccounted_bytes);
	put_number(object, "texture", totals.texture_bytes);
	put_number(object, "texture_unaccounted", totals.texture_unaccounted_bytes);
	put_bytes(object, "honest", totals.complete, totals.honest_bytes);
	put_number(object, "at_least", totals.honest_bytes);
	put_number(object, "possibly_counted_twice", totals.possibly_counted_twice_bytes);
	struct json_object *gaps = json_object_new_array();
	memory_model_each_gap(model, append_gap, gaps);
	put(object, "unavailable", gaps);
	return object;
}

static struct json_object *sources_to_json(void)
{
	struct json_object *object = json_object_new_object();
	put_string(object, "pss", "measured: /proc/PID/smaps_rollup");
	put_string(object, "dmabufs", "measured: /proc/PID/fd, fdinfo (size, exp_name), smaps");
	put_string(object, "memfds", "measured: /proc/PID/fd (st_size, st_blocks), smaps");
	put_string(object, "paths", "claimed: gesso_memory_report_v1.path");
	put_string(object, "buffers", "claimed: gesso_memory_report_v1.buffer");
	put_string(object, "texture", "claimed: gesso_memory_report_v1.path");
	return object;
}

bool memory_print_json(FILE *out, const struct memory_model *model, bool compact)
{
	struct json_object *object = json_object_new_object();
	put_number(object, "gesso_memory", SHAPE_VERSION);
	put(object, "compositor", compositor_to_json(model));
	put(object, "clients", clients_to_json(model));
	put(object, "dmabufs", objects_to_json(model->snapshot, KERNEL_OBJECT_DMABUF));
	put(object, "memfds", objects_to_json(model->snapshot, KERNEL_OBJECT_SHMEM));
	put(object, "allocators", allocators_to_json(model->report));
	put(object, "totals", totals_to_json(model));
	put(object, "sources", sources_to_json());

	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		(compact ? JSON_C_TO_STRING_PLAIN
			 : JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
	const char *text = json_object_to_json_string_ext(object, flags);
	bool written = text && fprintf(out, "%s\n", text) >= 0 && fflush(out) == 0;
	json_object_put(object);
	return written;
}
