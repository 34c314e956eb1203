/* SPDX-License-Identifier: MIT */
/* Mesa's kms_swrast draws its own device's buffers, and crashes on others': path off, all else on. */
#include "buffer.h"
#include "capture.h"
#include "case.h"
#include "client.h"
#include "dmabuf.h"
#include "stage.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIDE_PX 64
#define WAIT_MS 250
#define MOST_MS 300
#define STARTS 5

/* Names vgem's primary node to wlroots. */
static void name_vgem(void)
{
	glob_t found;
	char target[PATH_MAX], node[64] = "";
	CHECK_EQUAL(glob("/sys/class/drm/card*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		if (realpath(found.gl_pathv[i], target) != NULL &&
			strstr(target, "/vgem/") != NULL) {
			snprintf(node, sizeof(node), "/dev/dri/%.40s", strrchr(target, '/') + 1);
		}
	}
	globfree(&found);
	if (node[0] == '\0') {
		case_skip("there is no vgem device");
	}
	setenv("WLR_RENDER_DRM_DEVICE", node, 1);
	setenv("WLR_RENDERER_ALLOW_SOFTWARE", "1", 1);
}

/* Returns once a client of wl_shm is served. */
static void start(struct server *server, struct client *client, const char *allocators)
{
	server_start_early(server, allocators,
		"--renderer gles2-node --allocator %s --size %dx%d --fullscreen --socket %s",
		allocators, SIDE_PX, SIDE_PX, allocators);
	client_connect(client, server);
}

static void end(struct server *server, struct client *client)
{
	client_disconnect(client);
	server_wait_ready(server);
	server_stop(server);
}

CASE(swrast_crash_turns_the_path_off)
{
	struct server server;
	struct client client;
	case_need_allocator("vgem");
	case_set_deadline(60);
	name_vgem();
	start(&server, &client, "udmabuf");
	/* served beside the probe, not after it; tools/bench-start has the milliseconds */
	CHECK_EQUAL(client_find_allocator(&client, "udmabuf")->reason,
		GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PENDING);
	while (client_find_allocator(&client, "udmabuf")->reason ==
		GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PENDING) {
		client_dispatch(&client);
	}
	const struct client_allocator *udmabuf = client_find_allocator(&client, "udmabuf");
	CHECK_EQUAL(udmabuf->reason, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PROBE_FAILED);
	CHECK(strstr(udmabuf->words, "import probe crashed") != NULL);
	CHECK_EQUAL(client.batch.formats_len, 0);
	server_check_alive(&server);
	end(&server, &client);
}

/* When the log says `words`, in milliseconds from its begin. */
static long logged_ms(int number, const char *words)
{
	char path[PATH_MAX], line[1024];
	long ms = -1;
	snprintf(path, sizeof(path), "%s/gesso-%d.log", workdir_path(), number);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	while (ms < 0 && fgets(line, sizeof(line), file) != NULL) {
		int hours, minutes, seconds, rest;
		if (strstr(line, words) != NULL &&
			sscanf(line, "%d:%d:%d.%d ", &hours, &minutes, &seconds, &rest) == 4) {
			ms = ((hours * 60L + minutes) * 60 + seconds) * 1000 + rest;
		}
	}
	fclose(file);
	if (ms < 0) {
		FAIL("%s does not say '%s'", path, words);
	}
	return ms;
}

/* Has each start ask its helper: a cache that others may write to is not used. */
static void spoil_cache(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-probe", workdir_path());
	CHECK_EQUAL(mkdir(path, 0700), 0);
	CHECK_EQUAL(chmod(path, 0755), 0);
}

/*
 * From when clients are served until the command would start, within one start and by
 * the log's own clock. The machine has other work too, but hardly at each start.
 */
CASE(swrast_crash_delays_no_start)
{
	struct server server;
	case_need_allocator("vgem");
	case_set_deadline(60);
	name_vgem();
	spoil_cache();
	long least_ms = MOST_MS;
	for (int i = 1; i <= STARTS && least_ms >= MOST_MS; i++) {
		server_start(&server,
			"--renderer gles2-node --allocator udmabuf --size 64x64 --probe-wait %d",
			WAIT_MS);
		long delay_ms = logged_ms(i, "server: ready") - logged_ms(i, "server: serving");
		fprintf(stderr, "start %d: ready %ld ms after clients were served\n", i, delay_ms);
		least_ms = delay_ms < least_ms ? delay_ms : least_ms;
		server_stop(&server);
	}
	CHECK_INT(<, least_ms, MOST_MS);
}

CASE(swrast_shows_its_own_buffers)
{
	struct server server;
	struct client client;
	case_need_allocator("vgem");
	case_set_deadline(60);
	name_vgem();
	start(&server, &client, "vgem");
	while (client.batch.formats_len == 0) {
		client_dispatch(&client);
	}
	struct window window;
	struct buffer buffer;
	window_create(&window, &client, "vgem");
	buffer_create_native(&buffer, &client, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	CHECK_EQUAL(buffer.cached, 0);
	for (uint32_t seed = 1; seed <= 2; seed++) {
		struct picture painted, shown;
		stage_repaint(&buffer, &painted, seed);
		window_show(&window, &buffer);
		capture_output(&shown, &client, 0);
		picture_check(&shown, &painted, 0, "what kms_swrast shows of vgem's memory");
		picture_finish(&shown);
		picture_finish(&painted);
	}
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	server_check_alive(&server);
	end(&server, &client);
}

/* A client's own dma-buf would be imported, and drawing it is the end. */
CASE(swrast_offers_no_dmabuf)
{
	struct server server;
	struct client client;
	case_need_allocator("vgem");
	case_need_device("/dev/udmabuf");
	case_set_deadline(60);
	name_vgem();
	start(&server, &client, "vgem");
	while (client.batch.formats_len == 0) {
		client_dispatch(&client);
	}
	CHECK_EQUAL(client.dmabuf_pairs_len, 0);
	struct dmabuf_claim claim = {"another device's", "udmabuf", 16384, {{0, 0, 256, 0}}, 1, 64,
		64, DRM_FORMAT_XRGB8888, 0};
	dmabuf_check_claim(&server, &claim, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	claim.source = "vgem";
	dmabuf_check_claim(&server, &claim, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	server_check_alive(&server);
	end(&server, &client);
}
