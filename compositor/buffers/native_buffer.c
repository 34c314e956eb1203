/* SPDX-License-Identifier: MIT */
#include "buffers/native_buffer.h"
#include "renderer/render_context.h"
#include <drm_fourcc.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

static const struct wlr_buffer_impl buffer_impl;

static struct native_buffer *native_buffer_from_base(struct wlr_buffer *base)
{
	struct native_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

static void buffer_destroy(struct wlr_buffer *base)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	gesso_mapping_finish(&buffer->mapping);
	gesso_memory_finish(&buffer->memory);
	buffer->destroyed(buffer);
}

static bool buffer_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attribs)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if (!buffer->show_dmabuf || buffer->memory.fd < 0) {
		return false;
	}
	*attribs = (struct wlr_dmabuf_attributes){
		.width = base->width,
		.height = base->height,
		.format = buffer->layout.fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.offset = {buffer->layout.offset_bytes},
		.stride = {buffer->layout.stride_bytes},
		.fd = {buffer->memory.fd},
	};
	return true;
}

static bool buffer_begin_data_ptr_access(struct wlr_buffer *base, uint32_t flags, void **data,
	uint32_t *format, size_t *stride_bytes)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) != 0 || buffer->mapping.data == NULL) {
		return false;
	}
	/* not ready means that the client left a fence there: its own picture tears */
	buffer->bracketed = gesso_cpu_access_begin(buffer->memory.fd, buffer->impl->kind, false);
	*data = (char *)buffer->mapping.data + buffer->layout.offset_bytes;
	*format = buffer->layout.fourcc;
	*stride_bytes = buffer->layout.stride_bytes;
	return true;
}

static void buffer_end_data_ptr_access(struct wlr_buffer *base)
{
	struct native_buffer *buffer = native_buffer_from_base(base);
	if (buffer->bracketed) {
		gesso_cpu_access_end(buffer->memory.fd, buffer->impl->kind, false);
		buffer->bracketed = false;
	}
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.get_dmabuf = buffer_get_dmabuf,
	.begin_data_ptr_access = buffer_begin_data_ptr_access,
	.end_data_ptr_access = buffer_end_data_ptr_access,
};

void native_buffer_init(struct native_buffer *buffer, int width_px, int height_px,
	void (*destroyed)(struct native_buffer *buffer))
{
	*buffer = (struct native_buffer){
		.memory = {.fd = -1},
		.destroyed = destroyed,
	};
	wlr_buffer_init(&buffer->base, &buffer_impl, width_px, height_px);
}

bool native_buffer_set_memory(struct native_buffer *buffer, struct gesso_memory *memory,
	const struct gesso_layout *layout, const struct gesso_allocator_impl *impl,
	struct gesso_render_context *context, struct gesso_reason *why)
{
	buffer->memory = *memory;
	*memory = (struct gesso_memory){.fd = -1};
	buffer->layout = *layout;
	buffer->impl = impl;
	buffer->show_dmabuf = context->gles2 || impl->kind == GESSO_DESCRIPTOR_DMABUF;

	if (!context->gles2 && !gesso_mapping_init(&buffer->mapping, &buffer->memory, false, why)) {
		gesso_memory_finish(&buffer->memory);
		return false;
	}
	struct wlr_texture *texture = wlr_texture_from_buffer(context->renderer, &buffer->base);
	if (texture == NULL) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s did not import a buffer of %s, %dx%d, format 0x%08x", context->name,
			impl->name, layout->width_px, layout->height_px, layout->fourcc);
		gesso_mapping_finish(&buffer->mapping);
		gesso_memory_finish(&buffer->memory);
		return false;
	}
	wlr_texture_destroy(texture);
	return true;
}
