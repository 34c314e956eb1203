/* SPDX-License-Identifier: MIT */
#ifndef GESSO_RENDERER_CHOICE_H
#define GESSO_RENDERER_CHOICE_H

#include "renderer/render_context.h"
#include "renderer/software_egl.h"

/*
 * Which renderer draws: a GPU's GLES2, Mesa's software one, or pixman. Fed by what
 * the host asked for and by what the machine has; fills a render context.
 */

struct wlr_backend;

/*
 * Makes the renderer for `choice` and says in `context->why` why it is this one.
 * False, with `why` set and no renderer made, if it cannot be had. `backend` may be
 * NULL. A renderer on software GLES2 needs `software` for as long as it lives.
 */
bool renderer_choice_make(struct gesso_render_context *context, struct software_egl *software,
	struct wlr_backend *backend, enum gesso_renderer_choice choice, struct gesso_reason *why);

#endif
