/* SPDX-License-Identifier: MIT */
#include "memory/report.h"

#include "allocators/chain.h"
#include "memory/ledger_impl.h"
#include "renderer/render_context.h"
#include <inttypes.h>
#include <unistd.h>
#include <wlr/types/wlr_compositor.h>

#define MIB(bytes) ((double)(bytes) / (1024 * 1024))

static void print_allocators(FILE *out, const struct gesso_allocator_chain *chain)
{
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		struct gesso_allocator_state state = gesso_allocator_chain_state(chain, i);
		char words[GESSO_PLACE_WORDS_BYTES];
		bool offered = gesso_allocator_chain_place(chain, i, words) > 0;
		fprintf(out, "allocator %s: %s%s\n", state.impl->name,
			offered ? "offered, asked " : state.refusal.words, words);
		if (state.failures.count > 0) {
			fprintf(out, "  gave no memory %" PRIu64 " times, the last: %s (%s)\n",
				state.failures.count, state.failures.last.words,
				gesso_reason_name(state.failures.last.code));
		}
	}
}

static void print_path(FILE *out, const struct gesso_ledger_client *client, enum gesso_path path)
{
	const struct gesso_path_figures *figures = &client->paths[path];
	if (figures->frames == 0 && figures->refusal.code == GESSO_REASON_NONE) {
		return;
	}
	size_t buffers = 0;
	uint64_t size_bytes = 0;
	const struct gesso_ledger_buffer *buffer;
	wl_list_for_each(buffer, &client->buffers, link) {
		if (buffer->path == path) {
			buffers++;
			size_bytes += buffer->size_bytes;
		}
	}
	fprintf(out, "  %-10s %8" PRIu64 " %8" PRIu64 " %12.1f %8zu %12.1f %12.1f\n",
		gesso_path_name(path), figures->frames, figures->imports,
		MIB(figures->copied_bytes), buffers, MIB(size_bytes),
		MIB(gesso_ledger_client_texture_bytes(client, path)));
	if (figures->refusal.code != GESSO_REASON_NONE) {
		fprintf(out, "             last refusal: %s (%s)\n", figures->refusal.words,
			gesso_reason_name(figures->refusal.code));
	}
}

static void print_surface(FILE *out, const struct ledger_surface *surface)
{
	struct gesso_reason choice = ledger_surface_choice(surface);
	if (surface->client_buffer) {
		fprintf(out, "  surface of %dx%d: %s%s%s\n", surface->surface->current.buffer_width,
			surface->surface->current.buffer_height, gesso_path_name(surface->path),
			choice.code != GESSO_REASON_NONE ? ": uploaded: " : "", choice.words);
	}
}

void gesso_report_print(
	FILE *out, const struct gesso_ledger *ledger, const struct gesso_allocator_chain *chain)
{
	const struct gesso_render_context *context = ledger->context;
	fprintf(out, "gesso memory report, claimed figures; gesso-memory adds the measured ones\n");
	fprintf(out, "compositor pid %d, renderer %s: %s\n", (int)getpid(), context->name,
		context->why);
	fprintf(out, "budget per client: %.1f MiB\n",
		MIB(ledger->budget.limits[GESSO_BUDGET_BYTES]));
	print_allocators(out, chain);
	fprintf(out, "  %-10s %8s %8s %12s %8s %12s %12s\n", "path", "frames", "imports",
		"copied MiB", "buffers", "buffer MiB", "texture MiB");

	const struct gesso_ledger_client *client;
	wl_list_for_each(client, &ledger->clients, link) {
		fprintf(out, "client pid %d %s: %zu surfaces shown, %.1f MiB held\n",
			(int)client->pid, client->name, ledger_client_surfaces_shown(client),
			MIB(client->held_bytes));
		for (enum gesso_path path = 0; path < GESSO_PATHS_LEN; path++) {
			print_path(out, client, path);
		}
		const struct ledger_surface *surface;
		wl_list_for_each(surface, &client->surfaces, link) {
			print_surface(out, surface);
		}
	}
	fflush(out);
}
