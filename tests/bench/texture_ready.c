/* SPDX-License-Identifier: MIT */
/*
 * How long it takes from a commit until the buffer's texture is ready, by the buffer's size,
 * where it was imported before and where it is uploaded. A measurement: meson test
 * --benchmark, and tools/bench.
 *
 * The compositor makes the texture while it serves the commit, so a round trip behind the
 * commit ends when the texture is ready. The window lies beside the output and nothing is
 * composed. What a round trip takes by itself is the same for all sizes, and is measured too.
 */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 7
#define WARM_UP_COMMITS 4
/* An upload of the largest takes as long as hundreds of commits of an import. */
#define COMMITS_IMPORTED 200
#define COMMITS_UPLOADED 8
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

struct fit {
	double intercept_us, slope_us, error_us; /* the last two for a megapixel */
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

static int compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;
	return (difference > 0) - (difference < 0);
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
	qsort(times_us, (size_t)commits, sizeof(times_us[0]), compare);
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
	qsort(times_us, COMMITS_IMPORTED, sizeof(times_us[0]), compare);
	return times_us[COMMITS_IMPORTED / 2];
}

static double megapixels(size_t side)
{
	return (double)sides_px[side] * sides_px[side] / PIXELS_PER_MEGAPIXEL;
}

/* Least squares over all rounds of all sizes, `times_us` by size and then by round. */
static struct fit fit_line(const double *times_us)
{
	double mean_x = 0, mean_y = 0, spread = 0, product = 0, rest = 0;
	for (size_t i = 0; i < POINTS_LEN; i++) {
		mean_x += megapixels(i / ROUNDS) / POINTS_LEN;
		mean_y += times_us[i] / POINTS_LEN;
	}
	for (size_t i = 0; i < POINTS_LEN; i++) {
		double x = megapixels(i / ROUNDS) - mean_x;
		spread += x * x;
		product += x * (times_us[i] - mean_y);
	}
	struct fit fit = {.slope_us = product / spread};
	fit.intercept_us = mean_y - fit.slope_us * mean_x;
	for (size_t i = 0; i < POINTS_LEN; i++) {
		double x = megapixels(i / ROUNDS);
		double off = times_us[i] - fit.intercept_us - fit.slope_us * x;
		rest += off * off;
	}
	fit.error_us = sqrt(rest / (double)(POINTS_LEN - 2) / spread);
	return fit;
}

static double measure_side(struct run *run, int side_px, int commits)
{
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

static void print_side(size_t side, const double times_us[ROUNDS])
{
	double sorted_us[ROUNDS];
	memcpy(sorted_us, times_us, sizeof(sorted_us));
	qsort(sorted_us, ROUNDS, sizeof(sorted_us[0]), compare);
	printf("  %4d x %-4d %9.1f (%.1f-%.1f)\n", sides_px[side], sides_px[side],
		sorted_us[ROUNDS / 2], sorted_us[0], sorted_us[ROUNDS - 1]);
}

/* All sizes in each round: what the machine does meanwhile is shared by them. */
static void measure_sides(struct run *run, int commits, double *times_us)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < SIDES_LEN; i++) {
			size_t side = round % 2 ? SIDES_LEN - 1 - i : i;
			times_us[side * ROUNDS + (size_t)round] =
				measure_side(run, sides_px[side], commits);
		}
	}
}

/* The "fit" line is what tools/measure/bench_texture.py reads. */
static struct fit measure_mode(const char *mode, int commits)
{
	struct run run;
	double times_us[POINTS_LEN];
	begin(&run, mode);
	printf("%s: us from commit to texture, median of %d commits, of %d rounds (least-most)\n",
		mode, commits, ROUNDS);
	measure_sides(&run, commits, times_us);
	for (size_t side = 0; side < SIDES_LEN; side++) {
		print_side(side, &times_us[side * ROUNDS]);
	}
	struct fit fit = fit_line(times_us);
	printf("  fit %s: %.3f us at 0 pixels, %+.4f +- %.4f us a megapixel; a round trip alone "
	       "%.3f us\n",
		mode, fit.intercept_us, fit.slope_us, fit.error_us, measure_round_trip(&run));
	fflush(stdout);
	end(&run);
	return fit;
}

CASE(texture_ready)
{
	case_set_deadline(600);
	struct fit imported = measure_mode("import", COMMITS_IMPORTED);
	struct fit uploaded = measure_mode("upload", COMMITS_UPLOADED);
	CHECK(imported.slope_us * LEAST_ADVANTAGE < uploaded.slope_us);
}
