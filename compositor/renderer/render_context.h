/* SPDX-License-Identifier: MIT */
#ifndef GESSO_RENDER_CONTEXT_H
#define GESSO_RENDER_CONTEXT_H

#include "allocators/reason.h"
#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

/*
 * Which renderer draws, on what, and why. Owns the wlr_renderer and the
 * wlr_allocator of the outputs. Fed by the backend and the options; used by the
 * outputs, the gpu_memory_buffer global, the probe helper and the ledger.
 *
 * A lost renderer is made anew in place (renderer/recovery.h): so keep the context,
 * and not what it points to.
 */

struct wlr_backend;
struct wlr_buffer;
struct wlr_renderer;
struct wlr_allocator;
struct wlr_egl;
struct wlr_output;

enum gesso_renderer_choice {
	GESSO_RENDERER_AUTO = 0, /* GLES2 on a GPU, else pixman */
	GESSO_RENDERER_PIXMAN,
	GESSO_RENDERER_GLES2, /* on a GPU, else on Mesa's software rasteriser */
	GESSO_RENDERER_GLES2_SOFTWARE,
	/* On the node that WLR_RENDER_DRM_DEVICE names, whatever drives it: for tests. */
	GESSO_RENDERER_GLES2_NODE,
	/* On that node, and only if a GPU draws there: for the probe's helper. */
	GESSO_RENDERER_GLES2_GPU,
};

struct gesso_render_context {
	struct wlr_renderer *renderer;
	struct wlr_allocator *allocator; /* NULL if made without a backend */
	enum gesso_renderer_choice used; /* never AUTO: what the probe's helper is to use */
	bool gles2;
	/* Pixels are made by the CPU: textures live in this process's own memory. */
	bool software;
	char name[96];       /* "pixman", or "gles2 (<GL_RENDERER>)" */
	char node[64];       /* the DRM node that it is on; empty if it is on none */
	char driver[128];    /* GL_VERSION, which names the driver's version; empty on pixman */
	char why[256];       /* why this one, for people */
	struct wlr_egl *egl; /* borrowed from the renderer; NULL on pixman */

	/* What is above is made anew with a lost renderer; what is below stays. */
	uint32_t generation; /* how often that was */
	bool drawn;          /* a frame was, since */
	struct {
		/* After that: textures are there, outputs are damaged. No data. */
		struct wl_signal renewed;
	} events;
};

/*
 * Chooses and makes the renderer and the outputs' allocator for `backend`.
 * With `backend` NULL only the renderer is made, as the probe helper needs it.
 * NULL on failure, with `why` set.
 */
struct gesso_render_context *gesso_render_context_create(
	struct wlr_backend *backend, enum gesso_renderer_choice choice, struct gesso_reason *why);
/* Destroys allocator and renderer too. Takes NULL. */
void gesso_render_context_destroy(struct gesso_render_context *context);

/*
 * Use this instead of wlr_output_init_render: a nested output of a software
 * renderer takes buffers that wlroots would not pair with it, and a renderer that
 * is made anew is paired with the same outputs. False, with wlroots' log saying
 * why, if renderer and output have nothing in common.
 */
bool gesso_render_context_init_output(
	struct gesso_render_context *context, struct wlr_output *output);

/*
 * Returns when all that was drawn so far has been rasterised. Call it between
 * rendering a frame and committing it to an output: llvmpipe goes on reading
 * client buffers, and writing the output's, on its own threads after a render
 * pass was submitted. Does nothing where the kernel's implicit fences do this.
 */
void gesso_render_context_wait(struct gesso_render_context *context);

/*
 * Whether `source`, which is in the hands of what a surface shows, is itself what the renderer
 * reads. A lock alone proves nothing on GLES2: whoever holds an uploaded buffer locks it too,
 * and wlroots uploads later ones into its texture without telling of them. What is imported
 * has a DMABUF face, and nothing is ever uploaded into its texture.
 */
bool gesso_render_context_reads_in_place(
	const struct gesso_render_context *context, struct wlr_buffer *source);

/* Has the output drawn whole, whatever was damaged. */
void gesso_render_context_damage_output(struct wlr_output *output);

/* The rest is for the files of renderer/. */

/*
 * As gesso_render_context_wait, for what was drawn by another than the context's own renderer,
 * such as the one that software_renderer_that_draws gives.
 */
void render_context_finish(struct gesso_render_context *context);

/*
 * Puts a new renderer and allocator into `context`, as they were asked for or else
 * pixman ones (at once with `give_up_gl`), and pairs them with all outputs. Returns a
 * context that holds the old ones, for the caller to destroy once nothing uses them;
 * NULL with `why` set, and nothing changed, if no renderer can be had.
 */
struct gesso_render_context *render_context_renew(struct gesso_render_context *context,
	struct wlr_backend *backend, bool give_up_gl, struct gesso_reason *why);

/* Has every output drawn whole. */
void render_context_damage_outputs(struct gesso_render_context *context);

#endif
