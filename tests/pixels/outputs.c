/* SPDX-License-Identifier: MIT */
/* Outputs as wlr-randr arranges them: a window on each path stays what it is. */
#include "case.h"
#include "plug.h"
#include "stage.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_PX 96
#define HEIGHT_PX 63
#define GROUND 0xffe8e4da

struct fixture {
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffers[2]; /* the one that is shown, and room for the next */
	size_t shown;
	struct picture picture; /* of the one that is shown */
};

/* Runs wlr-randr with the given words; its exit status. */
static int randr(const struct server *server, const char *format, ...)
{
	char words[200], command[400];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	snprintf(command, sizeof(command), "WAYLAND_DISPLAY=%s exec wlr-randr %s >/dev/null 2>&1",
		server->socket, words);
	int status = system(command);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* By a client that knows the outputs as they are now. */
static size_t count_outputs(const struct server *server)
{
	struct client client;
	client_connect(&client, server);
	size_t len = client.outputs_len;
	client_disconnect(&client);
	return len;
}

static void capture_now(struct picture *picture, const struct server *server, size_t output)
{
	struct client client;
	client_connect(&client, server);
	capture_output(picture, &client, output);
	client_disconnect(&client);
}

static void check_output(const struct fixture *fixture, size_t output,
	const struct picture *expected, const char *what)
{
	struct picture got;
	capture_now(&got, &fixture->server, output);
	picture_check(&got, expected, 0, what);
	picture_finish(&got);
}

static void begin(struct fixture *fixture, const char *options)
{
	*fixture = (struct fixture){0};
	case_need_allocator(case_fixture("allocator"));
	server_start(&fixture->server, "--renderer %s --size %dx%d --allocator %s %s",
		case_fixture("renderer"), WIDTH_PX, HEIGHT_PX, case_fixture("allocator"), options);
	server_warm_up(&fixture->server);
	client_connect(&fixture->client, &fixture->server);
	window_create(&fixture->window, &fixture->client, "outputs");
}

static void forget_shown(struct fixture *fixture)
{
	struct buffer *buffer = &fixture->buffers[fixture->shown];
	if (buffer->wl_buffer != NULL) {
		buffer_destroy(buffer);
		picture_finish(&fixture->picture);
		*buffer = (struct buffer){0};
	}
}

/* Shows noise in a new buffer, and lets go of the one before. */
static void show(struct fixture *fixture, int width_px, int height_px, uint32_t seed)
{
	struct buffer *next = &fixture->buffers[!fixture->shown];
	struct picture picture;
	buffer_create(next, &fixture->client, case_fixture("path"), width_px, height_px,
		DRM_FORMAT_XRGB8888);
	stage_repaint(next, &picture, seed);
	window_show(&fixture->window, next);
	forget_shown(fixture);
	fixture->shown = !fixture->shown;
	fixture->picture = picture;
}

static void end(struct fixture *fixture)
{
	window_destroy(&fixture->window);
	forget_shown(fixture);
	client_roundtrip(&fixture->client);
	client_disconnect(&fixture->client);
	server_check_empty(&fixture->server);
	server_stop(&fixture->server);
}

/* Waits for the configure that the change brought. */
static void await_size(struct fixture *fixture, int width_px, int height_px)
{
	while (fixture->window.width_px != width_px || fixture->window.height_px != height_px) {
		client_dispatch(&fixture->client);
	}
}

/* What an output of this transform has in its memory where the desktop shows `picture`. */
static void transform_picture(
	struct picture *out, const struct picture *picture, enum wl_output_transform transform)
{
	int width = picture->width_px, height = picture->height_px;
	bool turned = transform % 2 == 1;
	picture_init(out, turned ? height : width, turned ? width : height, 0);
	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			int from = transform >= WL_OUTPUT_TRANSFORM_FLIPPED ? width - 1 - x : x;
			const int to[4][2] = {{x, y}, {y, width - 1 - x},
				{width - 1 - x, height - 1 - y}, {height - 1 - y, x}};
			const int *at = to[transform % 4];
			out->pixels[at[1] * out->width_px + at[0]] =
				picture->pixels[y * width + from];
		}
	}
}

static const char *const transforms[] = {
	"normal", "90", "180", "270", "flipped", "flipped-90", "flipped-180", "flipped-270"};

/* Each of eight, as the protocol defines it, and then by a client that turns its own picture. */
CASE(output_transforms)
{
	struct fixture fixture;
	case_set_deadline(45);
	begin(&fixture, "--fullscreen");
	for (uint32_t i = 0; i < 8; i++) {
		int width_px = i % 2 ? HEIGHT_PX : WIDTH_PX,
		    height_px = i % 2 ? WIDTH_PX : HEIGHT_PX;
		struct picture expected;
		CHECK_EQUAL(
			randr(&fixture.server, "--output HEADLESS-1 --transform %s", transforms[i]),
			0);
		await_size(&fixture, width_px, height_px);
		wl_surface_set_buffer_transform(fixture.window.surface, WL_OUTPUT_TRANSFORM_NORMAL);
		show(&fixture, width_px, height_px, 90 + i);
		transform_picture(&expected, &fixture.picture, (enum wl_output_transform)i);
		check_output(&fixture, 0, &expected, transforms[i]);
		picture_finish(&expected);

		wl_surface_set_buffer_transform(fixture.window.surface, (int32_t)i);
		show(&fixture, WIDTH_PX, HEIGHT_PX, 190 + i);
		check_output(&fixture, 0, &fixture.picture, "turned by the client");
	}
	end(&fixture);
}

/* At scales 1.5, 3 and 0.5 what the client paints for them is shown pixel for pixel. */
CASE(output_scales)
{
	static const struct {
		const char *scale;
		int width_px, height_px;
	} rows[] = {{"1.5", 64, 42}, {"3", 32, 21}, {"0.5", 192, 126}, {"1", 96, 63}};
	struct fixture fixture;
	begin(&fixture, "--fullscreen");
	show(&fixture, WIDTH_PX, HEIGHT_PX, 91);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(fixture.client.viewporter, fixture.window.surface);
	for (uint32_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQUAL(
			randr(&fixture.server, "--output HEADLESS-1 --scale %s", rows[i].scale), 0);
		await_size(&fixture, rows[i].width_px, rows[i].height_px);
		wp_viewport_set_destination(viewport, rows[i].width_px, rows[i].height_px);
		show(&fixture, WIDTH_PX, HEIGHT_PX, 92 + i);
		check_output(&fixture, 0, &fixture.picture, rows[i].scale);
	}
	wp_viewport_destroy(viewport);
	end(&fixture);
}

/* A mode of its own, larger and smaller than before. */
CASE(output_modes)
{
	static const int rows[][2] = {{131, 77}, {33, 21}, {WIDTH_PX, HEIGHT_PX}};
	struct fixture fixture;
	begin(&fixture, "--maximize");
	show(&fixture, WIDTH_PX, HEIGHT_PX, 94);
	for (uint32_t i = 0; i < 3; i++) {
		CHECK_EQUAL(randr(&fixture.server, "--output HEADLESS-1 --custom-mode %dx%d",
				    rows[i][0], rows[i][1]),
			0);
		await_size(&fixture, rows[i][0], rows[i][1]);
		show(&fixture, rows[i][0], rows[i][1], 95 + i);
		check_output(&fixture, 0, &fixture.picture, "the window that fills the mode");
	}
	end(&fixture);
}

/*
 * A fullscreen window that keeps its own size lies in the middle of each mode, although its
 * commits change neither its size nor what it was told.
 */
CASE(output_modes_around_a_small_window)
{
	static const int rows[][2] = {{WIDTH_PX, HEIGHT_PX}, {132, 77}, {160, 103}};
	struct fixture fixture;
	begin(&fixture, "--fullscreen");
	for (uint32_t i = 0; i < 3; i++) {
		CHECK_EQUAL(randr(&fixture.server, "--output HEADLESS-1 --custom-mode %dx%d",
				    rows[i][0], rows[i][1]),
			0);
		await_size(&fixture, rows[i][0], rows[i][1]);
		show(&fixture, WIDTH_PX, HEIGHT_PX, 195 + i);
		show(&fixture, WIDTH_PX, HEIGHT_PX, 295 + i);
		struct picture expected;
		picture_init(&expected, rows[i][0], rows[i][1], GROUND);
		picture_blend(&expected, &fixture.picture, (rows[i][0] - WIDTH_PX) / 2,
			(rows[i][1] - HEIGHT_PX) / 2);
		check_output(&fixture, 0, &expected, "the small window in the middle");
		picture_finish(&expected);
	}
	end(&fixture);
}

/* Turned off and on again: the window moves to what is left, as it was, and stays there. */
CASE(output_unplugged)
{
	struct fixture fixture;
	struct picture expected;
	begin(&fixture, "--outputs 2");
	show(&fixture, 40, 30, 97);
	picture_init(&expected, WIDTH_PX, HEIGHT_PX, GROUND);
	picture_blend(&expected, &fixture.picture, 0, 0);
	check_output(&fixture, 0, &expected, "on the first output");

	static const char *const names[] = {"HEADLESS-2", "HEADLESS-1"};
	for (size_t i = 0; i < 4; i++) {
		const char *gone = names[i % 2];
		CHECK_EQUAL(randr(&fixture.server, "--output %s --off", gone), 0);
		CHECK_EQUAL(count_outputs(&fixture.server), 1);
		check_output(&fixture, 0, &expected, "on the only output");
		CHECK(randr(&fixture.server, "--output %s --off", names[(i + 1) % 2]) != 0);
		check_output(&fixture, 0, &expected, "after the last output was to go");
		CHECK_EQUAL(randr(&fixture.server, "--output %s --on", gone), 0);
		CHECK_EQUAL(count_outputs(&fixture.server), 2);
		check_output(&fixture, 0, &expected, "where it was before the other came");
	}
	picture_finish(&expected);
	end(&fixture);
}

static volatile struct plug *plug_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/plug", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct plug)), 0);
	void *map = mmap(NULL, sizeof(struct plug), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	setenv("GESSO_PLUG", path, 1);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_PLUG_SO"), 1);
	return map;
}

/* The case's alarm ends a wait that is in vain. */
static void plug_change(volatile struct plug *plug, int32_t wanted)
{
	plug->wanted = wanted;
	while (plug->plugged != wanted) {
		nanosleep(&(struct timespec){.tv_nsec = 5 * 1000 * 1000}, NULL);
	}
}

/*
 * A screen is plugged in, the window is moved there, and it comes back when the screen is
 * pulled out, whether the other one is on then or has to be turned on for it.
 */
CASE(output_plugged)
{
	struct fixture fixture;
	struct picture ground;
	volatile struct plug *plug = plug_begin();
	begin(&fixture, "--fullscreen");
	picture_init(&ground, WIDTH_PX, HEIGHT_PX, GROUND);
	show(&fixture, WIDTH_PX, HEIGHT_PX, 60);
	for (uint32_t round = 0; round < 6; round++) {
		bool other_is_on = round % 2 == 0;
		plug_change(plug, 1);
		CHECK_EQUAL(count_outputs(&fixture.server), 2);
		check_output(&fixture, 0, &fixture.picture, "before it moves");
		check_output(&fixture, 1, &ground, "on the new output");
		CHECK_EQUAL(randr(&fixture.server, "--output HEADLESS-1 --off"), 0);
		CHECK_EQUAL(count_outputs(&fixture.server), 1);
		check_output(&fixture, 0, &fixture.picture, "moved to the new output");
		show(&fixture, WIDTH_PX, HEIGHT_PX, 61 + round);
		check_output(&fixture, 0, &fixture.picture, "painted on the new output");
		if (other_is_on) {
			CHECK_EQUAL(randr(&fixture.server, "--output HEADLESS-1 --on"), 0);
			CHECK_EQUAL(count_outputs(&fixture.server), 2);
			check_output(&fixture, 0, &fixture.picture, "where it was");
			check_output(&fixture, 1, &ground, "on the other output");
		}
		plug_change(plug, 0);
		CHECK_EQUAL(count_outputs(&fixture.server), 1);
		check_output(&fixture, 0, &fixture.picture, "back on the first output");
	}
	picture_finish(&ground);
	end(&fixture);
	munmap((void *)plug, sizeof(*plug));
	unsetenv("GESSO_PLUG");
	unsetenv("GESSO_TEST_PRELOAD");
}

/* Windows go with an output that is put elsewhere. */
CASE(output_moved)
{
	struct fixture fixture;
	struct picture expected, bare;
	begin(&fixture, "--outputs 2");
	show(&fixture, 40, 30, 98);
	picture_init(&bare, WIDTH_PX, HEIGHT_PX, GROUND);
	picture_init(&expected, WIDTH_PX, HEIGHT_PX, GROUND);
	picture_blend(&expected, &fixture.picture, 0, 0);
	static const char *const places[][2] = {
		{"96,0", "0,0"}, {"0,0", "0,63"}, {"300,-20", "5,5"}};
	for (size_t i = 0; i < 3; i++) {
		CHECK_EQUAL(randr(&fixture.server,
				    "--output HEADLESS-2 --pos=%s --output HEADLESS-1 "
				    "--pos=%s",
				    places[i][0], places[i][1]),
			0);
		check_output(&fixture, 0, &expected, places[i][0]);
		check_output(&fixture, 1, &bare, places[i][1]);
	}
	picture_finish(&bare);
	picture_finish(&expected);
	end(&fixture);
}

/* What cannot be is answered so, and leaves all as it was. */
CASE(output_nonsense_is_refused)
{
	static const char *const rows[] = {"--custom-mode 30000x10", "--custom-mode 16384x16384",
		"--scale 0.01", "--scale 100", "--pos 2000000000,0",
		"--off --output HEADLESS-2 --off",
		"--custom-mode 50x40 --output HEADLESS-2 --scale 9"};
	struct fixture fixture;
	struct picture expected;
	begin(&fixture, "--outputs 2");
	show(&fixture, 40, 30, 99);
	picture_init(&expected, WIDTH_PX, HEIGHT_PX, GROUND);
	picture_blend(&expected, &fixture.picture, 0, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQUAL(randr(&fixture.server, "--dryrun --output HEADLESS-1 %s", rows[i]), 1);
		CHECK_EQUAL(randr(&fixture.server, "--output HEADLESS-1 %s", rows[i]), 1);
		CHECK_EQUAL(count_outputs(&fixture.server), 2);
		check_output(&fixture, 0, &expected, rows[i]);
	}
	picture_finish(&expected);
	end(&fixture);
}
