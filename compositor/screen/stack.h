/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STACK_H
#define GESSO_STACK_H

#include "wlr-layer-shell-unstable-v1-protocol.h"
#include <wlr/types/wlr_scene.h>

/*
 * What lies above what in the scene, from the bottom up:
 *
 *   scene ─┬─ a plain rectangle for each output
 *          ├─ layers 0, 1   backgrounds and what lies on them (layer.h)
 *          ├─ a tree for each window, the focused one on top; its popups hang in it
 *          ├─ layers 2, 3   bars, launchers, keyboards
 *          └─ overlay       the icon of a drag under way
 *
 * wlroots walks over all of it several times a frame, so a tree is there only once it has
 * something to hold.
 */

struct desktop;

/* That of a layer, made with the first that it is given. NULL if there is no memory. */
struct wlr_scene_tree *stack_layer(struct desktop *desktop, enum zwlr_layer_shell_v1_layer which);

/* Above all other windows, and below what lies above windows; for a new one too. */
void stack_raise_window(struct desktop *desktop, struct wlr_scene_node *node);

/* The overlay, above all else at that place. NULL if there is no memory. */
struct wlr_scene_tree *stack_overlay(struct desktop *desktop, double lx, double ly);
/* Moves it, if there is one. */
void stack_move_overlay(struct desktop *desktop, double lx, double ly);

/* A rectangle below all else. NULL if there is no memory. */
struct wlr_scene_rect *stack_ground(struct desktop *desktop, const float color[static 4]);

/* As wlr_scene_node_at, of all but the overlay. */
struct wlr_scene_node *stack_node_at(
	struct desktop *desktop, double lx, double ly, double *node_x, double *node_y);

#endif
