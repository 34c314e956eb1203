/* SPDX-License-Identifier: MIT */
/*
 * gesso-probe: proves one allocator with one renderer, in a process that may crash.
 *
 *   gesso-probe RENDERER ALLOCATOR [NODE [NAME]]
 *
 * RENDERER is pixman, gles2, gles2-software or gles2-node; ALLOCATOR is a name of
 * gesso_allocator_impls; NODE is the DRM node that the renderer is on, or -, and then
 * gles2 is a GPU's, never software's; NAME is what it is called, and any other is
 * refused: a proof holds for the renderer that it was made with. Prints one line per format, "proved NAME ALIGN OFFSET"
 * (the least alignment of rows in bytes that held, 0 if the kind lays them out
 * itself; 1 if an offset held) or "refused NAME CODE WORDS", then "reads PERCENT"
 * (against the heap, 0 if unknown) and "done". Formats of two planes come after
 * that: who crashes there has said all else. Exit status 0 if it came that far, 2
 * on wrong arguments, 1 with a line "failed CODE WORDS" on anything else.
 */
#include "allocators/chain.h"
#include "renderer/probe_draw.h"
#include "renderer/probe_read.h"
#include "renderer/render_context.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/util/log.h>

static bool parse_renderer(const char *name, enum gesso_renderer_choice *choice)
{
	if (strcmp(name, "pixman") == 0) {
		*choice = GESSO_RENDERER_PIXMAN;
	} else if (strcmp(name, "gles2") == 0) {
		*choice = GESSO_RENDERER_GLES2;
	} else if (strcmp(name, "gles2-software") == 0) {
		*choice = GESSO_RENDERER_GLES2_SOFTWARE;
	} else if (strcmp(name, "gles2-node") == 0) {
		*choice = GESSO_RENDERER_GLES2_NODE;
	} else {
		return false;
	}
	return true;
}

static const struct gesso_allocator_impl *find_impl(const char *name)
{
	for (size_t i = 0; gesso_allocator_impls[i] != NULL; i++) {
		if (strcmp(gesso_allocator_impls[i]->name, name) == 0) {
			return gesso_allocator_impls[i];
		}
	}
	return NULL;
}

/* GLES2 falls back to software by itself, which would prove nothing of a GPU. */
static void insist_on_node(enum gesso_renderer_choice *choice, const char *node)
{
	if (strcmp(node, "-") != 0) {
		setenv("WLR_RENDER_DRM_DEVICE", node, 1);
	}
	if (*choice == GESSO_RENDERER_GLES2) {
		*choice = GESSO_RENDERER_GLES2_GPU;
	}
}

static bool is_called(
	const struct gesso_render_context *context, const char *name, struct gesso_reason *why)
{
	if (strcmp(context->name, name) == 0) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
		"the import probe's renderer is %s, not %s", context->name, name);
	return false;
}

static int fail(const struct gesso_reason *why)
{
	printf("failed %d %s\n", why->code, why->words);
	return 1;
}

/* The least alignment that holds. The one that the chain uses was proved already. */
static uint32_t least_align(
	struct gesso_render_context *context, struct gesso_allocator *allocator, int format)
{
	static const uint32_t smaller[] = {64, 16, 4};
	uint32_t least = GESSO_STRIDE_ALIGN_BYTES;
	for (size_t i = 0; i < sizeof(smaller) / sizeof(smaller[0]); i++) {
		struct probe_case at = {.format = format, .stride_align_bytes = smaller[i]};
		if (!probe_draw(context, allocator, &at, NULL)) {
			break;
		}
		least = smaller[i];
	}
	return least;
}

static void probe_format(
	struct gesso_render_context *context, struct gesso_allocator *allocator, int format)
{
	struct probe_case plain = {
		.format = format,
		.stride_align_bytes = GESSO_STRIDE_ALIGN_BYTES,
	};
	const char *name = gesso_formats[format].name;
	struct gesso_reason why = {0};
	if (!probe_draw(context, allocator, &plain, &why)) {
		printf("refused %s %d %s\n", name, why.code, why.words);
		return;
	}
	uint32_t align_bytes = 0;
	bool offset = false;
	if (allocator->impl->allocate_image == NULL) {
		struct probe_case moved = plain;
		moved.offset_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
		offset = probe_draw(context, allocator, &moved, NULL);
		align_bytes = least_align(context, allocator, format);
	}
	printf("proved %s %u %d\n", name, align_bytes, offset);
}

static void probe_formats(struct gesso_render_context *context, struct gesso_allocator *allocator)
{
	for (int planes_len = 1; planes_len <= 2; planes_len++) {
		for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
			if (gesso_format_planes(gesso_formats[i].fourcc) == planes_len) {
				probe_format(context, allocator, i);
				fflush(stdout);
			}
		}
		if (planes_len == 1) {
			printf("reads %u\ndone\n", probe_read_cost_percent(allocator));
			fflush(stdout);
		}
	}
}

/* Proves what can be proved, and says it. False with `why` set if it did not begin. */
static bool probe_allocator(struct gesso_allocator *allocator, enum gesso_renderer_choice choice,
	const char *renderer_name, struct gesso_reason *why)
{
	struct wl_event_loop *loop = wl_event_loop_create();
	struct wlr_backend *backend = loop != NULL ? wlr_headless_backend_create(loop) : NULL;
	struct gesso_render_context *context = NULL;
	bool ok = false;
	if (backend == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory for a backend");
	} else {
		context = gesso_render_context_create(backend, choice, why);
	}
	if (context != NULL && (renderer_name == NULL || is_called(context, renderer_name, why))) {
		probe_formats(context, allocator);
		ok = true;
	}
	gesso_render_context_destroy(context);
	if (backend != NULL) {
		wlr_backend_destroy(backend);
	}
	if (loop != NULL) {
		wl_event_loop_destroy(loop);
	}
	return ok;
}

int main(int argc, char *argv[])
{
	enum gesso_renderer_choice choice;
	const struct gesso_allocator_impl *impl = argc >= 3 ? find_impl(argv[2]) : NULL;
	if (impl == NULL || argc > 5 || !parse_renderer(argv[1], &choice)) {
		fprintf(stderr,
			"usage: gesso-probe pixman|gles2|gles2-software|gles2-node ALLOCATOR "
			"[NODE [NAME]]\n");
		return 2;
	}
	/* a crash is an answer here, not a fault to be kept */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	prctl(PR_SET_DUMPABLE, 0);
	wlr_log_init(WLR_ERROR, NULL);
	if (argc > 3) {
		insist_on_node(&choice, argv[3]);
	}

	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = impl->create(argc > 3 ? argv[3] : NULL, &why);
	if (allocator == NULL) {
		return fail(&why);
	}
	bool ok = probe_allocator(allocator, choice, argc > 4 ? argv[4] : NULL, &why);
	allocator->impl->destroy(allocator);
	return ok ? 0 : fail(&why);
}
