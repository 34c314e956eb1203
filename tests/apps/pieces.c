/* SPDX-License-Identifier: MIT */
/*
 * A window of several surfaces that does what it is told on its standard input, for
 * straight.py. `pieces PATH WIDTH HEIGHT` has buffers on that path, and a window
 * of that size. After each command it prints a line once it is shown:
 * how many of its buffers the compositor holds, and how many releases there were.
 *
 *   show SURFACE X Y WIDTH HEIGHT SX SY SWIDTH SHEIGHT DWIDTH DHEIGHT FORMAT SEED
 *       surface 0 is the window, the others lie above it at X, Y; of a buffer of WIDTH x
 *       HEIGHT the source S is shown in the size D; both 0 for all of it, as it is
 *   move SURFACE X Y
 *   hide SURFACE
 *   frames SURFACE COUNT   paints and shows it so often
 *       the same picture if SEED is 0, which is a smooth one
 *   point X Y              moves the mouse
 *   state                  only prints
 */
#include "check.h"
#include "mouse.h"
#include "picture.h"
#include "window.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SURFACES 12
#define BUFFERS 3

struct piece {
	struct layer layer; /* not of surface 0 */
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	struct buffer buffers[BUFFERS];
	int width_px, height_px;
	uint32_t fourcc, seed;
};

static const char *path;
static struct client client;
static struct window window;
static struct mouse mouse; /* once it is moved: it brings a cursor */
static int screen_width_px, screen_height_px;
static struct piece pieces[MAX_SURFACES];
static size_t releases_of_destroyed;

static struct buffer *free_buffer(struct piece *piece)
{
	for (;;) {
		for (int i = 0; i < BUFFERS; i++) {
			if (!piece->buffers[i].busy) {
				return &piece->buffers[i];
			}
		}
		client_dispatch(&client);
	}
}

/* Which looks much the same whoever scales it. */
static void fill_smooth(struct picture *picture)
{
	for (int y = 0; y < picture->height_px; y++) {
		for (int x = 0; x < picture->width_px; x++) {
			unsigned red = (unsigned)(x * 255 / picture->width_px);
			unsigned blue = (unsigned)(y * 255 / picture->height_px);
			picture->pixels[y * picture->width_px + x] = 0xff008000 | red << 16 | blue;
		}
	}
}

static void paint(struct piece *piece, struct buffer *buffer)
{
	struct picture picture;
	picture_init(&picture, piece->width_px, piece->height_px, 0);
	if (piece->seed == 0) {
		fill_smooth(&picture);
	} else {
		picture_fill(&picture, piece->seed, piece->fourcc == DRM_FORMAT_ARGB8888);
	}
	buffer_begin_paint(buffer);
	picture_encode(&picture, buffer->pixels, buffer->stride_bytes, piece->fourcc);
	buffer_end_paint(buffer);
	picture_finish(&picture);
}

static void show(struct piece *piece)
{
	struct buffer *buffer = free_buffer(piece);
	paint(piece, buffer);
	surface_commit_wait(&client, piece->surface, buffer);
}

static void make_surface(struct piece *piece, int x, int y)
{
	if (piece->surface == NULL) {
		layer_create(&piece->layer, &window, x, y);
		piece->surface = piece->layer.surface;
	}
	if (piece->viewport == NULL) {
		piece->viewport = wp_viewporter_get_viewport(client.viewporter, piece->surface);
	}
}

static void make_buffers(struct piece *piece, int width_px, int height_px, uint32_t fourcc)
{
	if (piece->width_px == width_px && piece->height_px == height_px &&
		piece->fourcc == fourcc) {
		return;
	}
	for (int i = 0; i < BUFFERS; i++) {
		struct buffer *buffer = &piece->buffers[i];
		if (piece->width_px > 0) {
			releases_of_destroyed += buffer->releases;
			buffer_destroy(buffer);
		}
		buffer_create(buffer, &client, path, width_px, height_px, fourcc);
	}
	piece->width_px = width_px;
	piece->height_px = height_px;
	piece->fourcc = fourcc;
}

static void command_show(struct piece *piece, const char *words)
{
	int x, y, width_px, height_px, sx, sy, swidth, sheight, dwidth, dheight;
	unsigned seed;
	char format[16];
	CHECK_EQUAL(
		sscanf(words, "%d %d %d %d %d %d %d %d %d %d %15s %u", &x, &y, &width_px,
			&height_px, &sx, &sy, &swidth, &sheight, &dwidth, &dheight, format, &seed),
		12);
	const wl_fixed_t none = wl_fixed_from_int(-1);
	make_surface(piece, x, y);
	make_buffers(piece, width_px, height_px,
		strcmp(format, "argb") == 0 ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888);
	piece->seed = seed;
	wp_viewport_set_source(piece->viewport, swidth > 0 ? wl_fixed_from_int(sx) : none,
		swidth > 0 ? wl_fixed_from_int(sy) : none,
		swidth > 0 ? wl_fixed_from_int(swidth) : none,
		swidth > 0 ? wl_fixed_from_int(sheight) : none);
	wp_viewport_set_destination(
		piece->viewport, dwidth > 0 ? dwidth : -1, dwidth > 0 ? dheight : -1);
	if (piece->layer.subsurface != NULL) {
		wl_subsurface_set_position(piece->layer.subsurface, x, y);
		wl_surface_commit(window.surface);
	}
	show(piece);
}

static void command_move(struct piece *piece, const char *words)
{
	int x, y;
	CHECK_EQUAL(sscanf(words, "%d %d", &x, &y), 2);
	wl_subsurface_set_position(piece->layer.subsurface, x, y);
	show(&pieces[0]);
}

static void command_hide(struct piece *piece, const char *words)
{
	surface_commit(piece->surface, NULL);
	show(&pieces[0]);
}

static void command_frames(struct piece *piece, const char *words)
{
	int count = atoi(words);
	for (int i = 0; i < count; i++) {
		piece->seed += piece->seed != 0;
		show(piece);
	}
}

static void print_state(void)
{
	size_t busy = 0, releases = releases_of_destroyed;
	client_roundtrip(&client);
	client_roundtrip(&client);
	for (int i = 0; i < MAX_SURFACES; i++) {
		for (int j = 0; j < BUFFERS && pieces[i].width_px > 0; j++) {
			busy += pieces[i].buffers[j].busy;
			releases += pieces[i].buffers[j].releases;
		}
	}
	printf("%zu %zu\n", busy, releases);
	fflush(stdout);
}

static void command_point(const char *words)
{
	int x, y;
	CHECK_EQUAL(sscanf(words, "%d %d", &x, &y), 2);
	if (mouse.client == NULL) {
		mouse_create(&mouse, &client, screen_width_px, screen_height_px);
	}
	mouse_move(&mouse, x, y);
}

static void command_piece(const char *verb, const char *words)
{
	const struct {
		const char *verb;
		void (*obey)(struct piece *piece, const char *words);
	} commands[] = {{"show", command_show}, {"move", command_move}, {"hide", command_hide},
		{"frames", command_frames}};
	int used = 0, number = -1;
	CHECK(sscanf(words, "%d %n", &number, &used) == 1);
	CHECK(number >= 0 && number < MAX_SURFACES);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(verb, commands[i].verb) == 0) {
			commands[i].obey(&pieces[number], words + used);
			return;
		}
	}
	FAIL("no command: %s", verb);
}

static void obey(const char *line)
{
	int used = 0;
	char verb[16];
	CHECK(sscanf(line, "%15s %n", verb, &used) == 1);
	if (strcmp(verb, "point") == 0) {
		command_point(line + used);
	} else if (strcmp(verb, "state") != 0) {
		command_piece(verb, line + used);
	}
}

int main(int argc, char *argv[])
{
	struct server server = {0};
	char line[256];
	CHECK(argc >= 4);
	path = argv[1];
	screen_width_px = atoi(argv[2]);
	screen_height_px = atoi(argv[3]);
	snprintf(server.socket, sizeof(server.socket), "%s", getenv("WAYLAND_DISPLAY"));
	client_connect(&client, &server);
	window_create(&window, &client, "pieces");
	/* else what hangs over its edge would be part of it */
	xdg_surface_set_window_geometry(
		window.xdg_surface, 0, 0, screen_width_px, screen_height_px);
	pieces[0].surface = window.surface;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		obey(line);
		print_state();
	}
	client_disconnect(&client);
	return 0;
}
