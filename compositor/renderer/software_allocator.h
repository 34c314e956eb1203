/* SPDX-License-Identifier: MIT */
#ifndef GESSO_SOFTWARE_ALLOCATOR_H
#define GESSO_SOFTWARE_ALLOCATOR_H

#include <stdbool.h>

/*
 * The outputs' buffers when GLES2 is software: memfds, which llvmpipe takes as
 * dma-bufs, and which show all three faces of a wlr_buffer (DMABUF for the
 * renderer, SHM for a parent compositor, DATA_PTR for readers).
 */

struct gesso_allocator;
struct wlr_allocator;
struct wlr_output;
struct wlr_renderer;

/* What the backend takes of an output's buffer. */
enum software_outputs {
	SOFTWARE_OUTPUTS_ALL_FACES,
	/*
	 * The DMABUF face is shown to the renderer once, which imports it and keeps that,
	 * and is hidden ever after: wlroots' Wayland and X11 backends take that face of a
	 * buffer whenever there is one, a parent refuses a memfd there by a fatal protocol
	 * error, and no fall-back to the SHM face follows.
	 */
	SOFTWARE_OUTPUTS_SHM,
	/*
	 * The same, and the SHM face is as wide as its rows are long: X11 has no word for
	 * a stride. What is wider than the window is cut off there.
	 */
	SOFTWARE_OUTPUTS_SHM_WHOLE_ROWS,
};

/* NULL on no memory. `renderer` is borrowed and outlives it. */
struct wlr_allocator *software_allocator_create(
	struct wlr_renderer *renderer, enum software_outputs outputs);

/*
 * Has the buffers made by `source`, which it takes, instead of as memfds: for a
 * software driver that draws only into its own device's memory.
 */
void software_allocator_set_source(struct wlr_allocator *allocator, struct gesso_allocator *source);

bool wlr_allocator_is_software(const struct wlr_allocator *allocator);

/* wlr_output_init_render, for an output whose backend may take SHM only. */
bool software_allocator_init_output(struct wlr_allocator *allocator, struct wlr_output *output);

#endif
