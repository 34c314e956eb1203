/* SPDX-License-Identifier: MIT */
/* Nested, with scan-out: what the parent is handed of wl_shm windows is what they show. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <time.h>

/* More than a trial holds a buffer (shm_policy.h), frame callbacks included. */
#define PAST_THE_TRIAL_MS 1500

static struct stage stage;

/*
 * The ground, which fills the output, is painted whole a second time and then left alone: it
 * is uploaded, and held all the same for a while.
 */
static void begin_trial(void)
{
	CHECK_EQUAL(setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", true), 0);
	stage_begin(&stage);
	buffer_wait_release(&stage.ground_buffer);
	picture_finish(&stage.ground);
	stage_repaint(&stage.ground_buffer, &stage.ground, 20);
	window_show(&stage.window, &stage.ground_buffer);
	stage_check(&stage, NULL, 0, 0, 0, "one buffer");
}

/* Else its client waits for ever: nothing but its own next picture would free it. */
CASE(gl_straight_gives_a_single_buffer_back)
{
	begin_trial();
	buffer_wait_release(&stage.ground_buffer);
	picture_finish(&stage.ground);
	stage_repaint(&stage.ground_buffer, &stage.ground, 30);
	window_show(&stage.window, &stage.ground_buffer);
	stage_check(&stage, NULL, 0, 0, 0, "the same buffer after the trial");
	stage_end(&stage);
}

/* wlroots uploads the second buffer into the texture of the first. */
CASE(gl_straight_shows_a_second_buffer)
{
	struct buffer second;
	begin_trial();
	nanosleep(&(struct timespec){PAST_THE_TRIAL_MS / 1000, PAST_THE_TRIAL_MS % 1000 * 1000000},
		NULL);
	picture_finish(&stage.ground);
	stage_paint(&stage, &second, &stage.ground, "shm", STAGE_WIDTH_PX, STAGE_HEIGHT_PX,
		DRM_FORMAT_XRGB8888, 40);
	window_show(&stage.window, &second);
	stage_check(&stage, NULL, 0, 0, 0, "the second buffer");
	picture_finish(&stage.ground);
	stage_repaint(&second, &stage.ground, 41);
	window_show(&stage.window, &second);
	stage_check(&stage, NULL, 0, 0, 0, "the second buffer again");
	buffer_wait_release(&stage.ground_buffer);
	window_show(&stage.window, &stage.ground_buffer);
	buffer_destroy(&second);
	stage_end(&stage);
}
