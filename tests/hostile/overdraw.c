/* SPDX-License-Identifier: MIT */
/* Surfaces one over the other, each of which has all below it drawn. */
#include "case.h"
#include "scene.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LAYERS_MAX 1000

static struct layer layers[LAYERS_MAX];

/* A window of the screen's size, and so many more of that on it; all are half translucent. */
static void stack(struct client *client, struct window *window, struct buffer *buffer, size_t len,
	bool scaled)
{
	scene_show(window, buffer, client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX, 0xff405060);
	buffer_destroy(buffer);
	buffer_create_shm(buffer, client, SCENE_WIDTH_PX, SCENE_HEIGHT_PX, DRM_FORMAT_ARGB8888);
	memset(buffer->pixels, 0x40, (size_t)buffer->stride_bytes * SCENE_HEIGHT_PX);
	for (size_t i = 0; i < len; i++) {
		layer_create(&layers[i], window, 0, 0);
		if (scaled) {
			struct wp_viewport *viewport =
				wp_viewporter_get_viewport(client->viewporter, layers[i].surface);
			wp_viewport_set_source(viewport, 0, 0,
				wl_fixed_from_int(SCENE_WIDTH_PX / 2),
				wl_fixed_from_int(SCENE_HEIGHT_PX / 2));
			wp_viewport_set_destination(viewport, SCENE_WIDTH_PX, SCENE_HEIGHT_PX);
		}
		surface_commit(layers[i].surface, buffer);
	}
	wl_surface_commit(window->surface);
}

static void expect_ended(size_t len, bool scaled)
{
	struct scene scene;
	struct window window = {0};
	struct buffer buffer;
	scene_begin(&scene);
	stack(&scene.offender, &window, &buffer, len, scaled);
	/* a frame is drawn, and the window below all of it is seen again */
	CHECK_EQUAL(scene_find(&scene, SCENE_COLOR).width_px, 80);
	CHECK_INT(<, wl_display_roundtrip(scene.offender.display), 0);
	/* it may have been in the midst of it */
	int error = wl_display_get_error(scene.offender.display);
	CHECK(error == ENOMEM || error == EPIPE || error == ECONNRESET);
	client_disconnect(&scene.offender);
	scene.offender.display = NULL;
	buffer_unmap(&buffer);
	scene_end(&scene);
}

CASE(screens_in_a_stack)
{
	expect_ended(LAYERS_MAX, false);
}

CASE(scaled_screens_in_a_stack)
{
	expect_ended(40, true);
}

CASE(some_screens_in_a_stack)
{
	struct scene scene;
	struct window window = {0};
	struct buffer buffer;
	scene_begin(&scene);
	stack(&scene.offender, &window, &buffer, 50, false);
	struct timespec begun, ended;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	CHECK_INT(<=, scene_find(&scene, SCENE_COLOR).width_px, 0);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("a frame of 50 layers: %.0f ms\n",
		(double)(ended.tv_sec - begun.tv_sec) * 1e3 +
			(double)(ended.tv_nsec - begun.tv_nsec) / 1e6);
	client_roundtrip(&scene.offender);
	buffer_unmap(&buffer);
	scene_end(&scene);
}
