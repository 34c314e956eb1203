/* SPDX-License-Identifier: MIT */
/*
 * What imports of wl_shm buffers cost the compositor beside uploads. Measurements, not
 * tests: meson test --benchmark.
 */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COMMITS 1000
#define WARM_UP_COMMITS 20
#define ROUNDS 7
#define FRAMES 30
#define WARM_UP_FRAMES 4
#define MODES_LEN 2

static const char *const modes[MODES_LEN] = {"import", "upload"};

struct run {
	struct server server;
	struct client client;
	struct window window;
	struct buffer ground, buffers[2];
	struct layer layer;
};

static double cpu_us(pid_t pid)
{
	clockid_t clock;
	struct timespec time;
	CHECK_EQUAL(clock_getcpuclockid(pid, &clock), 0);
	CHECK_EQUAL(clock_gettime(clock, &time), 0);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* The layer is at x, 0: beside the output nothing of it is composed. */
static void begin(struct run *run, const char *mode, int x)
{
	server_start(&run->server,
		"--renderer gles2-software --allocator memfd --size 1280x720 --shm %s", mode);
	server_warm_up(&run->server);
	client_connect(&run->client, &run->server);
	window_create(&run->window, &run->client, "bench");
	buffer_create_shm(&run->ground, &run->client, 64, 64, DRM_FORMAT_XRGB8888);
	window_show(&run->window, &run->ground);
	layer_create(&run->layer, &run->window, x, 0);
}

/* CPU per commit, after some that are not counted. */
static double measure(struct run *run)
{
	double before = 0;
	for (int commit = 0; commit < WARM_UP_COMMITS + COMMITS; commit++) {
		struct buffer *buffer = &run->buffers[commit % 2];
		if (commit == WARM_UP_COMMITS) {
			before = cpu_us(run->server.pid);
		}
		buffer_wait_release(buffer);
		surface_commit(run->layer.surface, buffer);
		client_roundtrip(&run->client);
	}
	return (cpu_us(run->server.pid) - before) / COMMITS;
}

/* CPU per frame of a client that makes a buffer for each, painted and composed. */
static double measure_new(struct run *run, int width_px, int height_px)
{
	double before = 0;
	for (int frame = 0; frame < WARM_UP_FRAMES + FRAMES; frame++) {
		struct buffer *buffer = &run->buffers[frame % 2];
		if (frame == WARM_UP_FRAMES) {
			before = cpu_us(run->server.pid);
		}
		buffer_create_shm_tight(buffer, &run->client, width_px, height_px,
			(uint32_t)width_px * 4, DRM_FORMAT_XRGB8888);
		memset(buffer->pixels, frame, (size_t)width_px * (size_t)height_px * 4);
		layer_show(&run->layer, buffer);
		buffer_destroy(buffer);
	}
	return (cpu_us(run->server.pid) - before) / FRAMES;
}

static int compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;
	return (difference > 0) - (difference < 0);
}

static void print_row(int width_px, int height_px, double figures[MODES_LEN][ROUNDS])
{
	printf("%4d x %-4d %5d KiB", width_px, height_px, width_px * height_px * 4 / 1024);
	for (int mode = 0; mode < MODES_LEN; mode++) {
		double *of = figures[mode];
		qsort(of, ROUNDS, sizeof(of[0]), compare);
		printf("   %s %6.1f (%.1f-%.1f)", modes[mode], of[ROUNDS / 2], of[0],
			of[ROUNDS - 1]);
	}
	printf("\n");
	fflush(stdout);
}

static void measure_size(struct run runs[MODES_LEN], int side_px)
{
	double figures[MODES_LEN][ROUNDS];
	for (int i = 0; i < MODES_LEN * 2; i++) {
		buffer_create_shm_tight(&runs[i / 2].buffers[i % 2], &runs[i / 2].client, side_px,
			side_px, (uint32_t)side_px * 4, DRM_FORMAT_XRGB8888);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < MODES_LEN; i++) {
			int mode = (round + i) % MODES_LEN; /* neither is always first */
			figures[mode][round] = measure(&runs[mode]);
		}
	}
	for (int i = 0; i < MODES_LEN * 2; i++) {
		buffer_destroy(&runs[i / 2].buffers[i % 2]);
	}
	print_row(side_px, side_px, figures);
}

static void begin_all(struct run runs[MODES_LEN], int x)
{
	case_set_deadline(600);
	for (int i = 0; i < MODES_LEN; i++) {
		begin(&runs[i], modes[i], x);
	}
	printf("compositor CPU, us: median of %d rounds (least-most)\n", ROUNDS);
}

static void end_all(struct run runs[MODES_LEN])
{
	for (int i = 0; i < MODES_LEN; i++) {
		layer_destroy(&runs[i].layer);
		window_destroy(&runs[i].window);
		buffer_destroy(&runs[i].ground);
		client_disconnect(&runs[i].client);
		server_stop(&runs[i].server);
	}
}

/* Per commit of a client that has two buffers in turn. */
CASE(shm_small)
{
	static const int sides_px[] = {16, 32, 64, 96, 128, 192, 256, 384, 512};
	struct run runs[MODES_LEN];
	begin_all(runs, 2000);
	for (size_t i = 0; i < sizeof(sides_px) / sizeof(sides_px[0]); i++) {
		measure_size(runs, sides_px[i]);
	}
	end_all(runs);
}

/* Per frame of a client that makes a buffer for each: an import that is used once. */
CASE(shm_new_buffers)
{
	struct run runs[MODES_LEN];
	double figures[MODES_LEN][ROUNDS];
	begin_all(runs, 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < MODES_LEN; i++) {
			int mode = (round + i) % MODES_LEN;
			figures[mode][round] = measure_new(&runs[mode], 1280, 720);
		}
	}
	print_row(1280, 720, figures);
	end_all(runs);
}
