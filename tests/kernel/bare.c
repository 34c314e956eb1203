/* SPDX-License-Identifier: MIT */
/*
 * A bare display: the card that WLR_DRM_DEVICES names. tests/tools/bare-display runs this
 * in a machine that has one, and compares what the machine's screen shows, from outside,
 * with what is written here: each look is a picture, expected-N.ppm in the directory
 * hand=…, then shown-N; and goes on when there is a seen-N.
 */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_PX 640
#define HEIGHT_PX 480
#define LAYERS_LEN 3
#define LOOK_SECONDS 20

static const struct {
	const char *path;
	int width_px, height_px, x, y;
} rows[LAYERS_LEN] = {
	{"native", 161, 123, 17, 19},
	{"shm", 131, 99, 300, 41},
	{"dmabuf:udmabuf", 203, 151, 401, 299},
};

struct bare {
	struct server server;
	struct client client;
	struct window window;
	struct buffer ground;
	struct layer layers[LAYERS_LEN];
	struct buffer buffers[LAYERS_LEN];
	struct picture expected;
};

static void arrange(const struct bare *bare, const char *words)
{
	char command[300];
	snprintf(command, sizeof(command),
		"WAYLAND_DISPLAY=%s wlr-randr --output \"$(WAYLAND_DISPLAY=%s wlr-randr | "
		"sed 's/ .*//;q')\" %s",
		bare->server.socket, bare->server.socket, words);
	int status = system(command);
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 0);
}

static void begin(struct bare *bare)
{
	server_start(&bare->server, "--backend drm --renderer %s --fullscreen --allocator udmabuf",
		case_fixture("renderer"));
	arrange(bare, "--mode 640x480");
	client_connect(&bare->client, &bare->server);
	window_create(&bare->window, &bare->client, "bare");
	CHECK_EQUAL(bare->window.width_px, WIDTH_PX);
	CHECK_EQUAL(bare->window.height_px, HEIGHT_PX);
	struct picture ground;
	buffer_create(
		&bare->ground, &bare->client, "shm", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
	stage_repaint(&bare->ground, &ground, 1);
	window_show(&bare->window, &bare->ground);
	picture_init(&bare->expected, WIDTH_PX, HEIGHT_PX, 0xff000000);
	picture_blend(&bare->expected, &ground, 0, 0);
	picture_finish(&ground);
	for (size_t i = 0; i < LAYERS_LEN; i++) {
		buffer_create(&bare->buffers[i], &bare->client, rows[i].path, rows[i].width_px,
			rows[i].height_px, DRM_FORMAT_XRGB8888);
		layer_create(&bare->layers[i], &bare->window, rows[i].x, rows[i].y);
	}
}

static void show_layers(struct bare *bare, uint32_t seed)
{
	for (size_t i = 0; i < LAYERS_LEN; i++) {
		struct picture picture;
		stage_repaint(&bare->buffers[i], &picture, seed + (uint32_t)i);
		layer_show(&bare->layers[i], &bare->buffers[i]);
		picture_blend(&bare->expected, &picture, rows[i].x, rows[i].y);
		picture_finish(&picture);
	}
}

static FILE *open_hand(const char *name, int look, const char *mode)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s-%d", case_fixture("hand"), name, look);
	return fopen(path, mode);
}

/* `turned`: the output shows it upside down. */
static void write_expected(const struct picture *picture, int look, bool turned)
{
	FILE *file = open_hand("expected", look, "wb");
	CHECK(file != NULL);
	fprintf(file, "P6\n%d %d\n255\n", picture->width_px, picture->height_px);
	int len = picture->width_px * picture->height_px;
	for (int i = 0; i < len; i++) {
		uint32_t pixel = picture->pixels[turned ? len - 1 - i : i];
		const unsigned char bytes[] = {(unsigned char)(pixel >> 16),
			(unsigned char)(pixel >> 8), (unsigned char)pixel};
		fwrite(bytes, 1, sizeof(bytes), file);
	}
	CHECK_EQUAL(fclose(file), 0);
}

static void be_looked_at(const struct picture *picture, int look, bool turned)
{
	write_expected(picture, look, turned);
	FILE *file = open_hand("shown", look, "wb");
	CHECK(file != NULL);
	fclose(file);
	for (int tries = 0; tries < 5 * case_seconds(LOOK_SECONDS); tries++) {
		file = open_hand("seen", look, "rb");
		if (file != NULL) {
			fclose(file);
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
	}
	FAIL("nobody has looked at picture %d", look);
}

CASE(bare_display)
{
	struct bare bare;
	case_set_deadline(4 * LOOK_SECONDS);
	begin(&bare);
	show_layers(&bare, 10);
	be_looked_at(&bare.expected, 1, false);
	show_layers(&bare, 20);
	be_looked_at(&bare.expected, 2, false);
	arrange(&bare, "--transform 180");
	show_layers(&bare, 30);
	be_looked_at(&bare.expected, 3, true);

	window_destroy(&bare.window);
	for (size_t i = 0; i < LAYERS_LEN; i++) {
		layer_destroy(&bare.layers[i]);
		buffer_destroy(&bare.buffers[i]);
	}
	buffer_destroy(&bare.ground);
	picture_finish(&bare.expected);
	client_roundtrip(&bare.client);
	client_disconnect(&bare.client);
	server_stop(&bare.server);
}

/* One window in the card's own memory, which fills the screen: nothing is drawn, and it is seen. */
CASE(bare_scan_out)
{
	struct bare bare = {0};
	case_set_deadline(4 * LOOK_SECONDS);
	server_start(&bare.server, "--backend drm --renderer %s --fullscreen --allocator gbm",
		case_fixture("renderer"));
	arrange(&bare, "--mode 640x480");
	client_connect(&bare.client, &bare.server);
	window_create(&bare.window, &bare.client, "scan-out");
	buffer_create(
		&bare.ground, &bare.client, "native", WIDTH_PX, HEIGHT_PX, DRM_FORMAT_XRGB8888);
	for (int look = 4; look <= 5; look++) {
		struct picture picture;
		stage_repaint(&bare.ground, &picture, 10 * (uint32_t)look);
		window_show(&bare.window, &bare.ground);
		CHECK(stage_is_scanned_out(&bare.server));
		be_looked_at(&picture, look, false);
		CHECK(stage_is_scanned_out(&bare.server));
		picture_finish(&picture);
	}
	window_destroy(&bare.window);
	buffer_destroy(&bare.ground);
	client_roundtrip(&bare.client);
	client_disconnect(&bare.client);
	server_stop(&bare.server);
}
