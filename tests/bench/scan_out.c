/* SPDX-License-Identifier: MIT */
/*
 * What a frame that goes to the output as it is costs the compositor, by the size of the
 * buffer and by its path. A measurement: meson test --benchmark. With /dev/udmabuf it has
 * path dmabuf too, as tools/bench --lane kernel, which has painting clients and cage beside
 * it; in an emulated machine times are ratios to each other and nothing else.
 *
 * Every path has one compositor, in which it is shown in turn with the others; nothing is
 * painted, so what is measured is warm.
 */
#include "case.h"
#include "fit.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 5
#define FRAMES 30
#define WARM_UP_FRAMES 4
#define PIXELS_PER_MEGAPIXEL 1e6

static const char *const paths[] = {"shm-tight", "native", "dmabuf:udmabuf"};
#define PATHS_LEN (sizeof(paths) / sizeof(paths[0]))

static const struct {
	int width_px, height_px;
} sizes[] = {{640, 480}, {1280, 720}, {1920, 1080}, {2560, 1440}};
#define SIZES_LEN (sizeof(sizes) / sizeof(sizes[0]))
#define POINTS_LEN (SIZES_LEN * ROUNDS)

static double cpu_us(pid_t pid)
{
	clockid_t clock;
	struct timespec time;
	CHECK_EQUAL(clock_getcpuclockid(pid, &clock), 0);
	CHECK_EQUAL(clock_gettime(clock, &time), 0);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* CPU time of the compositor for a frame; the window fills the output. */
static double measure_path(struct server *server, const char *path, size_t size)
{
	struct client client;
	struct window window;
	struct buffer buffers[2];
	double before_us = 0;
	client_connect(&client, server);
	window_create(&window, &client, "bench");
	for (int i = 0; i < 2; i++) {
		buffer_create(&buffers[i], &client, path, sizes[size].width_px,
			sizes[size].height_px, DRM_FORMAT_XRGB8888);
	}
	for (int frame = 0; frame < WARM_UP_FRAMES + FRAMES; frame++) {
		if (frame == WARM_UP_FRAMES) {
			CHECK(stage_is_scanned_out(server));
			before_us = cpu_us(server->pid);
		}
		window_show(&window, &buffers[frame % 2]);
	}
	double time_us = (cpu_us(server->pid) - before_us) / FRAMES;
	CHECK(stage_is_scanned_out(server));
	window_destroy(&window);
	buffer_destroy(&buffers[0]);
	buffer_destroy(&buffers[1]);
	client_disconnect(&client);
	return time_us;
}

static void measure_size(size_t size, size_t round, double times_us[PATHS_LEN][POINTS_LEN])
{
	struct server server;
	server_start(&server, "--renderer %s --allocator udmabuf --size %dx%d --shm import",
		case_fixture("renderer"), sizes[size].width_px, sizes[size].height_px);
	server_warm_up(&server);
	for (size_t i = 0; i < PATHS_LEN; i++) {
		size_t path = (round + i) % PATHS_LEN; /* none is always first */
		times_us[path][size * ROUNDS + round] = measure_path(&server, paths[path], size);
	}
	server_stop(&server);
}

/* Against the first path, in the same compositor. */
static double median_ratio(const double *times_us, const double *first_us, size_t size)
{
	double ratios[ROUNDS];
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t i = size * ROUNDS + round;
		ratios[round] = times_us[i] / first_us[i];
	}
	qsort(ratios, ROUNDS, sizeof(ratios[0]), fit_compare);
	return ratios[ROUNDS / 2];
}

static void print_path(const char *path, double *times_us, const double *first_us)
{
	double megapixels[POINTS_LEN];
	for (size_t i = 0; i < POINTS_LEN; i++) {
		megapixels[i] = (double)sizes[i / ROUNDS].width_px * sizes[i / ROUNDS].height_px /
			PIXELS_PER_MEGAPIXEL;
	}
	struct fit fit = fit_line(megapixels, times_us, POINTS_LEN);
	printf("%-15s %7.1f us at 0 pixels, %+.2f +- %.2f us a megapixel; of %s by size:", path,
		fit.at_zero, fit.slope, fit.slope_error, paths[0]);
	for (size_t size = 0; size < SIZES_LEN; size++) {
		printf(" %.3f", median_ratio(times_us, first_us, size));
	}
	printf("\n");
}

CASE(scan_out)
{
	static double times_us[PATHS_LEN][POINTS_LEN];
	case_set_deadline(1200);
	unsetenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT");
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t size = 0; size < SIZES_LEN; size++) {
			measure_size(size, round, times_us);
		}
	}
	printf("%s: compositor CPU a frame, scanned out, %d rounds of %d frames\n",
		case_fixture("renderer"), ROUNDS, FRAMES);
	for (size_t path = 0; path < PATHS_LEN; path++) {
		print_path(paths[path], times_us[path], times_us[0]);
	}
}
