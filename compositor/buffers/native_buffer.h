/* SPDX-License-Identifier: MIT */
#ifndef GESSO_NATIVE_BUFFER_H
#define GESSO_NATIVE_BUFFER_H

#include "allocators/allocator.h"
#include "allocators/cpu_access.h"
#include "allocators/fault_guard.h"
#include "allocators/layout.h"
#include <wlr/interfaces/wlr_buffer.h>

/*
 * A wlr_buffer over linear memory, sampled in place: by its DMABUF face (GLES2
 * imports the descriptor) or, of one plane, by its DATA_PTR face (pixman reads a
 * mapping). The memory is an allocator's (path native) or a client's own (path dmabuf,
 * on software renderers, and path shm-import). Embedded by the buffers of all three and
 * used as it is by the probe helper, so that what is probed is what is offered.
 */

struct gesso_render_context;

struct native_buffer {
	struct wlr_buffer base;
	struct gesso_memory memory;
	struct gesso_memory chroma; /* fd -1 unless a second plane has a descriptor of its own */
	struct gesso_layout layout;
	const struct gesso_allocator_impl *impl;    /* NULL if the memory is foreign */
	const struct gesso_render_context *context; /* borrowed; NULL without memory */
	enum gesso_descriptor_kind kind;
	bool foreign; /* a client's own: what reads its mapping is guarded */
	bool copied;  /* foreign, not imported: each texture is an upload of its mapping */
	/* A wl_shm buffer that it stands for, whose SHM face it shows; NULL if there is none. */
	struct wlr_buffer *shm_buffer;
	/* private */
	/*
	 * Read-only, and only for renderers that read in place. A renderer that imports
	 * gets no DATA_PTR face, unless its import failed: wlroots would copy from it
	 * into the texture that a surface had before, if that was uploaded. One that
	 * takes a lost renderer's place may read where that one imported: then it is
	 * mapped late.
	 */
	struct gesso_mapping mapping;
	struct gesso_fault_guard guard;
	bool show_dmabuf, hide_memfd;
	bool bracketed;
	bool raced; /* a fence came into the way of a bracket: it is read without from then on */
	void (*destroyed)(struct native_buffer *buffer);
};

/* Without memory yet: no renderer gets anything from it. `destroyed` frees what embeds it. */
void native_buffer_init(struct native_buffer *buffer, int width_px, int height_px,
	void (*destroyed)(struct native_buffer *buffer));

/*
 * Takes `memory` and has `context`'s renderer make a texture of it once, which is
 * the proof that it can be shown; the renderer keeps its import of it, so later
 * textures cost none. False with `why` set, and the memory given back, if not.
 */
bool native_buffer_set_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
	struct gesso_render_context *context, struct gesso_reason *why);

/*
 * The same for a client's dma-buf, or for two where `chroma` has one, already
 * checked against `layout`. Where the renderer does not import it but could upload it, it is mapped for that: then
 * `copied` is set, `why` says what failed, and the result is true.
 */
bool native_buffer_set_foreign_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	struct gesso_memory *chroma, const struct gesso_layout *layout,
	struct gesso_render_context *context, struct gesso_reason *why);

/*
 * The same for a client's dma-buf of one plane that the renderer was found not to import: it is
 * mapped, and `copied`. False with `why` saying what is in the way of that too.
 */
bool native_buffer_set_copied_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, struct gesso_render_context *context,
	struct gesso_reason *why);

/*
 * A memfd is no dma-buf but to the renderer that took it for one: before anyone else
 * looks at what faces the buffer has, hide that one, and its SHM face is what is left.
 * Does nothing for other buffers.
 */
void native_buffer_hide_memfd(struct wlr_buffer *base, bool hide);

/* NULL if `base` is not one of these. */
struct native_buffer *native_buffer_try_from_buffer(struct wlr_buffer *base);

#endif
