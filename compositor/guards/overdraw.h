/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OVERDRAW_H
#define GESSO_OVERDRAW_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How often one client has an output's pixels drawn for one frame. What opaque windows hide
 * costs nothing; a stack of translucent surfaces that each fill the screen is drawn from the
 * bottom up, and some thousands of them, which a client may have, take seconds in which
 * nobody else is served. Fed by each output before it draws; a client whose visible surfaces
 * are more than OVERDRAW_MAX times the output is ended. One that is cropped or scaled by a
 * viewport counts as four.
 */

#define OVERDRAW_MAX 64

struct wlr_scene_output;

/*
 * Of a scene with `buffers` buffers that are enabled; each is looked at only if they are many.
 * False if a client is being ended for that: draw once it is gone.
 */
bool overdraw_check(struct wlr_scene_output *scene_output, size_t buffers);

#endif
