/* SPDX-License-Identifier: MIT */
/*
 * How long it takes from a commit until the buffer's texture is ready, by the buffer's size,
 * where it was imported before and where it is uploaded. A measurement: meson test
 * --benchmark, and tools/bench.
 *
 * The compositor uploads, or accepts the import, while it serves the commit, so a round trip
 * behind the commit ends when that is done. The window lies beside the output and nothing is
 * composed. What a round trip takes by itself is the same for all sizes, and is measured too.
 *
 * The texture of a buffer that was imported before is made in GL when it is first drawn: so a
 * texture for one more commit, and a pass that draws its last pixel, are measured on the component
 * itself, and an empty pass beside it.
 */
#include "allocators/reason.h"
#include "case.h"
#include "fit.h"
#include "renderer/render_context.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wlr/backend.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#define ROUNDS 7
#define WARM_UP_COMMITS 4
/* An upload of the largest takes as long as hundreds of commits of an import. */
#define COMMITS_IMPORTED 200
#define COMMITS_UPLOADED 8
#define TARGET_PX 64
#define PIXELS_PER_MEGAPIXEL 1e6
#define US_PER_S 1e6
#define NS_PER_US 1e3
/* An import that took a part of an upload's time for each pixel would look at the pixels. */
#define LEAST_ADVANTAGE 20

static const int sides_px[] = {128, 256, 512, 1024, 2048, 4096};
#define SIDES_LEN (sizeof(sides_px) / sizeof(sides_px[0]))
#define POINTS_LEN (SIDES_LEN * ROUNDS)

struct run {
	struct server server;
	struct client client;
	struct window window;
	struct buffer ground, buffers[2];
	struct layer layer;
};

struct drawing {
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct gesso_render_context *context;
	struct wlr_buffer *target;
};

static double now_us(void)
{
	struct timespec time;
	CHECK_EQUAL(clock_gettime(CLOCK_MONOTONIC, &time), 0);
	return (double)time.tv_sec * US_PER_S + (double)time.tv_nsec / NS_PER_US;
}

static void begin(struct run *run, const char *mode)
{
	server_start(&run->server, "--renderer gles2-software --size 1280x720 --shm %s", mode);
	server_warm_up(&run->server);
	client_connect(&run->client, &run->server);
	window_create(&run->window, &run->client, "bench");
	buffer_create_shm(&run->ground, &run->client, 64, 64, DRM_FORMAT_XRGB8888);
	window_show(&run->window, &run->ground);
	layer_create(&run->layer, &run->window, 5000, 0);
}

static void end(struct run *run)
{
	layer_destroy(&run->layer);
	window_destroy(&run->window);
	buffer_destroy(&run->ground);
	client_disconnect(&run->client);
	server_stop(&run->server);
}

/* The median of so many; `commits` is COMMITS_IMPORTED at most. */
static double measure(struct run *run, int commits)
{
	double times_us[COMMITS_IMPORTED];
	for (int commit = -WARM_UP_COMMITS; commit < commits; commit++) {
		struct buffer *buffer = &run->buffers[(commit + WARM_UP_COMMITS) % 2];
		buffer_wait_release(buffer);
		client_roundtrip(&run->client);
		double before_us = now_us();
		surface_commit(run->layer.surface, buffer);
		client_roundtrip(&run->client);
		if (commit >= 0) {
			times_us[commit] = now_us() - before_us;
		}
	}
	qsort(times_us, (size_t)commits, sizeof(times_us[0]), fit_compare);
	return times_us[commits / 2];
}

static double measure_round_trip(struct run *run)
{
	double times_us[COMMITS_IMPORTED];
	for (int i = 0; i < COMMITS_IMPORTED; i++) {
		double before_us = now_us();
		client_roundtrip(&run->client);
		times_us[i] = now_us() - before_us;
	}
	qsort(times_us, COMMITS_IMPORTED, sizeof(times_us[0]), fit_compare);
	return times_us[COMMITS_IMPORTED / 2];
}

static double megapixels(size_t side)
{
	return (double)sides_px[side] * sides_px[side] / PIXELS_PER_MEGAPIXEL;
}

/* Of all rounds of all sizes, `times_us` by size and then by round. */
static struct fit fit_by_megapixel(const double *times_us)
{
	double sizes[POINTS_LEN];
	for (size_t i = 0; i < POINTS_LEN; i++) {
		sizes[i] = megapixels(i / ROUNDS);
	}
	return fit_line(sizes, times_us, POINTS_LEN);
}

static double measure_side(void *data, int side_px, int commits)
{
	struct run *run = data;
	for (int i = 0; i < 2; i++) {
		buffer_create_shm_tight(&run->buffers[i], &run->client, side_px, side_px,
			(uint32_t)side_px * 4, DRM_FORMAT_XRGB8888);
	}
	double time_us = measure(run, commits);
	for (int i = 0; i < 2; i++) {
		buffer_destroy(&run->buffers[i]);
	}
	return time_us;
}

static struct wlr_buffer *allocate(const struct drawing *drawing, int side_px)
{
	uint64_t modifier = DRM_FORMAT_MOD_LINEAR;
	struct wlr_buffer *buffer =
		wlr_allocator_create_buffer(drawing->context->allocator, side_px, side_px,
			&(struct wlr_drm_format){
				.format = DRM_FORMAT_XRGB8888, .len = 1, .modifiers = &modifier});
	CHECK(buffer != NULL);
	return buffer;
}

/* The time of one pass, with the last pixel of `buffer` in it unless that is NULL. */
static double draw_pixel(const struct drawing *drawing, struct wlr_buffer *buffer)
{
	struct wlr_renderer *renderer = drawing->context->renderer;
	double before_us = now_us();
	struct wlr_texture *texture =
		buffer != NULL ? wlr_texture_from_buffer(renderer, buffer) : NULL;
	struct wlr_render_pass *pass =
		wlr_renderer_begin_buffer_pass(renderer, drawing->target, NULL);
	CHECK(pass != NULL && (texture != NULL || buffer == NULL));
	if (texture != NULL) {
		wlr_render_pass_add_texture(pass,
			&(struct wlr_render_texture_options){
				.texture = texture,
				.src_box = {buffer->width - 1, buffer->height - 1, 1, 1},
				.dst_box = {.width = 1, .height = 1},
			});
	}
	CHECK(wlr_render_pass_submit(pass));
	wlr_texture_destroy(texture);
	return now_us() - before_us;
}

static double measure_drawing(
	const struct drawing *drawing, struct wlr_buffer *const buffers[static 2], int commits)
{
	double times_us[COMMITS_IMPORTED];
	for (int commit = -WARM_UP_COMMITS; commit < commits; commit++) {
		double time_us = draw_pixel(drawing, buffers[(commit + WARM_UP_COMMITS) % 2]);
		if (commit >= 0) {
			times_us[commit] = time_us;
		}
	}
	qsort(times_us, (size_t)commits, sizeof(times_us[0]), fit_compare);
	return times_us[commits / 2];
}

static double draw_side(void *data, int side_px, int commits)
{
	const struct drawing *drawing = data;
	struct wlr_buffer *buffers[] = {allocate(drawing, side_px), allocate(drawing, side_px)};
	double time_us = measure_drawing(drawing, buffers, commits);
	wlr_buffer_drop(buffers[0]);
	wlr_buffer_drop(buffers[1]);
	return time_us;
}

static void print_side(size_t side, const double times_us[ROUNDS])
{
	double sorted_us[ROUNDS];
	memcpy(sorted_us, times_us, sizeof(sorted_us));
	qsort(sorted_us, ROUNDS, sizeof(sorted_us[0]), fit_compare);
	printf("  %4d x %-4d %9.1f (%.1f-%.1f)\n", sides_px[side], sides_px[side],
		sorted_us[ROUNDS / 2], sorted_us[0], sorted_us[ROUNDS - 1]);
}

/* What one size takes, of so many commits. */
typedef double (*measure_func_t)(void *data, int side_px, int commits);

/* All sizes in each round: what the machine does meanwhile is shared by them. */
static void measure_sides(measure_func_t measure_one, void *data, int commits, double *times_us)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < SIDES_LEN; i++) {
			size_t side = round % 2 ? SIDES_LEN - 1 - i : i;
			times_us[side * ROUNDS + (size_t)round] =
				measure_one(data, sides_px[side], commits);
		}
	}
}

static struct fit measure_and_print(
	const char *mode, measure_func_t measure_one, void *data, int commits)
{
	double times_us[POINTS_LEN];
	printf("%s: us from commit to texture, median of %d commits, of %d rounds (least-most)\n",
		mode, commits, ROUNDS);
	measure_sides(measure_one, data, commits, times_us);
	for (size_t side = 0; side < SIDES_LEN; side++) {
		print_side(side, &times_us[side * ROUNDS]);
	}
	return fit_by_megapixel(times_us);
}

/* What tools/measure/bench_texture.py reads. `alone` takes `alone_us` without a texture. */
static void print_fit(const char *mode, const struct fit *fit, const char *alone, double alone_us)
{
	printf("  fit %s: %.3f us at 0 pixels, %+.4f +- %.4f us a megapixel; %s alone %.3f us\n",
		mode, fit->at_zero, fit->slope, fit->slope_error, alone, alone_us);
	fflush(stdout);
}

static struct fit measure_mode(const char *mode, int commits)
{
	struct run run;
	begin(&run, mode);
	struct fit fit = measure_and_print(mode, measure_side, &run, commits);
	print_fit(mode, &fit, "a round trip", measure_round_trip(&run));
	end(&run);
	return fit;
}

static struct fit measure_first_drawn(int commits)
{
	struct drawing drawing;
	struct gesso_reason why;
	drawing.loop = wl_event_loop_create();
	drawing.backend = wlr_headless_backend_create(drawing.loop);
	drawing.context =
		gesso_render_context_create(drawing.backend, GESSO_RENDERER_GLES2_SOFTWARE, &why);
	CHECK(drawing.context != NULL);
	drawing.target = allocate(&drawing, TARGET_PX);
	struct fit fit = measure_and_print("draw", draw_side, &drawing, commits);
	struct wlr_buffer *nothing[2] = {NULL, NULL};
	print_fit("draw", &fit, "a pass", measure_drawing(&drawing, nothing, commits));
	wlr_buffer_drop(drawing.target);
	gesso_render_context_destroy(drawing.context);
	wlr_backend_destroy(drawing.backend);
	wl_event_loop_destroy(drawing.loop);
	return fit;
}

CASE(texture_ready)
{
	case_set_deadline(600);
	struct fit imported = measure_mode("import", COMMITS_IMPORTED);
	struct fit uploaded = measure_mode("upload", COMMITS_UPLOADED);
	struct fit drawn = measure_first_drawn(COMMITS_IMPORTED);
	CHECK(imported.slope * LEAST_ADVANTAGE < uploaded.slope);
	CHECK(drawn.slope * LEAST_ADVANTAGE < uploaded.slope);
}
