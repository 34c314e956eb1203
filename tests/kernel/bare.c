/* SPDX-License-Identifier: MIT */
/*
 * A bare display: the card that WLR_DRM_DEVICES names. tests/tools/bare-display runs this
 * in a machine that has one, and compares what the machine's screen shows, from outside,
 * with what is written here: each look is a picture, expected-N in the directory
 * hand=…, then ordered-N, what is to be plugged and which head is looked at, and shown-N; and it
 * goes on when there is a seen-N. The first N is first=….
 */
#include "case.h"
#include "dmabuf.h"
#include "shown.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_PX 640
#define HEIGHT_PX 480
/* Each is seen, in part at least, on a screen that is turned: else it would get no frame. */
#define LAYERS_LEN 6
#define GROUND 0xffe8e4da
#define LOOK_SECONDS 20

static const struct {
	const char *path;
	int width_px, height_px, x, y;
} rows[LAYERS_LEN] = {
	{"native", 161, 123, 17, 19},
	{"shm", 131, 99, 300, 41},
	{"dmabuf:udmabuf", 203, 151, 401, 299},
	{"dmabuf:dma-heap", 117, 81, 350, 160},
	{"dmabuf:vgem", 145, 93, 29, 203},
	{"shm-tight", 100, 77, 211, 307},
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
	server_start(&bare->server,
		"--backend drm --renderer %s --fullscreen --allocator %s --shm import",
		case_fixture("renderer"), case_fixture("allocator"));
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

static void end(struct bare *bare)
{
	window_destroy(&bare->window);
	for (size_t i = 0; i < LAYERS_LEN; i++) {
		layer_destroy(&bare->layers[i]);
		buffer_destroy(&bare->buffers[i]);
	}
	buffer_destroy(&bare->ground);
	picture_finish(&bare->expected);
	client_roundtrip(&bare->client);
	client_disconnect(&bare->client);
	server_stop(&bare->server);
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

/* What is right on the screen is noted for README's table. `orders` are screendump.py's. */
static void be_looked_at_with(
	const struct picture *picture, enum wl_output_transform transform, const char *orders)
{
	static int looks;
	int look = atoi(case_fixture("first")) + looks++;
	write_expected(picture, look, transform);
	FILE *file = open_hand("ordered", look, "wb");
	CHECK(file != NULL);
	fputs(orders, file);
	CHECK_EQUAL(fclose(file), 0);
	file = open_hand("shown", look, "wb");
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

static void be_looked_at(const struct picture *picture, enum wl_output_transform transform)
{
	be_looked_at_with(picture, transform, "look 0");
}

/* By the report: a picture does not tell an import from an upload. */
static void check_imported(struct bare *bare)
{
	struct report report;
	report_read(&report, &bare->client);
	CHECK_INT(>, report_sum(&report, GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT).frames, 0);
	shown_record("shm-import", "udmabuf", "gles2", "drm", "shown");
}

CASE(bare_display)
{
	struct bare bare;
	case_set_deadline(5 * LOOK_SECONDS);
	begin(&bare);
	show_layers(&bare, 10);
	be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_NORMAL);
	show_layers(&bare, 20);
	be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_NORMAL);
	if (strcmp(case_fixture("renderer"), "pixman") != 0) {
		check_imported(&bare);
	}
	arrange(&bare, "--transform 180");
	show_layers(&bare, 30);
	be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_180);
	arrange(&bare, "--transform 90");
	show_ground(&bare, HEIGHT_PX, WIDTH_PX, 2);
	show_layers(&bare, 40);
	be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_90);
	end(&bare);
}

/* Path native in memory of allocator=…, beside all that needs none: a picture and another. */
CASE(bare_memory)
{
	struct bare bare;
	case_set_deadline(3 * LOOK_SECONDS);
	begin(&bare);
	for (uint32_t seed = 70; seed <= 80; seed += 10) {
		show_layers(&bare, seed);
		be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_NORMAL);
	}
	end(&bare);
}

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565, DRM_FORMAT_XRGB2101010, DRM_FORMAT_XBGR2101010,
	DRM_FORMAT_ABGR16161616F};
#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))
static const char *const format_paths[] = {"native", "dmabuf:udmabuf", "shm", "shm-tight"};
#define CELLS_LEN (FORMATS_LEN * sizeof(format_paths) / sizeof(format_paths[0]))

static bool is_offered(const struct client *client, const char *path, uint32_t fourcc)
{
	return strcmp(path, "native") == 0 ? client_offers_format(client, fourcc)
		: strncmp(path, "dmabuf", 6) == 0
		? client_offers_dmabuf(client, fourcc, DRM_FORMAT_MOD_LINEAR)
		: client_offers_shm_format(client, fourcc);
}

/* Each format that is on offer, a column; each path a row. */
static size_t show_formats(struct bare *bare, struct layer *layers, struct buffer *buffers)
{
	size_t len = 0;
	for (size_t i = 0; i < CELLS_LEN; i++) {
		const char *path = format_paths[i / FORMATS_LEN];
		uint32_t fourcc = formats[i % FORMATS_LEN];
		int x = 11 + 77 * (int)(i % FORMATS_LEN), y = 13 + 117 * (int)(i / FORMATS_LEN);
		if (!is_offered(&bare->client, path, fourcc)) {
			continue;
		}
		/* Rows of whole pixels and whole words: the second is what wl_shm demands. */
		buffer_create(&buffers[len], &bare->client, path, 38, 29, fourcc);
		layer_create(&layers[len], &bare->window, x, y);
		struct picture picture;
		stage_repaint(&buffers[len], &picture, 110 + (uint32_t)i);
		layer_show(&layers[len], &buffers[len]);
		picture_blend(&bare->expected, &picture, x, y);
		picture_finish(&picture);
		len++;
	}
	return len;
}

/* What is blended or of more than eight bits is rounded, by one at most. */
CASE(bare_formats)
{
	struct bare bare;
	struct layer layers[CELLS_LEN];
	struct buffer buffers[CELLS_LEN];
	case_set_deadline(5 * LOOK_SECONDS);
	begin(&bare);
	size_t len = show_formats(&bare, layers, buffers);
	/* tests/golden/formats-kernel.txt and formats.txt have which they are. */
	CHECK_EQUAL(len, strcmp(case_fixture("renderer"), "pixman") == 0 ? 28 : 30);
	be_looked_at_with(&bare.expected, WL_OUTPUT_TRANSFORM_NORMAL, "look 0 1");
	for (size_t i = 0; i < len; i++) {
		layer_destroy(&layers[i]);
		buffer_destroy(&buffers[i]);
	}
	end(&bare);
}

/* A window of scale 2 is shown pixel for pixel; one of scale 1, over it all, twice as large. */
CASE(bare_scaled)
{
	struct bare bare;
	struct layer layer;
	struct buffer buffer;
	struct picture picture;
	case_set_deadline(4 * LOOK_SECONDS);
	begin(&bare);
	arrange(&bare, "--scale 2");
	while (bare.window.width_px != WIDTH_PX / 2 || bare.window.height_px != HEIGHT_PX / 2) {
		client_dispatch(&bare.client);
	}
	wl_surface_set_buffer_scale(bare.window.surface, 2);
	picture_finish(&bare.expected);
	stage_repaint(&bare.ground, &bare.expected, 150);
	window_show(&bare.window, &bare.ground);
	be_looked_at(&bare.expected, WL_OUTPUT_TRANSFORM_NORMAL);

	/* Its edges, which are smoothed, are off the screen: 360x280 from -20, -20. */
	buffer_create(&buffer, &bare.client, "native", 360, 280, DRM_FORMAT_XRGB8888);
	picture_init(&picture, buffer.width_px, buffer.height_px, 0xff2f6f9f);
	buffer_begin_paint(&buffer);
	picture_encode(&picture, buffer.pixels, buffer.stride_bytes, buffer.fourcc);
	buffer_end_paint(&buffer);
	layer_create(&layer, &bare.window, -20, -20);
	layer_show(&layer, &buffer);
	picture_finish(&picture);
	picture_init(&picture, WIDTH_PX, HEIGHT_PX, 0xff2f6f9f);
	be_looked_at(&picture, WL_OUTPUT_TRANSFORM_NORMAL);
	picture_finish(&picture);
	layer_destroy(&layer);
	buffer_destroy(&buffer);
	end(&bare);
}

/* By a client that knows the outputs as they are now. */
static void wait_for_outputs(const struct server *server, size_t wanted)
{
	size_t len = wanted + 1;
	for (int tries = 0; tries < 10 * case_seconds(LOOK_SECONDS) && len != wanted; tries++) {
		struct client client;
		nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
		client_connect(&client, server);
		len = client.outputs_len;
		client_disconnect(&client);
	}
	CHECK_EQUAL(len, wanted);
}

/* What nobody sees yet is there when a screen comes. */
static void paint_in_the_dark(struct bare *bare)
{
	struct picture picture;
	picture_finish(&bare->expected);
	stage_repaint(&bare->ground, &bare->expected, 100);
	surface_commit(bare->window.surface, &bare->ground);
	for (size_t i = 0; i < LAYERS_LEN; i++) {
		stage_repaint(&bare->buffers[i], &picture, 101 + (uint32_t)i);
		surface_commit(bare->layers[i].surface, &bare->buffers[i]);
		picture_blend(&bare->expected, &picture, rows[i].x, rows[i].y);
		picture_finish(&picture);
	}
	client_roundtrip(&bare->client);
}

/*
 * The card's connectors come and go. The window is on a screen that there is, the other shows the
 * ground; with none left the compositor waits for one, and a client may paint meanwhile.
 */
CASE(bare_plugged)
{
	static const struct {
		const char *orders;
		size_t outputs;
		bool window;
	} steps[] = {
		{"plug 1 640 480\nlook 0", 2, true},
		{"look 1", 2, false},
		{"plug 0 640 480\nplug 0 0 0\nlook 1", 1, true},
		{"plug 0 640 480\nlook 0", 2, false},
		{"look 1", 2, true},
		{"plug 1 0 0\nlook 0", 1, true},
		{"plug 0 0 0", 0, false},
		{"plug 0 640 480\nlook 0", 1, true},
	};
	struct bare bare;
	struct picture ground;
	case_set_deadline(8 * LOOK_SECONDS);
	begin(&bare);
	picture_init(&ground, WIDTH_PX, HEIGHT_PX, GROUND);
	show_layers(&bare, 90);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		be_looked_at_with(steps[i].window ? &bare.expected : &ground,
			WL_OUTPUT_TRANSFORM_NORMAL, steps[i].orders);
		wait_for_outputs(&bare.server, steps[i].outputs);
		if (steps[i].outputs == 0) {
			paint_in_the_dark(&bare);
		} else {
			show_layers(&bare, 91 + (uint32_t)i);
		}
	}
	picture_finish(&ground);
	end(&bare);
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
	for (uint32_t seed = 50; seed <= 60; seed += 10) {
		struct picture picture;
		stage_repaint(&bare.ground, &picture, seed);
		window_show(&bare.window, &bare.ground);
		CHECK(stage_is_scanned_out(&bare.server));
		be_looked_at(&picture, WL_OUTPUT_TRANSFORM_NORMAL);
		CHECK(stage_is_scanned_out(&bare.server));
		picture_finish(&picture);
	}
	window_destroy(&bare.window);
	buffer_destroy(&bare.ground);
	client_roundtrip(&bare.client);
	client_disconnect(&bare.client);
	server_stop(&bare.server);
}
