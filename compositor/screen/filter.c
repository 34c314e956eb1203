/* SPDX-License-Identifier: MIT */
#include "screen/filter.h"
#include "memory/each_frame.h"
#include "screen/desktop.h"
#include "screen/output.h"
#include <math.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>

EACH_FRAME int filter_common_scale(const struct desktop *desktop)
{
	int common = 0;
	const struct output *output;
	wl_list_for_each(output, &desktop->outputs, link) {
		float scale = output->wlr_output->scale;
		if (scale != (float)(int)scale || (common != 0 && (int)scale != common)) {
			return 0;
		}
		common = (int)scale;
	}
	return common;
}

static bool is_whole(double value)
{
	return value == floor(value);
}

static bool is_unscaled(const struct wlr_scene_buffer *scene_buffer, int scale)
{
	const struct wlr_buffer *buffer = scene_buffer->buffer;
	struct wlr_fbox source = scene_buffer->src_box;
	if (wlr_fbox_empty(&source)) {
		source = (struct wlr_fbox){.width = buffer->width, .height = buffer->height};
	}
	if (!is_whole(source.x) || !is_whole(source.y)) {
		return false;
	}
	double width = scene_buffer->dst_width, height = scene_buffer->dst_height;
	bool turned = (scene_buffer->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	if (width <= 0 || height <= 0) {
		width = turned ? buffer->height : buffer->width;
		height = turned ? buffer->width : buffer->height;
	}
	return width * scale == (turned ? source.height : source.width) &&
		height * scale == (turned ? source.width : source.height);
}

/* A window at scale 1 that uses no viewport, as most frames have it: whole numbers will do. */
static bool is_plain(const struct wlr_scene_buffer *scene_buffer, int scale)
{
	const struct wlr_buffer *buffer = scene_buffer->buffer;
	const struct wlr_fbox *source = &scene_buffer->src_box;
	return scale == 1 && scene_buffer->transform == WL_OUTPUT_TRANSFORM_NORMAL &&
		scene_buffer->dst_width == buffer->width &&
		scene_buffer->dst_height == buffer->height && source->x == 0 && source->y == 0 &&
		source->width == buffer->width && source->height == buffer->height;
}

/* A lone pixel is a colour for a whole rectangle: blended with its neighbours it would fade. */
static void filter_choose(struct wlr_scene_buffer *scene_buffer, int scale)
{
	const struct wlr_buffer *buffer = scene_buffer->buffer;
	if (buffer == NULL) {
		return;
	}
	bool lone_pixel = buffer->width == 1 && buffer->height == 1;
	bool nearest =
		lone_pixel || is_plain(scene_buffer, scale) || is_unscaled(scene_buffer, scale);
	wlr_scene_buffer_set_filter_mode(
		scene_buffer, nearest ? WLR_SCALE_FILTER_NEAREST : WLR_SCALE_FILTER_BILINEAR);
}

/* A third of what wlroots' own walk costs a frame: it looks at no boxes. */
EACH_FRAME size_t filter_choose_in(struct wlr_scene_tree *tree, int scale)
{
	size_t buffers = 0;
	struct wlr_scene_node *node;
	wl_list_for_each(node, &tree->children, link) {
		if (!node->enabled) {
			continue;
		}
		if (node->type == WLR_SCENE_NODE_TREE) {
			struct wlr_scene_tree *child = wl_container_of(node, child, node);
			buffers += filter_choose_in(child, scale);
		} else if (node->type == WLR_SCENE_NODE_BUFFER) {
			struct wlr_scene_buffer *scene_buffer =
				wl_container_of(node, scene_buffer, node);
			filter_choose(scene_buffer, scale);
			buffers++;
		}
	}
	return buffers;
}
