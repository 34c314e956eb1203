/* SPDX-License-Identifier: MIT */
/* An output that takes a window's own buffer and then does not show it: it is composed. */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

CASE(composed_where_a_buffer_is_not_shown)
{
	static char log[1 << 20];
	static const char said[] = "takes a window's own buffer and fails to show it: composing";
	struct stage stage;
	CHECK_EQUAL(setenv("WLR_SCENE_DISABLE_DIRECT_SCANOUT", "0", true), 0);
	CHECK_EQUAL(setenv("GESSO_TEST_PRELOAD", getenv("GESSO_REFUSE_SO"), true), 0);
	stage_begin(&stage);
	for (uint32_t round = 0; round < 3; round++) {
		picture_finish(&stage.ground);
		stage_repaint(&stage.ground_buffer, &stage.ground, 20 + round);
		window_show(&stage.window, &stage.ground_buffer);
		stage_check(&stage, NULL, 0, 0, 0, "composed");
	}
	server_read_log(&stage.server, log, sizeof(log));
	const char *first = strstr(log, said);
	CHECK(first != NULL);
	CHECK(strstr(first + 1, said) == NULL);
	CHECK(strstr(log, "drawing a frame on") == NULL);
	stage_end(&stage);
}
