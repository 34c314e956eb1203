/* SPDX-License-Identifier: MIT */
#include "screen/stack.h"
#include "screen/desktop.h"

/* The lowest that is no ground: there is one, `node` at least. */
static void place_on_ground(struct desktop *desktop, struct wlr_scene_node *node)
{
	struct wlr_scene_node *lowest;
	wl_list_for_each(lowest, &desktop->scene->tree.children, link) {
		if (lowest->type != WLR_SCENE_NODE_RECT) {
			break;
		}
	}
	if (lowest != node) {
		wlr_scene_node_place_below(node, lowest);
	}
}

/* Below the first of `trees` that there is; above all else if there is none. */
static void place_below_first(
	struct wlr_scene_node *node, struct wlr_scene_tree *const *trees, size_t trees_len)
{
	for (size_t i = 0; i < trees_len; i++) {
		if (trees[i] != NULL) {
			wlr_scene_node_place_below(node, &trees[i]->node);
			return;
		}
	}
	wlr_scene_node_raise_to_top(node);
}

struct wlr_scene_tree *stack_layer(struct desktop *desktop, enum zwlr_layer_shell_v1_layer which)
{
	struct wlr_scene_tree **trees = desktop->layer_trees;
	if (trees[which] != NULL) {
		return trees[which];
	}
	struct wlr_scene_tree *tree = wlr_scene_tree_create(&desktop->scene->tree);
	if (tree == NULL) {
		return NULL;
	}
	struct wlr_scene_tree *background = trees[ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND];
	struct wlr_scene_tree *above[] = {which == ZWLR_LAYER_SHELL_V1_LAYER_TOP
			? trees[ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY]
			: NULL,
		desktop->overlay};
	switch (which) {
	case ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND:
		place_on_ground(desktop, &tree->node);
		break;
	case ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM:
		place_on_ground(desktop, &tree->node);
		if (background != NULL) {
			wlr_scene_node_place_above(&tree->node, &background->node);
		}
		break;
	case ZWLR_LAYER_SHELL_V1_LAYER_TOP:
	case ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY:
		place_below_first(&tree->node, above, sizeof(above) / sizeof(above[0]));
		break;
	}
	trees[which] = tree;
	return tree;
}

void stack_raise_window(struct desktop *desktop, struct wlr_scene_node *node)
{
	struct wlr_scene_tree *const above[] = {desktop->layer_trees[ZWLR_LAYER_SHELL_V1_LAYER_TOP],
		desktop->layer_trees[ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY], desktop->overlay};
	place_below_first(node, above, sizeof(above) / sizeof(above[0]));
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
