/* SPDX-License-Identifier: MIT */
#include "renderer/probe_draw.h"
#include "allocators/chain.h"
#include "buffers/native_buffer.h"
#include "renderer/probe_paint.h"
#include "renderer/render_context.h"
#include "renderer/software_renderer.h"
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/allocator.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#define MAX_WIDTH_PX 38
#define MAX_HEIGHT_PX 24

struct probe {
	struct gesso_render_context *context;
	struct native_buffer native;
	struct gesso_mapping paint;
	struct wlr_texture *texture;
	struct wlr_buffer *target;
	int width_px, height_px;
	uint32_t pixels[MAX_WIDTH_PX * MAX_HEIGHT_PX]; /* XRGB8888, read back */
};

static bool paint(struct probe *probe, int round, struct gesso_reason *why)
{
	const struct native_buffer *native = &probe->native;
	if (!gesso_cpu_access_begin(native->memory.fd, native->impl->kind, true)) {
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
			"DMA_BUF_IOCTL_SYNC failed on a buffer that is not in use");
		return false;
	}
	probe_store(probe->paint.data, &native->layout, round);
	gesso_cpu_access_end(native->memory.fd, native->impl->kind, true);
	return true;
}

static bool draw(struct probe *probe, struct wlr_renderer *renderer)
{
	struct wlr_texture *texture = renderer == probe->context->renderer
		? probe->texture
		: software_renderer_texture_below(probe->context->renderer, probe->texture);
	struct wlr_render_pass *pass = texture != NULL
		? wlr_renderer_begin_buffer_pass(renderer, probe->target, NULL)
		: NULL;
	if (pass == NULL) {
		return false;
	}
	wlr_render_pass_add_texture(pass,
		&(struct wlr_render_texture_options){
			.texture = texture,
			.dst_box = {.width = probe->width_px, .height = probe->height_px},
			.filter_mode = WLR_SCALE_FILTER_NEAREST,
			.blend_mode = WLR_RENDER_BLEND_MODE_NONE,
		});
	if (!wlr_render_pass_submit(pass)) {
		return false;
	}
	render_context_finish(probe->context);

	struct wlr_texture *drawn = wlr_texture_from_buffer(renderer, probe->target);
	if (drawn == NULL) {
		return false;
	}
	bool ok = wlr_texture_read_pixels(drawn,
		&(struct wlr_texture_read_pixels_options){
			.data = probe->pixels,
			.format = DRM_FORMAT_XRGB8888,
			.stride = (uint32_t)probe->width_px * sizeof(probe->pixels[0]),
		});
	wlr_texture_destroy(drawn);
	return ok;
}

static bool compare(const struct probe *probe, int round, struct gesso_reason *why)
{
	uint32_t fourcc = probe->native.layout.fourcc;
	int tolerance = probe_tolerance(fourcc);
	for (int y = 0; y < probe->height_px; y++) {
		for (int x = 0; x < probe->width_px; x++) {
			uint32_t seen = probe->pixels[y * probe->width_px + x];
			struct probe_colour want = probe_picture(fourcc, x, y, round);
			int r = (int)(seen >> 16 & 0xff), g = (int)(seen >> 8 & 0xff),
			    b = (int)(seen & 0xff);
			if (abs(r - want.r) > tolerance || abs(g - want.g) > tolerance ||
				abs(b - want.b) > tolerance) {
				gesso_reason_set(why, GESSO_REASON_PROBE_FAILED,
					"paint %d: pixel %d,%d is %02x%02x%02x, not %02x%02x%02x",
					round + 1, x, y, r, g, b, want.r, want.g, want.b);
				return false;
			}
		}
	}
	return true;
}

static bool draw_and_compare(
	struct probe *probe, struct wlr_renderer *renderer, int round, struct gesso_reason *why)
{
	if (!draw(probe, renderer)) {
		gesso_reason_set(why, GESSO_REASON_PROBE_FAILED, "%s drew nothing: see the log",
			probe->context->name);
		return false;
	}
	return compare(probe, round, why);
}

/* A picture that is shown as it is may be copied, and any other is drawn. */
static bool draw_each_way(struct probe *probe, int round, struct gesso_reason *why)
{
	struct wlr_renderer *renderer = probe->context->renderer;
	struct wlr_renderer *drawing = software_renderer_that_draws(renderer);
	return draw_and_compare(probe, renderer, round, why) &&
		(drawing == renderer || draw_and_compare(probe, drawing, round, why));
}

static bool takes_format(
	const struct gesso_render_context *context, uint32_t fourcc, struct gesso_reason *why)
{
	const struct wlr_drm_format_set *formats =
		wlr_renderer_get_texture_formats(context->renderer,
			context->gles2 ? WLR_BUFFER_CAP_DMABUF : WLR_BUFFER_CAP_DATA_PTR);
	if (formats != NULL && wlr_drm_format_set_get(formats, fourcc) != NULL) {
		return true;
	}
	gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT, "%s takes no %s",
		context->gles2 ? "this gles2" : "pixman",
		gesso_formats[gesso_format_index(fourcc)].name);
	return false;
}

static bool make_memory(struct probe *probe, struct gesso_allocator *allocator,
	const struct probe_case *probe_case, struct gesso_reason *why)
{
	struct gesso_layout layout;
	struct gesso_memory memory;
	uint32_t fourcc = gesso_formats[probe_case->format].fourcc;
	if (!gesso_layout_init(&layout, probe->width_px, probe->height_px, fourcc,
		    probe_case->stride_align_bytes)) {
		abort();
	}
	gesso_layout_move(&layout, probe_case->offset_bytes);
	return takes_format(probe->context, fourcc, why) &&
		gesso_allocator_allocate(allocator, &layout, &memory, why) &&
		native_buffer_set_memory(
			&probe->native, &memory, &layout, allocator->impl, probe->context, why) &&
		gesso_mapping_init(&probe->paint, &probe->native.memory, true, why);
}

static bool make_buffers(struct probe *probe, struct gesso_allocator *allocator,
	const struct probe_case *probe_case, struct gesso_reason *why)
{
	struct gesso_render_context *context = probe->context;
	if (!make_memory(probe, allocator, probe_case, why)) {
		return false;
	}
	uint64_t modifiers[] = {DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID};
	probe->target =
		wlr_allocator_create_buffer(context->allocator, probe->width_px, probe->height_px,
			&(struct wlr_drm_format){
				.format = DRM_FORMAT_XRGB8888,
				.len = sizeof(modifiers) / sizeof(modifiers[0]),
				.modifiers = modifiers,
			});
	probe->texture = wlr_texture_from_buffer(context->renderer, &probe->native.base);
	if (probe->target == NULL || probe->texture == NULL) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED, "%s made no %s", context->name,
			probe->target == NULL ? "output buffer" : "texture");
		return false;
	}
	return true;
}

static void native_handle_destroyed(struct native_buffer *native)
{
	/* embedded in a struct probe on the stack */
}

bool probe_draw(struct gesso_render_context *context, struct gesso_allocator *allocator,
	const struct probe_case *probe_case, struct gesso_reason *why)
{
	bool even = gesso_formats[probe_case->format].chroma_bytes != 0;
	struct probe probe = {
		.context = context,
		.width_px = even ? MAX_WIDTH_PX : MAX_WIDTH_PX - 1,
		.height_px = even ? MAX_HEIGHT_PX : MAX_HEIGHT_PX - 1,
	};
	native_buffer_init(&probe.native, probe.width_px, probe.height_px, native_handle_destroyed);

	bool ok = make_buffers(&probe, allocator, probe_case, why);
	for (int round = 0; ok && round < 2; round++) {
		ok = paint(&probe, round, why) && draw_each_way(&probe, round, why);
	}
	if (probe.texture != NULL) {
		wlr_texture_destroy(probe.texture);
	}
	if (probe.target != NULL) {
		wlr_buffer_drop(probe.target);
	}
	gesso_mapping_finish(&probe.paint);
	wlr_buffer_drop(&probe.native.base);
	return ok;
}
