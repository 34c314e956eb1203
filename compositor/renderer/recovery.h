/* SPDX-License-Identifier: MIT */
#ifndef GESSO_RECOVERY_H
#define GESSO_RECOVERY_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * What happens when a GPU is reset and the renderer is lost (wlr_renderer's
 * events.lost): renderer and allocator are made anew in an idle callback, all outputs
 * that gesso_render_context_init_output has seen are paired with them, every surface
 * gets a texture of the buffer that it shows, and all is drawn again.
 *
 *   lost ─▶ idle ─▶ new renderer ─▶ outputs ─▶ old one destroyed ─▶ textures ─▶ renewed
 *
 * The ledger and the probe listen to the context's `renewed` themselves: the one
 * counts the new textures, the other proves the allocators again, and calls what the
 * host gave to gesso_probe_start.
 *
 * A picture can be made again while its wl_buffer is there, which is always so on
 * the paths that sample in place. What was uploaded is copied once more: its client may
 * have painted on in it, and shows that until its next commit, or have destroyed it: then it has no texture
 * (wlr_client_buffer.texture) until it commits again, and the host may ask it to.
 *
 * A renderer that is lost three times with no frame drawn between is replaced by
 * pixman, and so is one that cannot be made again.
 */

struct gesso_recovery;
struct gesso_render_context;
struct wlr_backend;
struct wlr_compositor;

/*
 * Watches the renderer of `context` and every surface that `compositor` makes from
 * now on, until `compositor` is destroyed. `failed` is called when no renderer can be
 * had any more; the host should end. The display goes before the context does. False on
 * no memory.
 */
bool gesso_recovery_create(struct wl_display *display, struct wlr_backend *backend,
	struct gesso_render_context *context, struct wlr_compositor *compositor,
	void (*failed)(void *data), void *data);

#endif
