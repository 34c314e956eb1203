/* SPDX-License-Identifier: MIT */
#include "screen/stack.h"
#include "screen/desktop.h"

struct wlr_scene_tree *stack_layer(struct desktop *desktop, enum zwlr_layer_shell_v1_layer which)
{
	struct wlr_scene_tree **trees = desktop->layer_trees;
	if (trees[which] != NULL) {
		return trees[which];
	}
	trees[which] = wlr_scene_tree_create(&desktop->scene->tree);
	if (trees[which] == NULL) {
		return NULL;
	}
	struct wlr_scene_node *node = &trees[which]->node, *windows = &desktop->windows->node;
	struct wlr_scene_tree *inner;
	switch (which) {
	case ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND:
		inner = trees[ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM];
		wlr_scene_node_place_below(node, inner != NULL ? &inner->node : windows);
		break;
	case ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM:
		wlr_scene_node_place_below(node, windows);
		break;
	case ZWLR_LAYER_SHELL_V1_LAYER_TOP:
		wlr_scene_node_place_above(node, windows);
		break;
	case ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY:
		inner = trees[ZWLR_LAYER_SHELL_V1_LAYER_TOP];
		wlr_scene_node_place_above(node, inner != NULL ? &inner->node : windows);
		break;
	}
	return trees[which];
}

struct wlr_scene_tree *stack_overlay(struct desktop *desktop, double lx, double ly)
{
	if (desktop->overlay == NULL) {
		desktop->overlay = wlr_scene_tree_create(&desktop->scene->tree);
	}
	if (desktop->overlay != NULL) {
		wlr_scene_node_raise_to_top(&desktop->overlay->node);
		stack_move_overlay(desktop, lx, ly);
	}
	return desktop->overlay;
}

void stack_move_overlay(struct desktop *desktop, double lx, double ly)
{
	if (desktop->overlay != NULL) {
		wlr_scene_node_set_position(&desktop->overlay->node, (int)lx, (int)ly);
	}
}

struct wlr_scene_rect *stack_ground(struct desktop *desktop, const float color[static 4])
{
	struct wlr_scene_rect *rect = wlr_scene_rect_create(&desktop->scene->tree, 0, 0, color);
	if (rect != NULL) {
		wlr_scene_node_lower_to_bottom(&rect->node);
	}
	return rect;
}

struct wlr_scene_node *stack_node_at(
	struct desktop *desktop, double lx, double ly, double *node_x, double *node_y)
{
	struct wlr_scene_node *child;
	wl_list_for_each_reverse(child, &desktop->scene->tree.children, link) {
		bool is_overlay = desktop->overlay != NULL && child == &desktop->overlay->node;
		struct wlr_scene_node *node =
			is_overlay ? NULL : wlr_scene_node_at(child, lx, ly, node_x, node_y);
		if (node != NULL) {
			return node;
		}
	}
	return NULL;
}
