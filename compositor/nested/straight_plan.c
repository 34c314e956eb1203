/* SPDX-License-Identifier: MIT */
#include "nested/straight_plan.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include <math.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/region.h>

/* What a viewport's numbers are multiples of. */
#define FIXED_ONE 256

void straight_plan_begin(struct straight_plan *plan, const struct output *output)
{
	*plan = (struct straight_plan){
		.output = output,
		.box = desktop_output_box(output->desktop, output->wlr_output),
	};
}

static bool is_visible(
	const struct straight_plan *plan, const struct wlr_scene_buffer *scene_buffer)
{
	pixman_region32_t here;
	pixman_region32_init(&here);
	pixman_region32_intersect_rect(&here, &scene_buffer->node.visible, plan->box.x, plan->box.y,
		(unsigned)plan->box.width, (unsigned)plan->box.height);
	bool visible = pixman_region32_not_empty(&here);
	pixman_region32_fini(&here);
	return visible;
}

struct wlr_box straight_scaled_box(const struct wlr_box *box, float scale)
{
	int left = (int)roundf((float)box->x * scale), top = (int)roundf((float)box->y * scale);
	int right = (int)roundf((float)(box->x + box->width) * scale);
	int bottom = (int)roundf((float)(box->y + box->height) * scale);
	return (struct wlr_box){left, top, right - left, bottom - top};
}

/* Cuts off what lies beyond the output: a layer must not. */
static void clip(struct straight_piece *piece, const struct wlr_output *output)
{
	struct wlr_box all = {.width = output->width, .height = output->height}, cut;
	if (!wlr_box_intersection(&cut, &piece->dst, &all)) {
		piece->dst = (struct wlr_box){0};
		return;
	}
	double scale_x = piece->src.width / piece->dst.width;
	double scale_y = piece->src.height / piece->dst.height;
	piece->src.x += (cut.x - piece->dst.x) * scale_x;
	piece->src.y += (cut.y - piece->dst.y) * scale_y;
	piece->src.width = cut.width * scale_x;
	piece->src.height = cut.height * scale_y;
	piece->dst = cut;
}

/* Rounded to what a viewport can say, of which nothing may lie outside the buffer. */
static bool side_fits(double *start, double *length, int size_px)
{
	double from = fmax(0, round(*start * FIXED_ONE));
	double to = fmin((double)size_px * FIXED_ONE, round((*start + *length) * FIXED_ONE));
	*start = from / FIXED_ONE;
	*length = (to - from) / FIXED_ONE;
	return to > from;
}

/* False, with `plan` told why, if it cannot be a piece. */
static bool finish_piece(
	struct straight_plan *plan, struct straight_piece *piece, const struct wlr_buffer *buffer)
{
	clip(piece, plan->output->wlr_output);
	if (wlr_box_empty(&piece->dst)) {
		return true;
	}
	if (!side_fits(&piece->src.x, &piece->src.width, buffer->width) ||
		!side_fits(&piece->src.y, &piece->src.height, buffer->height)) {
		plan->why_not = "less than a pixel of a window is shown";
		return false;
	}
	piece->plain = piece->src.x == 0 && piece->src.y == 0 &&
		piece->src.width == buffer->width && piece->src.height == buffer->height &&
		piece->dst.width == buffer->width && piece->dst.height == buffer->height;
	return true;
}

static void append(struct straight_plan *plan, const struct straight_piece *piece)
{
	if (wlr_box_empty(&piece->dst)) {
		return;
	}
	if (plan->count == STRAIGHT_MAX_PIECES) {
		plan->why_not = "there are more surfaces than layers";
		return;
	}
	plan->pieces[plan->count++] = *piece;
}

static bool is_opaque(const struct wlr_scene_buffer *scene_buffer)
{
	pixman_box32_t all = {0, 0, scene_buffer->dst_width, scene_buffer->dst_height};
	return scene_buffer->buffer_is_opaque ||
		pixman_region32_contains_rectangle(&scene_buffer->opaque_region, &all) ==
		PIXMAN_REGION_IN;
}

/* Turned like the output, and of its size: nothing is left for a parent to do. */
static bool fill_turned(
	const struct straight_plan *plan, struct straight_piece *piece, const struct wlr_box *box)
{
	const struct wlr_scene_buffer *scene_buffer = piece->scene_buffer;
	const struct wlr_output *output = plan->output->wlr_output;
	struct wlr_box whole = {.width = plan->box.width, .height = plan->box.height};
	piece->dst = (struct wlr_box){.width = output->width, .height = output->height};
	return wlr_box_equal(box, &whole) && piece->src.width == output->width &&
		piece->src.height == output->height &&
		scene_buffer->buffer->width == output->width &&
		scene_buffer->buffer->height == output->height;
}

static const char *fill(
	const struct straight_plan *plan, struct straight_piece *piece, const struct wlr_box *box)
{
	const struct wlr_scene_buffer *scene_buffer = piece->scene_buffer;
	const struct wlr_output *output = plan->output->wlr_output;
	const struct wlr_buffer *buffer = scene_buffer->buffer;
	if (buffer == NULL) {
		return "its pixels were uploaded";
	}
	if (scene_buffer->opacity != 1) {
		return "a window is translucent as a whole";
	}
	if (scene_buffer->transform != output->transform) {
		return "a window is turned";
	}
	piece->src = scene_buffer->src_box;
	if (wlr_fbox_empty(&piece->src)) {
		piece->src = (struct wlr_fbox){.width = buffer->width, .height = buffer->height};
	}
	piece->dst = straight_scaled_box(box, output->scale);
	piece->opaque = is_opaque(scene_buffer);
	return output->transform == WL_OUTPUT_TRANSFORM_NORMAL || fill_turned(plan, piece, box)
		? NULL
		: "the output is turned";
}

void straight_plan_add(
	struct straight_plan *plan, struct wlr_scene_buffer *scene_buffer, int lx, int ly)
{
	if (plan->why_not != NULL || !is_visible(plan, scene_buffer)) {
		return;
	}
	struct straight_piece piece = {.scene_buffer = scene_buffer};
	struct wlr_box box = {lx - plan->box.x, ly - plan->box.y, scene_buffer->dst_width,
		scene_buffer->dst_height};
	plan->why_not = fill(plan, &piece, &box);
	if (plan->why_not == NULL && finish_piece(plan, &piece, scene_buffer->buffer)) {
		append(plan, &piece);
	}
}

void straight_plan_add_own(struct straight_plan *plan, struct wlr_buffer *source,
	const struct wlr_fbox *src, const struct wlr_box *box)
{
	struct straight_piece piece = {.source = source, .src = *src, .dst = *box};
	if (plan->why_not == NULL && finish_piece(plan, &piece, source)) {
		append(plan, &piece);
	}
}

/*
 * A parent that sees nothing of the window itself may leave it without a sign that it is
 * time for the next frame; wlroots' own do.
 */
static bool is_hidden_by_layers(const struct straight_plan *plan)
{
	pixman_region32_t left;
	const struct wlr_box *all = &plan->pieces[0].dst;
	pixman_region32_init_rect(&left, 0, 0, (unsigned)all->width, (unsigned)all->height);
	for (int i = 1; i < plan->count; i++) {
		const struct wlr_box *dst = &plan->pieces[i].dst;
		pixman_region32_t above;
		if (!plan->pieces[i].opaque) {
			continue;
		}
		pixman_region32_init_rect(
			&above, dst->x, dst->y, (unsigned)dst->width, (unsigned)dst->height);
		pixman_region32_subtract(&left, &left, &above);
		pixman_region32_fini(&above);
	}
	bool hidden = !pixman_region32_not_empty(&left);
	pixman_region32_fini(&left);
	return hidden;
}

static void put_ground_below(struct straight_plan *plan)
{
	const struct wlr_output *output = plan->output->wlr_output;
	if (output->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		plan->why_not = "the output is turned";
		return;
	}
	if (plan->count == STRAIGHT_MAX_PIECES) {
		plan->why_not = "there are more surfaces than layers";
		return;
	}
	memmove(&plan->pieces[1], &plan->pieces[0], (size_t)plan->count * sizeof(plan->pieces[0]));
	plan->pieces[0] = (struct straight_piece){
		.dst = {.width = output->width, .height = output->height},
		.opaque = true,
		.plain = true,
	};
	plan->count++;
	plan->on_ground = true;
}

void straight_plan_end(struct straight_plan *plan)
{
	const struct straight_piece *base = &plan->pieces[0];
	const struct wlr_output *output = plan->output->wlr_output;
	if (plan->why_not != NULL) {
		return;
	}
	if (plan->count == 0) {
		plan->why_not = "there is no window";
	} else if (!base->opaque || base->dst.width != output->width ||
		base->dst.height != output->height) {
		put_ground_below(plan);
	}
	if (plan->why_not == NULL && is_hidden_by_layers(plan)) {
		plan->why_not = "what lies at the bottom is hidden";
	}
}

void straight_piece_damage(const struct straight_piece *piece, const pixman_region32_t *damage,
	pixman_region32_t *in_buffer)
{
	const struct wlr_box *dst = &piece->dst;
	pixman_region32_intersect_rect(
		in_buffer, damage, dst->x, dst->y, (unsigned)dst->width, (unsigned)dst->height);
	if (piece->plain) {
		pixman_region32_translate(in_buffer, -dst->x, -dst->y);
		return;
	}
	float scale_x = (float)(piece->src.width / dst->width);
	float scale_y = (float)(piece->src.height / dst->height);
	pixman_region32_translate(in_buffer, -dst->x, -dst->y);
	wlr_region_scale_xy(in_buffer, in_buffer, scale_x, scale_y);
	pixman_region32_translate(in_buffer, (int)floor(piece->src.x), (int)floor(piece->src.y));
	/* a blended pixel has neighbours */
	wlr_region_expand(in_buffer, in_buffer, 2);
}
