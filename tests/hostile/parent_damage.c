/* SPDX-License-Identifier: MIT */
/* What a parent is told of a repainted caret is the caret, however it is shown. */
#include "case.h"
#include "fake_parent.h"
#include "window.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#define CARET_WIDTH_PX 4
#define CARET_HEIGHT_PX 12
#define LAYER_X 30
#define LAYER_Y 20
/* Of a buffer that is twice as large as the window, and of what lies about it. */
#define SCALE 2
/* What scaling may add on each side: its own neighbours, and those that rounding takes in. */
#define BLUR_PX 6
#define BUFFERS_LEN 2

static const struct fixture {
	const char *renderer, *path;
} fixtures[] = {{"pixman", "shm"}, {"pixman", "native"}, {"gles2", "native"}};

/* In pixels of the buffer. */
static const struct {
	int x, y;
} carets[] = {{60, 40}, {101, 77}, {60, 40}, {121, 91}};

struct scene {
	pid_t parent;
	struct server server;
	struct client client;
	struct window window;
	struct layer layer;
	struct buffer buffers[BUFFERS_LEN], above[BUFFERS_LEN];
};

static void create_buffers(struct scene *scene, const struct fixture *fixture,
	struct buffer *buffers, int width_px, int height_px)
{
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_create(&buffers[i], &scene->client, fixture->path, width_px, height_px,
			DRM_FORMAT_XRGB8888);
	}
}

static void begin(struct scene *scene, const struct fixture *fixture, bool straight, int scale)
{
	*scene = (struct scene){0};
	scene->parent = fake_parent_start(FAKE_PARENT_ENDS_WHO_ASKS);
	CHECK_EQUAL(setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", straight ? "0" : "1", true), 0);
	server_start(&scene->server,
		"--backend wayland --renderer %s --allocator memfd --fullscreen",
		fixture->renderer);
	client_connect(&scene->client, &scene->server);
	window_create(&scene->window, &scene->client, "damage");
	CHECK_EQUAL(scene->window.width_px, FAKE_PARENT_WIDTH_PX);
	create_buffers(scene, fixture, scene->buffers, FAKE_PARENT_WIDTH_PX * scale,
		FAKE_PARENT_HEIGHT_PX * scale);
	if (scale != 1) {
		struct wp_viewport *viewport =
			wp_viewporter_get_viewport(scene->client.viewporter, scene->window.surface);
		wp_viewport_set_destination(viewport, FAKE_PARENT_WIDTH_PX, FAKE_PARENT_HEIGHT_PX);
	}
	window_show(&scene->window, &scene->buffers[0]);
	fake_parent_end_round();
}

static void end(struct scene *scene)
{
	window_destroy(&scene->window);
	for (int i = 0; i < BUFFERS_LEN; i++) {
		buffer_destroy(&scene->buffers[i]);
		if (scene->above[i].client != NULL) {
			buffer_destroy(&scene->above[i]);
		}
	}
	client_disconnect(&scene->client);
	server_stop(&scene->server);
	fake_parent_end(scene->parent);
}

/* What the log said last of how the output is shown. */
static void check_shown(const struct scene *scene, const char *words)
{
	static char log[1 << 20];
	const char *last = NULL;
	server_read_log(&scene->server, log, sizeof(log));
	for (const char *at = log; (at = strstr(at, "straight: WL-1")) != NULL; at++) {
		last = at + strlen("straight: WL-1");
	}
	CHECK(last != NULL);
	if (strncmp(last, words, strlen(words)) != 0) {
		FAIL("not '%s': %.120s", words, last);
	}
}

/* Gesso has committed to its parent before it tells its client. */
static struct fake_parent_told repaint(struct scene *scene, struct wl_surface *surface,
	struct buffer *buffers, int turn, int x, int y)
{
	struct buffer *buffer = &buffers[turn % BUFFERS_LEN];
	if (buffer->busy) {
		buffer_wait_release(buffer);
	}
	fake_parent_begin_round();
	surface_commit_damage_wait(
		&scene->client, surface, buffer, x, y, CARET_WIDTH_PX, CARET_HEIGHT_PX);
	return fake_parent_end_round();
}

/* The caret and at most `more` on each side. */
static void check_is_caret(const struct fake_parent_damage *damage, int x, int y, int more)
{
	CHECK_INT(>=, damage->pixels, CARET_WIDTH_PX * CARET_HEIGHT_PX);
	CHECK_INT(<=, damage->left, x);
	CHECK_INT(<=, damage->top, y);
	CHECK_INT(>=, damage->right, x + CARET_WIDTH_PX);
	CHECK_INT(>=, damage->bottom, y + CARET_HEIGHT_PX);
	CHECK_INT(>=, damage->left, x - more);
	CHECK_INT(>=, damage->top, y - more);
	CHECK_INT(<=, damage->right, x + CARET_WIDTH_PX + more);
	CHECK_INT(<=, damage->bottom, y + CARET_HEIGHT_PX + more);
}

/* The first commits of each buffer settle how it is shown. */
static void check_carets(struct scene *scene, struct wl_surface *surface, struct buffer *buffers,
	bool is_layer, int more)
{
	for (int turn = 0; turn < 4; turn++) {
		repaint(scene, surface, buffers, turn + 1, 0, 0);
	}
	for (int i = 0; i < (int)(sizeof(carets) / sizeof(carets[0])); i++) {
		int x = carets[i].x, y = carets[i].y;
		struct fake_parent_told told = repaint(scene, surface, buffers, i + 1, x, y);
		CHECK_INT(>=, told.commits, 1);
		if (!is_layer) {
			CHECK_EQUAL(told.layers.pixels, 0);
			check_is_caret(&told.window, x, y, more);
			continue;
		}
		check_is_caret(&told.layers, x, y, more);
		if (told.window.pixels > 0) {
			check_is_caret(&told.window, x + LAYER_X, y + LAYER_Y, more);
		}
	}
}

CASE(damage_of_a_window_that_goes_straight_through)
{
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		struct scene scene;
		begin(&scene, &fixtures[i], true, 1);
		check_carets(&scene, scene.window.surface, scene.buffers, false, 0);
		check_shown(&scene, ": the window's buffer goes to the parent, layers: 0");
		end(&scene);
	}
}

CASE(damage_of_a_window_that_the_parent_scales)
{
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		struct scene scene;
		begin(&scene, &fixtures[i], true, SCALE);
		check_carets(&scene, scene.window.surface, scene.buffers, false, BLUR_PX);
		check_shown(&scene,
			": the window's buffer goes to the parent, which crops or scales it");
		end(&scene);
	}
}

CASE(damage_of_a_layer)
{
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		struct scene scene;
		begin(&scene, &fixtures[i], true, 1);
		layer_create(&scene.layer, &scene.window, LAYER_X, LAYER_Y);
		create_buffers(&scene, &fixtures[i], scene.above, 150, 110);
		layer_show(&scene.layer, &scene.above[0]);
		check_carets(&scene, scene.layer.surface, scene.above, true, 0);
		check_shown(&scene, ": the window's buffer goes to the parent, layers: 1");
		layer_destroy(&scene.layer);
		end(&scene);
	}
}

CASE(damage_of_a_composed_window)
{
	for (size_t i = 0; i < sizeof(fixtures) / sizeof(fixtures[0]); i++) {
		struct scene scene;
		begin(&scene, &fixtures[i], false, 1);
		check_carets(&scene, scene.window.surface, scene.buffers, false, 0);
		check_shown(&scene, " is composed: WLR_SCENE_DISABLE_DIRECT_SCANOUT is set");
		end(&scene);
	}
}
