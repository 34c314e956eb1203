/* SPDX-License-Identifier: MIT */
#include "memory/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void model_measure(struct memory_model *model)
{
	const struct report *report = model->report;
	kernel_snapshot_add(model->snapshot, report->pid, report->pid);
	for (size_t i = 0; i < report->clients_len; i++) {
		kernel_snapshot_add(
			model->snapshot, report->clients[i].pid, report->clients[i].pid);
	}
	for (size_t i = 0; model->children && i < report->clients_len; i++) {
		kernel_snapshot_add_descendants(
			model->snapshot, report->clients[i].pid, report->clients[i].pid);
	}
}

/*
 * A udmabuf over a client's wl_shm pool has no pages of its own. The pool, whose
 * descriptor the compositor holds as long, is an object too.
 */
static void model_mark_imports(struct memory_model *model, const struct report_client *client)
{
	for (size_t i = 0; i < client->buffers_len; i++) {
		const struct report_buffer *buffer = &client->buffers[i];
		if (buffer->path != GESSO_PATH_SHM_IMPORT || buffer->kind != 0) {
			continue;
		}
		for (size_t j = 0; j < model->snapshot->objects_len; j++) {
			struct kernel_object *object = &model->snapshot->objects[j];
			object->counted_elsewhere = object->counted_elsewhere ||
				(object->kind == KERNEL_OBJECT_DMABUF &&
					object->inode == buffer->inode);
		}
	}
}

struct memory_model *memory_model_create(struct report *report, const char *proc, bool children)
{
	struct memory_model *model = calloc(1, sizeof(*model));
	if (!model) {
		report_destroy(report);
		return NULL;
	}
	model->report = report;
	model->children = children;
	model->snapshot = kernel_snapshot_create(proc);
	if (!model->snapshot) {
		memory_model_destroy(model);
		return NULL;
	}
	if (report->pid != report->socket_pid) {
		snprintf(model->pids_why, sizeof(model->pids_why),
			"the compositor calls itself pid %d, but its socket belongs to pid %d "
			"here: "
			"another pid namespace",
			(int)report->pid, (int)report->socket_pid);
	} else {
		model_measure(model);
		for (size_t i = 0; i < report->clients_len; i++) {
			model_mark_imports(model, &report->clients[i]);
		}
	}
	return model;
}

void memory_model_destroy(struct memory_model *model)
{
	if (!model) {
		return;
	}
	kernel_snapshot_destroy(model->snapshot);
	report_destroy(model->report);
	free(model);
}

static void group_add(
	struct memory_group *group, const struct kernel_snapshot *snapshot, size_t index)
{
	const struct kernel_process *process = &snapshot->processes[index];
	const char *why = process->rollup_known ? process->objects_why : process->rollup_why;
	if (why[0] != '\0') {
		group->known = false;
		memcpy(group->why, why, sizeof(group->why));
		return;
	}
	group->pss_bytes += process->pss_bytes;
	group->rss_bytes += process->rss_bytes;
	group->private_bytes += process->private_bytes;
	group->shared_bytes += process->shared_bytes;
	group->swap_pss_bytes += process->swap_pss_bytes;
	group->dmabuf_bytes += kernel_process_dmabuf_bytes(snapshot, index);
}

struct memory_group memory_model_group(const struct memory_model *model, pid_t pid)
{
	struct memory_group group = {.known = true};
	if (model->pids_why[0] != '\0' || pid <= 0) {
		group.known = false;
		snprintf(group.why, sizeof(group.why), "%s",
			pid <= 0 ? "its pid is unknown here: another pid namespace"
				 : model->pids_why);
		return group;
	}
	for (size_t i = 0; i < model->snapshot->processes_len && group.known; i++) {
		if (model->snapshot->processes[i].group == pid) {
			group_add(&group, model->snapshot, i);
		}
	}
	return group;
}

static uint64_t report_texture_bytes(const struct report *report)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < report->clients_len; i++) {
		for (size_t path = 0; path < GESSO_PATHS_LEN; path++) {
			bytes += report->clients[i].paths[path].texture_bytes;
		}
	}
	return bytes;
}

static void totals_add_object(struct memory_totals *totals, const struct kernel_snapshot *snapshot,
	const struct kernel_object *object)
{
	if (!object->size_known) {
		return;
	}
	uint64_t unaccounted_bytes = kernel_object_unaccounted_bytes(object);
	if (object->kind == KERNEL_OBJECT_DMABUF) {
		totals->dmabuf_unaccounted_bytes += unaccounted_bytes;
	} else {
		totals->memfd_unaccounted_bytes += unaccounted_bytes;
	}
	if (kernel_object_may_be_counted_twice(snapshot, object)) {
		totals->possibly_counted_twice_bytes += object->allocated_bytes;
	}
}

struct memory_totals memory_model_totals(const struct memory_model *model)
{
	const struct kernel_snapshot *snapshot = model->snapshot;
	struct memory_totals totals = {
		.complete = memory_model_each_gap(model, NULL, NULL) == 0,
		.texture_bytes = report_texture_bytes(model->report),
	};
	for (size_t i = 0; i < snapshot->processes_len; i++) {
		totals.pss_bytes += snapshot->processes[i].pss_bytes;
	}
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		totals_add_object(&totals, snapshot, &snapshot->objects[i]);
	}
	totals.texture_unaccounted_bytes = model->report->software ? 0 : totals.texture_bytes;
	totals.honest_bytes = totals.pss_bytes + totals.dmabuf_unaccounted_bytes +
		totals.memfd_unaccounted_bytes + totals.texture_unaccounted_bytes;
	return totals;
}

struct gaps {
	void (*gap)(const char *why, void *data);
	void *data;
	size_t len;
};

static void gaps_add(struct gaps *gaps, const char *why)
{
	if (why[0] == '\0') {
		return;
	}
	gaps->len++;
	if (gaps->gap) {
		gaps->gap(why, gaps->data);
	}
}

static void gaps_add_object(struct gaps *gaps, const struct kernel_object *object)
{
	char why[KERNEL_WHY_LEN];
	if (object->size_known) {
		return;
	}
	snprintf(why, sizeof(why),
		"%s inode %" PRIu64 " is mapped, but no descriptor of it can be read",
		object->kind == KERNEL_OBJECT_DMABUF ? "dma-buf" : "shared memory", object->inode);
	gaps_add(gaps, why);
}

size_t memory_model_each_gap(
	const struct memory_model *model, void (*gap)(const char *why, void *data), void *data)
{
	struct gaps gaps = {.gap = gap, .data = data};
	const struct kernel_snapshot *snapshot = model->snapshot;
	gaps_add(&gaps, model->pids_why);
	for (size_t i = 0; i < model->report->clients_len; i++) {
		const struct report_client *client = &model->report->clients[i];
		char why[KERNEL_WHY_LEN];
		snprintf(why, sizeof(why), "client %" PRIu32 " (%.60s) has no pid here", client->id,
			client->name);
		gaps_add(&gaps, client->pid <= 0 ? why : "");
	}
	for (size_t i = 0; i < snapshot->processes_len; i++) {
		gaps_add(&gaps, snapshot->processes[i].rollup_why);
		gaps_add(&gaps, snapshot->processes[i].objects_why);
	}
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		gaps_add_object(&gaps, &snapshot->objects[i]);
	}
	gaps_add(&gaps, snapshot->no_memory ? "this process is out of memory" : "");
	return gaps.len;
}
