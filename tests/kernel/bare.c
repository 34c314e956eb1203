/* SPDX-License-Identifier: MIT */
/*
 * A bare display: the card that WLR_DRM_DEVICES names. tests/tools/bare-display runs this
 * in a machine that has one, and compares what the machine's screen shows, from outside,
 * with what is written here: each look is a picture, expected-N.ppm in the directory
 * hand=…, then shown-N; and goes on when there is a seen-N.
 */
#include "case.h"
#include "shown.h"
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

static void show_ground(struct bare *bare, int width_px, int height_px, uint32_t seed)
{
	struct buffer before = bare->ground;
	struct picture ground;
	while (bare->window.width_px != width_px || bare->window.height_px != height_px) {
		client_dispatch(&bare->client);
	}
	buffer_create(
		&bare->ground, &bare->client, "shm", width_px, height_px, DRM_FORMAT_XRGB8888);
	stage_repaint(&bare->ground, &ground, seed);
	window_show(&bare->window, &bare->ground);
	if (before.wl_buffer != NULL) {
		buffer_destroy(&before);
		picture_finish(&bare->expected);
	}
	picture_init(&bare->expected, width_px, height_px, 0xff000000);
	picture_blend(&bare->expected, &ground, 0, 0);
	picture_finish(&ground);
}

static void begin(struct bare *bare)
{
	*bare = (struct bare){0};
	server_start(&bare->server, "--backend drm --renderer %s --fullscreen --allocator udmabuf",
		case_fixture("renderer"));
	arrange(bare, "--mode 640x480");
	client_connect(&bare->client, &bare->server);
	window_create(&bare->window, &bare->client, "bare");
	show_ground(bare, WIDTH_PX, HEIGHT_PX, 1);
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

/* The pixel of the desktop's picture that the screen has at x, y. */
static uint32_t screen_pixel(
	const struct picture *picture, enum wl_output_transform transform, int x, int y)
{
	int width_px = picture->width_px, height_px = picture->height_px;
	switch (transform) {
	case WL_OUTPUT_TRANSFORM_NORMAL:
		return picture->pixels[y * width_px + x];
	case WL_OUTPUT_TRANSFORM_90:
		return picture->pixels[x * width_px + width_px - 1 - y];
	case WL_OUTPUT_TRANSFORM_180:
		return picture->pixels[(height_px - 1 - y) * width_px + width_px - 1 - x];
	default:
		FAIL("transform %d is not shown here", transform);
	}
}

static void write_expected(
	const struct picture *picture, int look, enum wl_output_transform transform)
{
	FILE *file = open_hand("expected", look, "wb");
	CHECK(file != NULL);
	fprintf(file, "P6\n%d %d\n255\n", WIDTH_PX, HEIGHT_PX);
	for (int i = 0; i < WIDTH_PX * HEIGHT_PX; i++) {
		uint32_t pixel = screen_pixel(picture, transform, i % WIDTH_PX, i / WIDTH_PX);
		const unsigned char bytes[] = {(unsigned char)(pixel >> 16),
			(unsigned char)(pixel >> 8), (unsigned char)pixel};
		fwrite(bytes, 1, sizeof(bytes), file);
	}
	CHECK_EQUAL(fclose(file), 0);
}

/* What is right on the screen is noted for README's table. */
static void be_looked_at(
	const struct picture *picture, int look, enum wl_output_transform transform)
{
	write_expected(picture, look, transform);
	FILE *file = open_hand("shown", look, "wb");
	CHECK(file != NULL);
	fclose(file);
	for (int tries = 0; tries < 5 * case_seconds(LOOK_SECONDS); tries++) {
		file = open_hand("seen", look, "rb");
		if (file != NULL) {
			fclose(file);
			shown_note_checked();
			return;
		}
		nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
	}
	FAIL("nobody has looked at picture %d", look);
}

CASE(bare_display)
{
	struct bare bare;
	case_set_deadline(5 * LOOK_SECONDS);
	begin(&bare);
	show_layers(&bare, 10);
	be_looked_at(&bare.expected, 1, WL_OUTPUT_TRANSFORM_NORMAL);
	show_layers(&bare, 20);
	be_looked_at(&bare.expected, 2, WL_OUTPUT_TRANSFORM_NORMAL);
	arrange(&bare, "--transform 180");
	show_layers(&bare, 30);
	be_looked_at(&bare.expected, 3, WL_OUTPUT_TRANSFORM_180);
	arrange(&bare, "--transform 90");
	show_ground(&bare, HEIGHT_PX, WIDTH_PX, 2);
	show_layers(&bare, 40);
	be_looked_at(&bare.expected, 4, WL_OUTPUT_TRANSFORM_90);

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
	for (int look = 5; look <= 6; look++) {
		struct picture picture;
		stage_repaint(&bare.ground, &picture, 10 * (uint32_t)look);
		window_show(&bare.window, &bare.ground);
		CHECK(stage_is_scanned_out(&bare.server));
		be_looked_at(&picture, look, WL_OUTPUT_TRANSFORM_NORMAL);
		CHECK(stage_is_scanned_out(&bare.server));
		picture_finish(&picture);
	}
	window_destroy(&bare.window);
	buffer_destroy(&bare.ground);
	client_roundtrip(&bare.client);
	client_disconnect(&bare.client);
	server_stop(&bare.server);
}
