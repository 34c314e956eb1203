/* SPDX-License-Identifier: MIT */
#ifndef GESSO_STRAIGHT_GROUND_H
#define GESSO_STRAIGHT_GROUND_H

/*
 * What lies below windows of which none covers the output: the ground alone, drawn once
 * as wlr_scene would draw it, and shown by the parent below the layers.
 */

struct output;
struct wlr_buffer;

/* The same buffer for as long as nothing was dropped and no renderer lost. NULL if it cannot be drawn. */
struct wlr_buffer *straight_ground_get(struct output *output);

/* Gives it back to the output; if there is none, does nothing. */
void straight_ground_drop(struct output *output);

#endif
