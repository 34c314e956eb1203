/* SPDX-License-Identifier: MIT */
/* What surfaces are given beside buffers. */
#include "case.h"
#include "presentation-time-client-protocol.h"
#include "scene.h"
#include "single-pixel-buffer-v1-client-protocol.h"

#define OWN_COLOR 0xff135724

/* One pixel, stretched by a viewport. */
CASE(single_pixel_is_seen)
{
	struct scene scene;
	struct window window;
	scene_begin(&scene);
	struct wp_single_pixel_buffer_manager_v1 *manager =
		scene_bind(&scene.offender, &wp_single_pixel_buffer_manager_v1_interface, 1);
	CHECK(manager != NULL);
	struct buffer pixel = {.width_px = 1, .height_px = 1};
	pixel.wl_buffer = wp_single_pixel_buffer_manager_v1_create_u32_rgba_buffer(
		manager, 0x13131313, 0x57575757, 0x24242424, 0xffffffff);
	window_create(&window, &scene.offender, "one pixel");
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(scene.offender.viewporter, window.surface);
	wp_viewport_set_destination(viewport, 70, 50);
	window_show(&window, &pixel);
	struct box box = scene_find(&scene, OWN_COLOR);
	CHECK_EQUAL(box.width_px, 70);
	CHECK_EQUAL(box.height_px, 50);
	wp_viewport_destroy(viewport);
	wl_buffer_destroy(pixel.wl_buffer);
	wp_single_pixel_buffer_manager_v1_destroy(manager);
	window_destroy(&window);
	scene_end(&scene);
}

struct feedback {
	bool presented, discarded;
	uint64_t seconds;
};

static void feedback_handle_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output)
{
}

static void feedback_handle_presented(void *data, struct wp_presentation_feedback *feedback,
	uint32_t seconds_hi, uint32_t seconds_lo, uint32_t ns, uint32_t refresh_ns, uint32_t seq_hi,
	uint32_t seq_lo, uint32_t flags)
{
	struct feedback *got = data;
	got->presented = true;
	got->seconds = ((uint64_t)seconds_hi << 32) | seconds_lo;
}

static void feedback_handle_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	struct feedback *got = data;
	got->discarded = true;
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = feedback_handle_sync_output,
	.presented = feedback_handle_presented,
	.discarded = feedback_handle_discarded,
};

CASE(presentation_is_told)
{
	struct scene scene;
	struct feedback got = {0};
	scene_begin(&scene);
	struct wp_presentation *presentation =
		scene_bind(&scene.bystander, &wp_presentation_interface, 1);
	CHECK(presentation != NULL);
	struct wp_presentation_feedback *feedback =
		wp_presentation_feedback(presentation, scene.window.surface);
	wp_presentation_feedback_add_listener(feedback, &feedback_listener, &got);
	surface_commit(scene.window.surface, &scene.buffer);
	while (!got.presented && !got.discarded) {
		client_dispatch(&scene.bystander);
	}
	CHECK(got.presented);
	CHECK_INT(>, got.seconds, 0);
	wp_presentation_feedback_destroy(feedback);
	wp_presentation_destroy(presentation);
	scene_end(&scene);
}
