/* SPDX-License-Identifier: MIT */
#include "buffers/native_buffer.h"
#include "memory/each_frame.h"
#include "renderer/render_context.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

static const struct wlr_buffer_impl buffer_impl;

static struct native_buffer *native_buffer_from_base(struct wlr_buffer *base)
{
	struct native_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

EACH_FRAME struct native_buffer *native_buffer_try_from_buffer(struct wlr_buffer *base)
{
	return base->impl == &buffer_impl ? native_buffer_from_base(base) : NULL;
}

static void give_back(struct native_buffer *buffer)
{
	buffer->context = NULL;
	gesso_mapping_finish(&buffer->mapping);
	gesso_memory_finish(&buffer->memory);
	gesso_memory_finish(&buffer->chroma);
}

static void buffer_destroy(struct wlr_buffer *base)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	give_back(buffer);
	buffer->destroyed(buffer);
}

EACH_FRAME static bool buffer_get_dmabuf(
	struct wlr_buffer *base, struct wlr_dmabuf_attributes *attribs)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if (!buffer->show_dmabuf || buffer->hide_memfd || buffer->memory.fd < 0) {
		return false;
	}
	const struct gesso_layout *layout = &buffer->layout;
	int fd = buffer->memory.fd;
	*attribs = (struct wlr_dmabuf_attributes){
		.width = base->width,
		.height = base->height,
		.format = layout->fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = gesso_format_planes(layout->fourcc),
		.offset = {layout->offset_bytes, layout->chroma_offset_bytes},
		.stride = {layout->stride_bytes, layout->chroma_stride_bytes},
		.fd = {fd, buffer->chroma.fd >= 0 ? buffer->chroma.fd : fd},
	};
	return true;
}

/* Only a memfd can be mapped by those who were not told that it is a dma-buf. */
EACH_FRAME static bool buffer_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *attribs)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if (buffer->shm_buffer != NULL) {
		return wlr_buffer_get_shm(buffer->shm_buffer, attribs);
	}
	if (buffer->kind != GESSO_DESCRIPTOR_MEMFD || buffer->memory.fd < 0 ||
		gesso_format_planes(buffer->layout.fourcc) != 1) {
		return false;
	}
	*attribs = (struct wlr_shm_attributes){
		.fd = buffer->memory.fd,
		.format = buffer->layout.fourcc,
		.width = base->width,
		.height = base->height,
		.stride = (int)buffer->layout.stride_bytes,
		.offset = (off_t)buffer->layout.offset_bytes,
	};
	return true;
}

static bool is_readable(struct native_buffer *buffer)
{
	bool one_plane = gesso_format_planes(buffer->layout.fourcc) == 1;
	if (one_plane && buffer->mapping.data == NULL && buffer->context != NULL &&
		!buffer->context->gles2) {
		gesso_mapping_init(&buffer->mapping, &buffer->memory, false, NULL);
	}
	return buffer->mapping.data != NULL;
}

EACH_FRAME static bool buffer_begin_data_ptr_access(struct wlr_buffer *base, uint32_t flags,
	void **data, uint32_t *format, size_t *stride_bytes)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0 || !is_readable(buffer)) {
		return false;
	}
	if (buffer->foreign && !gesso_fault_guard_begin(&buffer->guard, &buffer->mapping)) {
		return false;
	}
	/* not ready means that the client left a fence there: its own picture tears */
	if (!buffer->raced) {
		buffer->bracketed = gesso_cpu_access_begin(buffer->memory.fd, buffer->kind, false);
		buffer->raced = !buffer->bracketed && errno == ETIME;
	}
	*data = (char *)buffer->mapping.data + buffer->layout.offset_bytes;
	*format = buffer->layout.fourcc;
	*stride_bytes = buffer->layout.stride_bytes;
	return true;
}

EACH_FRAME static void buffer_end_data_ptr_access(struct wlr_buffer *base)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if (buffer->bracketed) {
		gesso_cpu_access_end(buffer->memory.fd, buffer->kind, false);
		buffer->bracketed = false;
	}
	gesso_fault_guard_end(&buffer->guard);
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.get_dmabuf = buffer_get_dmabuf,
	.get_shm = buffer_get_shm,
	.begin_data_ptr_access = buffer_begin_data_ptr_access,
	.end_data_ptr_access = buffer_end_data_ptr_access,
};

void native_buffer_init(struct native_buffer *buffer, int width_px, int height_px,
	void (*destroyed)(struct native_buffer *buffer))
{
	*buffer = (struct native_buffer){
		.memory = {.fd = -1},
		.chroma = {.fd = -1},
		.destroyed = destroyed,
	};
	wlr_buffer_init(&buffer->base, &buffer_impl, width_px, height_px);
}

/* The renderer's answer is the only proof. It keeps an import for the buffer's life. */
static bool try_texture(struct native_buffer *buffer, const char *of,
	struct gesso_render_context *context, struct gesso_reason *why)
{
	struct wlr_texture *texture = wlr_texture_from_buffer(context->renderer, &buffer->base);
	if (texture == NULL) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s did not import a buffer of %s, %dx%d, %s", context->name, of,
			buffer->base.width, buffer->base.height,
			gesso_formats[gesso_format_index(buffer->layout.fourcc)].name);
		return false;
	}
	wlr_texture_destroy(texture);
	return true;
}

static bool show_in_place(struct native_buffer *buffer, const char *of,
	struct gesso_render_context *context, struct gesso_reason *why)
{
	buffer->show_dmabuf = context->gles2 || buffer->kind == GESSO_DESCRIPTOR_DMABUF;
	if (!context->gles2 && gesso_format_planes(buffer->layout.fourcc) != 1) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%s reads pictures of one plane only", context->name);
		return false;
	}
	return (context->gles2 ||
		       gesso_mapping_init(&buffer->mapping, &buffer->memory, false, why)) &&
		try_texture(buffer, of, context, why);
}

/*
 * llvmpipe maps what it imports for reading and writing, and where that fails it has
 * an image all the same, which it draws as black.
 */
static bool software_can_map(const struct gesso_memory *memory,
	const struct gesso_render_context *context, struct gesso_reason *why)
{
	struct gesso_mapping mapping;
	if (!context->gles2 || !context->software || memory->fd < 0) {
		return true;
	}
	bool mapped = gesso_mapping_init(&mapping, memory, true, why);
	gesso_mapping_finish(&mapping);
	return mapped;
}

bool native_buffer_set_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
	struct gesso_render_context *context, struct gesso_reason *why)
{
	buffer->memory = *memory;
	*memory = (struct gesso_memory){.fd = -1};
	buffer->layout = *layout;
	buffer->impl = impl;
	buffer->context = context;
	buffer->kind = impl->kind;
	if (!software_can_map(&buffer->memory, context, why) ||
		!show_in_place(buffer, impl->name, context, why)) {
		give_back(buffer);
		return false;
	}
	return true;
}

/* What wlroots asks of pixels that it uploads, without an upload to try it. */
static bool can_upload(const struct native_buffer *buffer, struct gesso_render_context *context)
{
	const struct gesso_layout *layout = &buffer->layout;
	const struct wlr_drm_format_set *uploads =
		wlr_renderer_get_texture_formats(context->renderer, WLR_BUFFER_CAP_DATA_PTR);
	uint32_t pixel_bytes = gesso_formats[gesso_format_index(layout->fourcc)].bytes_per_pixel;
	return uploads != NULL && wlr_drm_format_set_get(uploads, layout->fourcc) != NULL &&
		layout->stride_bytes % pixel_bytes == 0;
}

static bool can_import(const struct native_buffer *buffer, struct gesso_render_context *context,
	struct gesso_reason *why)
{
	if (!software_can_map(&buffer->memory, context, NULL) ||
		!software_can_map(&buffer->chroma, context, NULL)) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s maps dma-bufs for writing too, which this one refuses%s", context->name,
			can_upload(buffer, context) ? ": it is copied" : "");
		return false;
	}
	return true;
}

static void take_foreign(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, struct gesso_render_context *context)
{
	buffer->memory = *memory;
	*memory = (struct gesso_memory){.fd = -1};
	buffer->layout = *layout;
	buffer->context = context;
	buffer->kind = GESSO_DESCRIPTOR_DMABUF;
	buffer->foreign = true;
}

/* False, with the memory given back, if it cannot be copied. */
static bool map_to_copy(struct native_buffer *buffer, struct gesso_render_context *context,
	struct gesso_reason *why)
{
	buffer->show_dmabuf = false;
	if (!context->gles2 || !can_upload(buffer, context)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%s uploads no %s in rows of %u bytes", context->name,
			gesso_formats[gesso_format_index(buffer->layout.fourcc)].name,
			buffer->layout.stride_bytes);
	} else {
		buffer->copied = gesso_mapping_init(&buffer->mapping, &buffer->memory, false, why);
	}
	if (!buffer->copied) {
		give_back(buffer);
	}
	return buffer->copied;
}

bool native_buffer_set_foreign_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	struct gesso_memory *chroma, const struct gesso_layout *layout,
	struct gesso_render_context *context, struct gesso_reason *why)
{
	take_foreign(buffer, memory, layout, context);
	buffer->chroma = *chroma;
	*chroma = (struct gesso_memory){.fd = -1};
	if (can_import(buffer, context, why) &&
		show_in_place(buffer, "the client's own", context, why)) {
		return true;
	}
	struct gesso_reason not_copied;
	return map_to_copy(buffer, context, &not_copied);
}

bool native_buffer_set_copied_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, struct gesso_render_context *context,
	struct gesso_reason *why)
{
	take_foreign(buffer, memory, layout, context);
	return map_to_copy(buffer, context, why);
}

void native_buffer_hide_memfd(struct wlr_buffer *base, bool hide)
{
	struct native_buffer *buffer = native_buffer_try_from_buffer(base);
	if (buffer != NULL && buffer->kind == GESSO_DESCRIPTOR_MEMFD) {
		buffer->hide_memfd = hide;
	}
}
