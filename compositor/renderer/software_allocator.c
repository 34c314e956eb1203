/* SPDX-License-Identifier: MIT */
#include "renderer/software_allocator.h"
#include "allocators/allocator.h"
#include "allocators/layout.h"
#include "allocators/sealed_memfd.h"
#include "memory/each_frame.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#define ALL_CAPS (WLR_BUFFER_CAP_DMABUF | WLR_BUFFER_CAP_SHM | WLR_BUFFER_CAP_DATA_PTR)
#define SHM_CAPS (WLR_BUFFER_CAP_SHM | WLR_BUFFER_CAP_DATA_PTR)

/* llvmpipe writes whole blocks of 4×4 pixels, past the last row if need be */
#define BLOCK_PX 4
#define STRIDE_ALIGN_BYTES 64

struct software_allocator {
	struct wlr_allocator base;
	struct wlr_renderer *renderer;
	enum software_outputs outputs;
	struct gesso_allocator *source; /* NULL: memfds */
};

struct software_buffer {
	struct wlr_buffer base;
	struct gesso_layout layout;
	uint64_t modifier;
	int fd;
	void *data;
	size_t size_bytes;
	bool hide_dmabuf;
	bool whole_rows; /* the SHM face is as wide as the rows are long */
};

static const struct wlr_allocator_interface allocator_impl;
static const struct wlr_buffer_impl buffer_impl;

static struct software_buffer *buffer_from_base(struct wlr_buffer *base)
{
	struct software_buffer *buffer = wl_container_of(base, buffer, base);
	return buffer;
}

static void buffer_destroy(struct wlr_buffer *base)
{
	struct software_buffer *buffer = buffer_from_base(base);
	if (buffer->data != NULL) {
		munmap(buffer->data, buffer->size_bytes);
	}
	if (buffer->fd >= 0) {
		close(buffer->fd);
	}
	free(buffer);
}

EACH_FRAME static bool buffer_get_dmabuf(
	struct wlr_buffer *base, struct wlr_dmabuf_attributes *attribs)
{
	struct software_buffer *buffer = buffer_from_base(base);
	if (buffer->hide_dmabuf) {
		return false;
	}
	*attribs = (struct wlr_dmabuf_attributes){
		.width = base->width,
		.height = base->height,
		.format = buffer->layout.fourcc,
		.modifier = buffer->modifier,
		.n_planes = 1,
		.stride = {buffer->layout.stride_bytes},
		.fd = {buffer->fd},
	};
	return true;
}

static int row_px(const struct software_buffer *buffer)
{
	int index = gesso_format_index(buffer->layout.fourcc);
	return (int)(buffer->layout.stride_bytes / gesso_formats[index].bytes_per_pixel);
}

EACH_FRAME static bool buffer_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *attribs)
{
	struct software_buffer *buffer = buffer_from_base(base);
	*attribs = (struct wlr_shm_attributes){
		.fd = buffer->fd,
		.format = buffer->layout.fourcc,
		.width = buffer->whole_rows ? row_px(buffer) : base->width,
		.height = base->height,
		.stride = (int)buffer->layout.stride_bytes,
	};
	return true;
}

EACH_FRAME static bool buffer_begin_data_ptr_access(struct wlr_buffer *base, uint32_t flags,
	void **data, uint32_t *format, size_t *stride_bytes)
{
	struct software_buffer *buffer = buffer_from_base(base);
	*data = buffer->data;
	*format = buffer->layout.fourcc;
	*stride_bytes = buffer->layout.stride_bytes;
	return true;
}

EACH_FRAME static void buffer_end_data_ptr_access(struct wlr_buffer *base)
{
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.get_dmabuf = buffer_get_dmabuf,
	.get_shm = buffer_get_shm,
	.begin_data_ptr_access = buffer_begin_data_ptr_access,
	.end_data_ptr_access = buffer_end_data_ptr_access,
};

/* Has the renderer import the buffer, which it keeps for the buffer's life. */
static bool import_once(struct software_allocator *allocator, struct software_buffer *buffer)
{
	struct wlr_render_pass *pass =
		wlr_renderer_begin_buffer_pass(allocator->renderer, &buffer->base, NULL);
	if (pass == NULL || !wlr_render_pass_submit(pass)) {
		return false;
	}
	buffer->hide_dmabuf = true;
	return true;
}

static uint64_t pick_modifier(const struct wlr_drm_format *format)
{
	for (size_t i = 0; i < format->len; i++) {
		if (format->modifiers[i] == DRM_FORMAT_MOD_LINEAR) {
			return DRM_FORMAT_MOD_LINEAR;
		}
	}
	return DRM_FORMAT_MOD_INVALID;
}

static bool make_memory(struct software_allocator *allocator, struct software_buffer *buffer,
	struct gesso_reason *why)
{
	struct gesso_allocator *source = allocator->source;
	if (source == NULL) {
		buffer->fd = gesso_sealed_memfd_create("gesso-output", &buffer->size_bytes, why);
		return buffer->fd >= 0;
	}
	struct gesso_memory memory;
	if (!gesso_allocator_allocate(source, &buffer->layout, &memory, why)) {
		return false;
	}
	if (buffer->layout.stride_bytes % STRIDE_ALIGN_BYTES != 0) {
		gesso_memory_finish(&memory);
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s: stride %u is not a multiple of %d", source->device,
			buffer->layout.stride_bytes, STRIDE_ALIGN_BYTES);
		return false;
	}
	buffer->fd = memory.fd;
	buffer->size_bytes = memory.size_bytes;
	return true;
}

static struct wlr_buffer *create_buffer(struct wlr_allocator *base, int width_px, int height_px,
	const struct wlr_drm_format *format)
{
	struct software_allocator *allocator = wl_container_of(base, allocator, base);
	struct software_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL) {
		return NULL;
	}
	wlr_buffer_init(&buffer->base, &buffer_impl, width_px, height_px);
	buffer->fd = -1;
	buffer->modifier = pick_modifier(format);

	struct gesso_reason why;
	int padded_px = (height_px + BLOCK_PX - 1) / BLOCK_PX * BLOCK_PX;
	if (!gesso_layout_init(
		    &buffer->layout, width_px, padded_px, format->format, STRIDE_ALIGN_BYTES)) {
		wlr_log(WLR_ERROR, "software_allocator: no layout for %dx%d, format 0x%08x",
			width_px, height_px, format->format);
		goto fail;
	}
	buffer->size_bytes = buffer->layout.size_bytes;
	if (!make_memory(allocator, buffer, &why)) {
		wlr_log(WLR_ERROR, "software_allocator: %s", why.words);
		goto fail;
	}
	buffer->data =
		mmap(NULL, buffer->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, buffer->fd, 0);
	if (buffer->data == MAP_FAILED) {
		buffer->data = NULL;
		wlr_log_errno(WLR_ERROR, "software_allocator: mmap failed");
		goto fail;
	}
	buffer->whole_rows = allocator->outputs == SOFTWARE_OUTPUTS_SHM_WHOLE_ROWS;
	if (allocator->outputs != SOFTWARE_OUTPUTS_ALL_FACES && !import_once(allocator, buffer)) {
		wlr_log(WLR_ERROR,
			"software_allocator: the renderer did not import an output's "
			"buffer");
		goto fail;
	}
	return &buffer->base;

fail:
	wlr_buffer_drop(&buffer->base);
	return NULL;
}

static void allocator_destroy(struct wlr_allocator *base)
{
	struct software_allocator *allocator = wl_container_of(base, allocator, base);
	if (allocator->source != NULL) {
		allocator->source->impl->destroy(allocator->source);
	}
	free(allocator);
}

static const struct wlr_allocator_interface allocator_impl = {
	.create_buffer = create_buffer,
	.destroy = allocator_destroy,
};

struct wlr_allocator *software_allocator_create(
	struct wlr_renderer *renderer, enum software_outputs outputs)
{
	struct software_allocator *allocator = calloc(1, sizeof(*allocator));
	if (allocator == NULL) {
		return NULL;
	}
	wlr_allocator_init(&allocator->base, &allocator_impl,
		outputs == SOFTWARE_OUTPUTS_ALL_FACES ? ALL_CAPS : SHM_CAPS);
	allocator->renderer = renderer;
	allocator->outputs = outputs;
	return &allocator->base;
}

void software_allocator_set_source(struct wlr_allocator *base, struct gesso_allocator *source)
{
	struct software_allocator *allocator = wl_container_of(base, allocator, base);
	allocator->source = source;
}

bool wlr_allocator_is_software(const struct wlr_allocator *allocator)
{
	return allocator->impl == &allocator_impl;
}

bool software_allocator_init_output(struct wlr_allocator *allocator, struct wlr_output *output)
{
	struct software_allocator *software = wl_container_of(allocator, software, base);
	/*
	 * wlroots asks once whether renderer and backend each share a face with the
	 * allocator, and later picks formats by the backend's first face among these.
	 */
	uint32_t caps = allocator->buffer_caps;
	allocator->buffer_caps = ALL_CAPS;
	bool ok = wlr_output_init_render(output, allocator, software->renderer);
	allocator->buffer_caps = caps;
	return ok;
}
