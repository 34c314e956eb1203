/* SPDX-License-Identifier: MIT */
#include "memory/model.h"

#include "allocators/reason.h"
#include <inttypes.h>
#include <string.h>

#define MIB(bytes) ((double)(bytes) / (1024 * 1024))

static void print_group(FILE *out, const struct memory_model *model, pid_t pid, const char *name)
{
	struct memory_group group = memory_model_group(model, pid);
	const struct kernel_process *process = kernel_process_find(model->snapshot, pid);
	char label[96];
	snprintf(label, sizeof(label), "%s%s%s",
		process && process->command[0] ? process->command : "?", name[0] ? ": " : "", name);
	fprintf(out, "%-28.28s %8d ", label, (int)pid);
	if (!group.known) {
		fprintf(out, "unavailable: %s\n", group.why);
		return;
	}
	fprintf(out, "%9.2f %9.2f %9.2f %9.2f %9.2f %11.2f\n", MIB(group.pss_bytes),
		MIB(group.rss_bytes), MIB(group.private_bytes), MIB(group.shared_bytes),
		MIB(group.dmabuf_bytes), MIB(group.pss_bytes + group.dmabuf_bytes));
}

static void print_processes(FILE *out, const struct memory_model *model)
{
	const struct report *report = model->report;
	fprintf(out,
		"\nPROCESSES, MiB%s   (measured: smaps_rollup; dma-bufs divided among their "
		"holders: fd, fdinfo)\n",
		model->children ? ", with descendants" : "");
	fprintf(out, "%-28s %8s %9s %9s %9s %9s %9s %11s\n", "", "PID", "PSS", "RSS", "PRIVATE",
		"SHARED", "DMA-BUF", "PSS+DMA-BUF");
	print_group(out, model, report->pid, "");
	for (size_t i = 0; i < report->clients_len; i++) {
		print_group(out, model, report->clients[i].pid, report->clients[i].name);
	}
}

/* Whether an earlier buffer of the client's lies in the same dma-buf. */
static bool is_told_again(const struct report_client *client, size_t index)
{
	const struct report_buffer *buffer = &client->buffers[index];
	for (size_t i = 0; i < index; i++) {
		if (buffer->kind == 0 && client->buffers[i].kind == 0 && buffer->inode != 0 &&
			client->buffers[i].inode == buffer->inode) {
			return true;
		}
	}
	return false;
}

static void print_path(FILE *out, const struct report_client *client, enum gesso_path path)
{
	const struct report_path *figures = &client->paths[path];
	if (!figures->present) {
		return;
	}
	size_t buffers = 0;
	uint64_t size_bytes = 0;
	for (size_t i = 0; i < client->buffers_len; i++) {
		if (client->buffers[i].path == path) {
			buffers++;
			size_bytes += is_told_again(client, i) ? 0 : client->buffers[i].size_bytes;
		}
	}
	fprintf(out, "%8d  %-10s %9" PRIu64 " %9" PRIu64 " %11.2f %8zu %11.2f %11.2f\n",
		(int)client->pid, gesso_path_name(path), figures->frames, figures->imports,
		MIB(figures->copied_bytes), buffers, MIB(size_bytes), MIB(figures->texture_bytes));
	if (figures->reason != 0) {
		fprintf(out, "          last refusal: %s (%s)\n", figures->words,
			gesso_reason_name(figures->reason));
	}
}

static void print_paths(FILE *out, const struct report *report)
{
	fprintf(out,
		"\nPATHS, MiB   (claimed by the compositor)\n%8s  %-10s %9s %9s %11s %8s "
		"%11s %11s\n",
		"PID", "PATH", "FRAMES", "IMPORTS", "COPIED", "BUFFERS", "IN BUFFERS",
		"IN TEXTURES");
	for (size_t i = 0; i < report->clients_len; i++) {
		for (enum gesso_path path = 0; path < GESSO_PATHS_LEN; path++) {
			print_path(out, &report->clients[i], path);
		}
	}
}

/* "rate" is of bytes a second; the others of bytes are named so. */
static bool is_of_bytes(const struct report_budget *budget)
{
	return strcmp(budget->name, "bytes") == 0 || strcmp(budget->name, "rate") == 0 ||
		strcmp(budget->name, "textures") == 0 || strcmp(budget->name, "ceiling") == 0;
}

static void print_budget_line(FILE *out, pid_t pid, const struct report_budgets *budgets)
{
	if (budgets->len == 0) {
		return;
	}
	fprintf(out, "%8d ", (int)pid);
	for (size_t i = 0; i < budgets->len; i++) {
		const struct report_budget *budget = &budgets->list[i];
		if (is_of_bytes(budget)) {
			fprintf(out, " %s %.2f/%.0f MiB", budget->name, MIB(budget->has),
				MIB(budget->limit));
		} else {
			fprintf(out, " %s %" PRIu64 "/%" PRIu64, budget->name, budget->has,
				budget->limit);
		}
	}
	fprintf(out, "\n");
}

static void print_budgets(FILE *out, const struct report *report)
{
	fprintf(out, "\nBUDGETS   (what each has of what it may have; ceiling: all together)\n");
	print_budget_line(out, report->pid, &report->budgets);
	for (size_t i = 0; i < report->clients_len; i++) {
		print_budget_line(out, report->clients[i].pid, &report->clients[i].budgets);
	}
}

static void print_surfaces(FILE *out, const struct report *report)
{
	bool titled = false;
	for (size_t i = 0; i < report->clients_len; i++) {
		const struct report_client *client = &report->clients[i];
		for (size_t j = 0; j < client->shown_len; j++) {
			const struct report_surface *surface = &client->shown[j];
			if (!titled) {
				fprintf(out, "\nSURFACES\n%8s  %11s  PATH\n", "PID", "PIXELS");
				titled = true;
			}
			fprintf(out, "%8d  %5dx%-5d  %s%s%s%s\n", (int)client->pid,
				surface->width_px, surface->height_px,
				gesso_path_name(surface->path),
				surface->path == GESSO_PATH_SHM_IMPORT ? ": imported" : "",
				surface->reason != 0 ? ": uploaded: " : "", surface->words);
		}
	}
}

static void print_object(
	FILE *out, const struct kernel_snapshot *snapshot, const struct kernel_object *object)
{
	fprintf(out, "%10" PRIu64 " ", object->inode);
	if (object->size_known) {
		fprintf(out, "%9.2f %9.2f %9.2f %10.2f", MIB(object->size_bytes),
			MIB(object->allocated_bytes), MIB(kernel_object_pss_bytes(object)),
			MIB(kernel_object_unaccounted_bytes(object)));
	} else {
		fprintf(out, "%-40s", "size unavailable: no descriptor readable");
	}
	fprintf(out, "  %s%s, held by",
		object->kind == KERNEL_OBJECT_DMABUF ? object->exporter : object->name,
		kernel_object_may_be_counted_twice(snapshot, object)
			? " (possibly counted twice: a udmabuf may be over it)"
			: object->counted_elsewhere ? " (over a wl_shm pool, and counted there)"
						    : "");
	for (size_t i = 0; i < object->holders_len; i++) {
		fprintf(out, " %d", (int)snapshot->processes[object->holders[i].process].pid);
	}
	fprintf(out, "\n");
}

static void print_objects(FILE *out, const struct kernel_snapshot *snapshot,
	enum kernel_object_kind kind, const char *title)
{
	size_t printed = 0;
	for (size_t i = 0; i < snapshot->objects_len; i++) {
		if (snapshot->objects[i].kind != kind) {
			continue;
		}
		if (printed++ == 0) {
			fprintf(out, "\n%s\n%10s %9s %9s %9s %10s\n", title, "INODE", "SIZE",
				"ALLOCATED", "IN PSS", "IN NO PSS");
		}
		print_object(out, snapshot, &snapshot->objects[i]);
	}
}

static void print_gap(const char *why, void *data)
{
	FILE *out = data;
	fprintf(out, "  unavailable: %s\n", why);
}

static void print_totals(FILE *out, const struct memory_model *model)
{
	struct memory_totals totals = memory_model_totals(model);
	fprintf(out, "\nTOTAL, MiB\n");
	fprintf(out, "  PSS of all processes                %10.2f  measured\n",
		MIB(totals.pss_bytes));
	fprintf(out, "+ dma-bufs in no PSS                  %10.2f  measured\n",
		MIB(totals.dmabuf_unaccounted_bytes));
	fprintf(out, "+ shared memory in no PSS             %10.2f  measured\n",
		MIB(totals.memfd_unaccounted_bytes));
	fprintf(out, "+ textures not in the compositor's PSS%10.2f  claimed%s\n",
		MIB(totals.texture_unaccounted_bytes),
		model->report->software && totals.texture_bytes > 0
			? "; the renderer is software, they are in its PSS"
			: "");
	fprintf(out, "= %-36s%10.2f\n", totals.complete ? "honest total" : "at least",
		MIB(totals.honest_bytes));
	if (totals.possibly_counted_twice_bytes > 0) {
		fprintf(out, "  of which possibly counted twice     %10.2f\n",
			MIB(totals.possibly_counted_twice_bytes));
	}
	memory_model_each_gap(model, print_gap, out);
	fprintf(out,
		"PSS alone is not the cost: what is mapped from a dma-buf is in no process's "
		"PSS.\n");
}

static void print_allocator(FILE *out, const struct report_allocator *allocator)
{
	fprintf(out, "allocator %s: %s%s%s\n", allocator->name,
		allocator->reason == 0 ? "offered" : allocator->words,
		allocator->place_words ? ", asked " : "",
		allocator->place_words ? allocator->place_words : "");
	if (allocator->failure_words) {
		fprintf(out, "  gave no memory %" PRIu64 " times, the last: %s (%s)\n",
			allocator->failures, allocator->failure_words,
			gesso_reason_name(allocator->failure_reason));
	}
}

void memory_print_table(FILE *out, const struct memory_model *model)
{
	const struct report *report = model->report;
	fprintf(out, "compositor %d, renderer %s: %s\n", (int)report->pid, report->renderer,
		report->renderer_reason);
	fprintf(out, "a client may hold %.2f MiB\n", MIB(report->budget_bytes));
	for (size_t i = 0; i < report->allocators_len; i++) {
		print_allocator(out, &report->allocators[i]);
	}
	print_processes(out, model);
	print_paths(out, report);
	print_budgets(out, report);
	print_surfaces(out, report);
	print_objects(out, model->snapshot, KERNEL_OBJECT_DMABUF,
		"DMA-BUFS, MiB   (measured: fdinfo size and exp_name; smaps)");
	print_objects(out, model->snapshot, KERNEL_OBJECT_SHMEM,
		"SHARED MEMORY, MiB   (measured: fd's st_size and st_blocks; smaps)");
	print_totals(out, model);
	fflush(out);
}
