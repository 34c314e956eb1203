/* SPDX-License-Identifier: MIT */
#include "canvas.h"
#include "library/clock.h"
#include "scene.h"
#include "window.h"
#include <math.h>
#include <stdio.h>

#define NS_PER_S 1e9

static bool is_animated(const struct window *window)
{
	const struct options *options = window->options;
	return !options->still &&
		(options->scene != SCENE_DOCUMENT || options->frames || options->rate_given);
}

static bool frames_are_left(const struct window *window)
{
	return window->frames_max == 0 || window->frames < window->frames_max;
}

bool window_is_done(const struct window *window)
{
	return !frames_are_left(window) && !window->frame_callback;
}

void window_begin_frames(struct window *window, int frames)
{
	window->frames = 0;
	window->frames_max = (uint64_t)frames;
	window->paint_ns = 0;
	window->pacing = (struct pacing){0};
	window->next_frame_ns = clock_now_ns();
}

bool window_is_shown(const struct window *window)
{
	bool up_to_date = !window->dirty && !window->frame_callback;
	return window->shown && (up_to_date || is_animated(window));
}

int64_t window_next_frame_ns(const struct window *window)
{
	bool waits_for_rate = window->configured && !window->frame_callback &&
		is_animated(window) && frames_are_left(window) &&
		window->next_frame_ns > clock_now_ns();
	return waits_for_rate ? window->next_frame_ns : CLOCK_NEVER;
}

/* The path without a copy has been offered since, or is withdrawn. */
static bool would_move(const struct window *window)
{
	struct gesso_swapchain_info info;
	if (!window->swapchain)
		return false;
	gesso_swapchain_get_info(window->swapchain, &info);
	return info.would_move;
}

static bool is_due(const struct window *window)
{
	if (!window->configured || window->frame_callback || !frames_are_left(window))
		return false;
	if (!is_animated(window))
		return window->dirty || would_move(window);
	return clock_now_ns() >= window->next_frame_ns;
}

static void frame_handle_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct window *window = data;
	wl_callback_destroy(callback);
	window->frame_callback = NULL;
	window->shown = true;
	pacing_add(&window->pacing, clock_now_ns());
}

static const struct wl_callback_listener frame_listener = {.done = frame_handle_done};

/* The pixels that the caret covers, whole ones. */
static struct gesso_rect caret_damage(const struct window *window)
{
	const struct gesso_rect *caret = &scene_caret_rect;
	double factor = window->view.zoom * window->scale;
	double x = caret->x * factor - window->view.x * window->scale;
	double y = caret->y * factor - window->view.y * window->scale;
	struct gesso_rect rect = {.x = (int32_t)floor(x), .y = (int32_t)floor(y)};
	rect.width = (int32_t)ceil(x + caret->width * factor) - rect.x;
	rect.height = (int32_t)ceil(y + caret->height * factor) - rect.y;
	return rect;
}

/* What is to be painted beside what is stale: all, or the caret alone. */
static struct gesso_rect find_damage(const struct window *window, const struct gesso_frame *frame)
{
	if (window->options->scene == SCENE_CARET && !window->dirty)
		return caret_damage(window);
	return (struct gesso_rect){0, 0, frame->width_px, frame->height_px};
}

/* A window that is painted again only to fit a new size shows the same picture. */
static uint64_t scene_frame(const struct window *window)
{
	return window->options->still ? 0 : window->frames;
}

static bool paint(
	struct window *window, const struct gesso_frame *frame, const struct gesso_rect *damage)
{
	if (window->options->scene == SCENE_FULL) {
		scene_full_paint(frame, scene_frame(window));
		return true;
	}
	struct canvas canvas;
	if (!canvas_begin(&canvas, frame, window->options->format, damage))
		return false;
	canvas_paint(&canvas, window->document, &window->view, window->scale);
	if (window->options->scene == SCENE_CARET)
		scene_caret_paint(canvas.cairo, scene_frame(window));
	canvas_end(&canvas);
	return true;
}

static enum gesso_result prepare_swapchain(struct window *window)
{
	const struct options *options = window->options;
	int width_px = window->width * window->scale, height_px = window->height * window->scale;
	if (window->swapchain)
		return gesso_swapchain_resize(window->swapchain, width_px, height_px);
	window->swapchain = gesso_swapchain_create(window->connection->gesso, window->surface,
		width_px, height_px, options->format->fourcc,
		&(struct gesso_swapchain_options){
			.path = options->path,
			.max_buffers = options->buffers,
			.in_turn = options->in_turn,
			.still_timeout_ms = options->in_turn ? -1 : 0,
		});
	return window->swapchain ? GESSO_OK : GESSO_ERROR_NO_MEMORY;
}

static void print_failure(const struct window *window, enum gesso_result result)
{
	struct gesso_swapchain_info info = {.reason_words = ""};
	if (window->swapchain)
		gesso_swapchain_get_info(window->swapchain, &info);
	if (result == GESSO_ERROR_UNAVAILABLE)
		fprintf(stderr, "gesso-demo: path %s is not to be had for %s: %s\n",
			gesso_client_path_name(window->options->path),
			window->options->format->name, info.reason_words);
	else
		fprintf(stderr, "gesso-demo: a frame of %dx%d failed: %s\n",
			window->width * window->scale, window->height * window->scale,
			gesso_result_words(result));
}

static void show(struct window *window)
{
	window->frame_callback = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->frame_callback, &frame_listener, window);
	wl_surface_set_buffer_scale(window->surface, window->scale);
	wl_surface_commit(window->surface);
	window->dirty = false;
	window->frames++;
	double rate_hz = window->options->rate_hz;
	if (rate_hz <= 0)
		return;
	int64_t now_ns = clock_now_ns();
	window->next_frame_ns += (int64_t)(NS_PER_S / rate_hz);
	if (window->next_frame_ns < now_ns)
		window->next_frame_ns = now_ns;
}

static enum gesso_result paint_frame(struct window *window)
{
	struct gesso_frame frame;
	enum gesso_result result = prepare_swapchain(window);
	if (result == GESSO_OK)
		result = gesso_swapchain_begin_frame(window->swapchain, &frame);
	if (result != GESSO_OK)
		return result;
	int64_t start_ns = clock_now_ns();
	struct gesso_rect damage = find_damage(window, &frame);
	if (!paint(window, &frame, &damage)) {
		gesso_swapchain_cancel_frame(window->swapchain);
		return GESSO_ERROR_NO_MEMORY;
	}
	result = gesso_swapchain_end_frame(window->swapchain, &damage, 1);
	window->paint_ns += clock_now_ns() - start_ns;
	show(window);
	return result;
}

enum gesso_result window_try_paint(struct window *window)
{
	enum gesso_result result = is_due(window) ? paint_frame(window) : GESSO_OK;
	if (result == GESSO_BUSY)
		return GESSO_OK;
	if (result != GESSO_OK && result != GESSO_ERROR_CONNECTION)
		print_failure(window, result);
	return result;
}
