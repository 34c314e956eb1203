/* SPDX-License-Identifier: MIT */
#include "nested/straight_ground.h"
#include "renderer/render_context.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include <wlr/render/pass.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

/* Between whole logical pixels and the edge of the screen wlr_scene leaves it black. */
static void add_rects(struct wlr_render_pass *pass, const struct output *output)
{
	const struct wlr_output *wlr_output = output->wlr_output;
	const struct wlr_box logical = {
		.width = output->ground->width,
		.height = output->ground->height,
	};
	const float *color = output->ground->color;
	wlr_render_pass_add_rect(pass,
		&(struct wlr_render_rect_options){
			.box = {.width = wlr_output->width, .height = wlr_output->height},
			.color = {.a = 1},
		});
	wlr_render_pass_add_rect(pass,
		&(struct wlr_render_rect_options){
			.box = straight_scaled_box(&logical, wlr_output->scale),
			.color = {color[0], color[1], color[2], color[3]},
		});
}

struct wlr_buffer *straight_ground_get(struct output *output)
{
	struct straight *straight = &output->straight;
	if (straight->ground != NULL && straight->ground_drawn_by == output->wlr_output->renderer) {
		return straight->ground;
	}
	straight_ground_drop(output);
	if (output->ground == NULL) {
		return NULL;
	}
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	struct wlr_render_pass *pass =
		wlr_output_begin_render_pass(output->wlr_output, &state, NULL, NULL);
	if (pass != NULL) {
		add_rects(pass, output);
		if (wlr_render_pass_submit(pass)) {
			gesso_render_context_wait(output->desktop->context);
			straight->ground = wlr_buffer_lock(state.buffer);
			straight->ground_drawn_by = output->wlr_output->renderer;
			straight->ground_is_new = true;
		}
	}
	wlr_output_state_finish(&state);
	return straight->ground;
}

void straight_ground_drop(struct output *output)
{
	wlr_buffer_unlock(output->straight.ground);
	output->straight.ground = NULL;
}
