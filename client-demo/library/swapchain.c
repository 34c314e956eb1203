/* SPDX-License-Identifier: MIT */
#include "swapchain.h"
#include "bracket.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STILL_TIMEOUT_MS 1000
#define DEFAULT_BUFFERS 2

static bool side_is_valid(int side_px)
{
	return side_px >= 1 && side_px <= SWAPCHAIN_SIDE_MAX_PX;
}

static bool options_are_valid(const struct gesso_swapchain_options *options)
{
	return options->path >= GESSO_CLIENT_PATH_AUTO &&
		options->path <= GESSO_CLIENT_PATH_DMABUF && options->max_buffers >= 0 &&
		options->max_buffers <= SWAPCHAIN_BUFFERS_MAX && options->still_timeout_ms >= -1 &&
		options->pending_timeout_ms >= 0;
}

static void set_size(struct gesso_swapchain *swapchain, int width_px, int height_px)
{
	swapchain->width_px = width_px;
	swapchain->height_px = height_px;
	damage_fill(&swapchain->whole, width_px, height_px);
}

struct gesso_swapchain *gesso_swapchain_create(struct gesso_client *client,
	struct wl_surface *surface, int width_px, int height_px, uint32_t fourcc,
	const struct gesso_swapchain_options *options)
{
	static const struct gesso_swapchain_options defaults;
	if (!options)
		options = &defaults;
	if (!side_is_valid(width_px) || !side_is_valid(height_px) ||
		format_bytes_per_pixel(fourcc) == 0 || !options_are_valid(options))
		return NULL;
	struct gesso_swapchain *swapchain = calloc(1, sizeof(*swapchain));
	if (!swapchain)
		return NULL;
	swapchain->client = client;
	swapchain->surface = surface;
	swapchain->options = *options;
	if (options->max_buffers == 0)
		swapchain->options.max_buffers = DEFAULT_BUFFERS;
	if (options->still_timeout_ms == 0)
		swapchain->options.still_timeout_ms = STILL_TIMEOUT_MS;
	swapchain->buffers_wanted = swapchain->options.max_buffers;
	swapchain->fourcc = fourcc;
	set_size(swapchain, width_px, height_px);
	swapchain->pending_deadline_ns = CLOCK_NEVER;
	swapchain->still_deadline_ns = CLOCK_NEVER;
	wl_list_init(&swapchain->buffers);
	wl_list_insert(client->swapchains.prev, &swapchain->link);
	return swapchain;
}

void gesso_swapchain_destroy(struct gesso_swapchain *swapchain)
{
	if (!swapchain)
		return;
	gesso_swapchain_cancel_frame(swapchain);
	struct buffer *buffer, *tmp;
	wl_list_for_each_safe(buffer, tmp, &swapchain->buffers, link)
		buffer_destroy(buffer);
	shadow_drop(swapchain);
	wl_list_remove(&swapchain->link);
	free(swapchain);
}

enum gesso_result gesso_swapchain_resize(
	struct gesso_swapchain *swapchain, int width_px, int height_px)
{
	if (swapchain->painting || !side_is_valid(width_px) || !side_is_valid(height_px))
		return GESSO_ERROR_ARGUMENT;
	if (width_px == swapchain->width_px && height_px == swapchain->height_px)
		return GESSO_OK;
	set_size(swapchain, width_px, height_px);
	swapchain_retire_buffers(swapchain);
	shadow_drop(swapchain);
	swapchain->buffers_wanted = swapchain->options.max_buffers;
	if (!swapchain_has_overdue(swapchain))
		swapchain->refused_at = 0;
	return GESSO_OK;
}

static void describe_contents(struct gesso_swapchain *swapchain, struct gesso_frame *frame)
{
	const struct buffer *buffer = swapchain->painting;
	uint64_t painted_frame = buffer->painted_frame;
	const struct damage *stale = painted_frame ? &buffer->stale : &swapchain->whole;
	static const struct damage nothing;
	if (!buffer->cached) {
		painted_frame = swapchain->shadow_valid ? swapchain->frames : 0;
		stale = swapchain->shadow_valid ? &nothing : &swapchain->whole;
	}
	uint64_t age = painted_frame ? swapchain->frames - painted_frame + 1 : 0;
	frame->buffer_age = age > INT32_MAX ? INT32_MAX : (int)age;
	frame->stale = stale->rects;
	frame->stale_len = stale->len;
}

static void end_bracket(struct gesso_swapchain *swapchain, struct buffer *buffer)
{
	int error = buffer->bracket_fd >= 0 ? bracket_end(buffer->bracket_fd) : 0;
	if (error == 0)
		return;
	struct refusal refusal;
	refusal_set(&refusal, GESSO_CLIENT_REASON_SYNC_FAILED, "DMA_BUF_IOCTL_SYNC: %s",
		strerror(-error));
	swapchain_refuse(swapchain, &refusal);
}

enum gesso_result gesso_swapchain_begin_frame(
	struct gesso_swapchain *swapchain, struct gesso_frame *frame)
{
	if (swapchain->painting)
		return GESSO_ERROR_ARGUMENT;
	swapchain_begin_moving(swapchain);
	if (client_dispatch(swapchain->client) < 0)
		return GESSO_ERROR_CONNECTION;
	struct buffer *buffer;
	enum gesso_result result = swapchain_acquire(swapchain, &buffer);
	if (result != GESSO_OK)
		return result;
	if (!buffer->cached && !shadow_prepare(swapchain)) {
		end_bracket(swapchain, buffer);
		return GESSO_ERROR_NO_MEMORY;
	}
	buffer->was_held = buffer->state == BUFFER_HELD;
	buffer->state = BUFFER_PAINTING;
	swapchain->painting = buffer;
	memcpy(swapchain->allocator, buffer->allocator, sizeof(swapchain->allocator));
	*frame = (struct gesso_frame){
		.pixels = buffer->cached ? buffer->pixels : swapchain->shadow,
		.stride_bytes =
			buffer->cached ? buffer->stride_bytes : swapchain->shadow_stride_bytes,
		.width_px = swapchain->width_px,
		.height_px = swapchain->height_px,
		.fourcc = swapchain->fourcc,
	};
	describe_contents(swapchain, frame);
	return GESSO_OK;
}

enum gesso_result gesso_swapchain_begin_frame_wait(
	struct gesso_swapchain *swapchain, int timeout_ms, struct gesso_frame *frame)
{
	int64_t deadline_ns = clock_after_ms(timeout_ms < 0 ? 0 : timeout_ms);
	for (;;) {
		enum gesso_result result = gesso_swapchain_begin_frame(swapchain, frame);
		if (result != GESSO_BUSY)
			return result;
		result = client_wait_until(swapchain->client, deadline_ns);
		if (result != GESSO_OK)
			return result;
		if (clock_now_ns() >= deadline_ns)
			return gesso_swapchain_begin_frame(swapchain, frame);
	}
}

static void attach(
	struct gesso_swapchain *swapchain, struct buffer *buffer, const struct damage *damage)
{
	struct wl_surface *surface = swapchain->surface;
	wl_surface_attach(surface, buffer->wl_buffer, 0, 0);
	if (wl_surface_get_version(surface) < WL_SURFACE_DAMAGE_BUFFER_SINCE_VERSION) {
		/* surface coordinates, whose scale is the caller's */
		wl_surface_damage(surface, 0, 0, INT32_MAX, INT32_MAX);
		return;
	}
	for (size_t i = 0; i < damage->len; i++) {
		const struct gesso_rect *rect = &damage->rects[i];
		wl_surface_damage_buffer(surface, rect->x, rect->y, rect->width, rect->height);
	}
}

static void age_buffers(
	struct gesso_swapchain *swapchain, struct buffer *painted, const struct damage *damage)
{
	struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		if (buffer->painted_frame && !buffer->retired)
			damage_union(&buffer->stale, damage);
	}
	painted->painted_frame = ++swapchain->frames;
	damage_clear(&painted->stale);
}

enum gesso_result gesso_swapchain_end_frame(
	struct gesso_swapchain *swapchain, const struct gesso_rect *rects, size_t rects_len)
{
	struct buffer *buffer = swapchain->painting;
	if (!buffer)
		return GESSO_ERROR_ARGUMENT;
	struct damage damage = {.len = 0};
	for (size_t i = 0; i < rects_len; i++)
		damage_add(&damage, &rects[i], swapchain->width_px, swapchain->height_px);
	if (rects_len == 0)
		damage = swapchain->whole;
	if (!buffer->cached)
		shadow_copy(swapchain, buffer, &damage);
	end_bracket(swapchain, buffer);
	attach(swapchain, buffer, &damage);
	age_buffers(swapchain, buffer, &damage);
	buffer->state = BUFFER_HELD;
	swapchain->painting = NULL;
	swapchain->shown = buffer;
	swapchain->shown_path = swapchain->path;
	swapchain->shadow_valid = !buffer->cached;
	swapchain_begin_moving(swapchain);
	return GESSO_OK;
}

void gesso_swapchain_cancel_frame(struct gesso_swapchain *swapchain)
{
	struct buffer *buffer = swapchain->painting;
	if (!buffer)
		return;
	end_bracket(swapchain, buffer);
	buffer->painted_frame = 0;
	buffer->state = buffer->was_held ? BUFFER_HELD : BUFFER_IDLE;
	swapchain->painting = NULL;
	swapchain->shadow_valid = false;
}

static bool would_move(const struct gesso_swapchain *swapchain)
{
	enum gesso_client_path asked = swapchain->options.path;
	if (asked == GESSO_CLIENT_PATH_NATIVE || asked == GESSO_CLIENT_PATH_SHM ||
		swapchain->frames == 0)
		return false;
	struct refusal why;
	bool refused = swapchain_is_refused(swapchain, &why);
	return refused != (swapchain->shown_path == GESSO_CLIENT_PATH_SHM);
}

void gesso_swapchain_get_info(
	const struct gesso_swapchain *swapchain, struct gesso_swapchain_info *info)
{
	*info = (struct gesso_swapchain_info){
		.path = swapchain->path,
		.allocator = swapchain->allocator,
		.reason = swapchain->refusal.code,
		.reason_words = swapchain->refusal.words,
		.width_px = swapchain->width_px,
		.height_px = swapchain->height_px,
		.fourcc = swapchain->fourcc,
		.would_move = would_move(swapchain),
		.shadow = swapchain->shadow != NULL,
		.shadow_bytes = swapchain->shadow
			? swapchain->shadow_stride_bytes * (size_t)swapchain->height_px
			: 0,
		.frames = swapchain->frames,
		.copied_bytes = swapchain->copied_bytes,
	};
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		info->buffers += buffer->map != NULL;
		info->buffer_bytes += buffer->map_bytes;
	}
}
