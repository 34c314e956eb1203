/* SPDX-License-Identifier: MIT */
#include "bracket.h"
#include "clock.h"
#include "swapchain.h"
#include <string.h>

/* Old buffers that the compositor has not released; more than these and resizing waits. */
#define RETIRED_MAX 3
#define FENCE_POLL_MS 2
/* After so many answers that came too late the compositor is slow, and shm is better. */
#define LATE_ANSWERS_MAX 3

static bool awaits_late_answer(const struct buffer *buffer)
{
	return buffer->overdue && buffer->state == BUFFER_PENDING;
}

static int count_buffers(const struct gesso_swapchain *swapchain, bool retired)
{
	int count = 0;
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link)
		count += buffer->retired == retired && !awaits_late_answer(buffer);
	return count;
}

bool swapchain_has_overdue(const struct gesso_swapchain *swapchain)
{
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		if (awaits_late_answer(buffer))
			return true;
	}
	return false;
}

static void destroy_buffer(struct gesso_swapchain *swapchain, struct buffer *buffer)
{
	if (swapchain->shown == buffer)
		swapchain->shown = NULL;
	buffer_destroy(buffer);
}

/* Destroying the attached wl_buffer would leave the surface's contents undefined. */
static bool is_spare(const struct gesso_swapchain *swapchain, const struct buffer *buffer)
{
	return buffer != swapchain->shown && buffer->state != BUFFER_HELD &&
		buffer->state != BUFFER_PAINTING && !awaits_late_answer(buffer);
}

static void destroy_spare_buffers(struct gesso_swapchain *swapchain)
{
	struct buffer *buffer, *tmp;
	wl_list_for_each_safe(buffer, tmp, &swapchain->buffers, link) {
		if (is_spare(swapchain, buffer) && (buffer->retired || swapchain->still))
			destroy_buffer(swapchain, buffer);
	}
}

void swapchain_retire_buffers(struct gesso_swapchain *swapchain)
{
	struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link)
		buffer->retired = true;
	destroy_spare_buffers(swapchain);
}

static int count_usable(const struct gesso_swapchain *swapchain)
{
	int count = 0;
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link)
		count += !buffer->retired && buffer->state != BUFFER_PENDING &&
			buffer->state != BUFFER_FAILED;
	return count;
}

/* Two buffers are enough to go on with: a third that is refused changes no path. */
static void handle_refusal(struct gesso_swapchain *swapchain, const struct buffer *buffer)
{
	int usable = count_usable(swapchain);
	if (!buffer->retired && usable >= 2)
		swapchain->buffers_wanted = usable;
	else if (!buffer->retired)
		swapchain_refuse(swapchain, &buffer->refusal);
	swapchain->client->untold = true;
}

/* The compositor is back, from a stop or a debugger: native is tried again. */
static void handle_late_answer(struct gesso_swapchain *swapchain, struct buffer *buffer)
{
	buffer->overdue = false;
	if (++swapchain->late_answers < LATE_ANSWERS_MAX) {
		swapchain->refused_at = 0;
		swapchain->buffers_wanted = swapchain->options.max_buffers;
	}
}

static void check_answer(struct gesso_swapchain *swapchain, struct buffer *buffer)
{
	if (buffer_check_deadline(buffer, swapchain->client)) {
		handle_refusal(swapchain, buffer);
		buffer->retired = true;
		buffer_drop_memory(buffer);
	}
	if (buffer->overdue && buffer->state != BUFFER_PENDING)
		handle_late_answer(swapchain, buffer);
	if (buffer->state == BUFFER_FAILED) {
		handle_refusal(swapchain, buffer);
		destroy_buffer(swapchain, buffer);
	}
}

static bool has_pending(const struct gesso_swapchain *swapchain)
{
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		if (buffer->state == BUFFER_PENDING && !buffer->retired)
			return true;
	}
	return false;
}

static bool may_be_still(const struct gesso_swapchain *swapchain)
{
	return !swapchain->painting && !swapchain->awaits_buffer;
}

static void check_timers(struct gesso_swapchain *swapchain, int64_t now_ns)
{
	if (now_ns >= swapchain->pending_deadline_ns) {
		swapchain->pending_deadline_ns = CLOCK_NEVER;
		swapchain->gave_up_probe = true;
		swapchain->client->untold = true;
	}
	if (now_ns >= swapchain->still_deadline_ns && may_be_still(swapchain)) {
		swapchain->still = true;
		swapchain->fence_wait = false;
		swapchain->still_deadline_ns = CLOCK_NEVER;
		shadow_drop(swapchain);
	}
}

/* A caller that wants to paint keeps what it is waiting for. */
void swapchain_begin_moving(struct gesso_swapchain *swapchain)
{
	swapchain->still = false;
	if (swapchain->options.still_timeout_ms > 0)
		swapchain->still_deadline_ns = clock_after_ms(swapchain->options.still_timeout_ms);
}

void swapchain_tick(struct gesso_swapchain *swapchain)
{
	struct buffer *buffer, *tmp;
	wl_list_for_each_safe(buffer, tmp, &swapchain->buffers, link)
		check_answer(swapchain, buffer);
	bool awaits = has_pending(swapchain);
	if (swapchain->awaits_buffer && !awaits)
		swapchain_begin_moving(swapchain); /* what has just come is not spare yet */
	swapchain->awaits_buffer = awaits;
	check_timers(swapchain, clock_now_ns());
	destroy_spare_buffers(swapchain);
}

int64_t swapchain_next_deadline_ns(const struct gesso_swapchain *swapchain)
{
	int64_t next_ns = swapchain->pending_deadline_ns;
	if (may_be_still(swapchain))
		next_ns = clock_earlier(next_ns, swapchain->still_deadline_ns);
	if (swapchain->fence_wait)
		next_ns = clock_earlier(next_ns, clock_after_ms(FENCE_POLL_MS));
	const struct buffer *buffer;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		if (buffer->state == BUFFER_PENDING && !buffer->overdue)
			next_ns = clock_earlier(next_ns, buffer->answer_deadline_ns);
	}
	return next_ns;
}

static bool buffer_is_ready(const struct buffer *buffer)
{
	return buffer->bracket_fd < 0 || bracket_is_ready(buffer->bracket_fd);
}

/*
 * The idle buffer that was painted last: it has the least to catch up with. In turn
 * it is the one painted longest ago, and first those that never were.
 */
static struct buffer *find_idle(struct gesso_swapchain *swapchain)
{
	struct buffer *best = NULL, *buffer;
	swapchain->fence_wait = false;
	wl_list_for_each(buffer, &swapchain->buffers, link) {
		if (buffer->retired || buffer->state != BUFFER_IDLE)
			continue;
		if (!buffer_is_ready(buffer))
			swapchain->fence_wait = true;
		else if (!best ||
			(buffer->painted_frame > best->painted_frame) != swapchain->options.in_turn)
			best = buffer;
	}
	return best;
}

static struct buffer *create_buffer(const struct gesso_swapchain *swapchain)
{
	struct buffer *(*create)(struct gesso_client *, int, int, uint32_t) = buffer_shm_create;
	if (swapchain->path == GESSO_CLIENT_PATH_NATIVE)
		create = buffer_native_create;
	else if (swapchain->path == GESSO_CLIENT_PATH_DMABUF)
		create = buffer_dmabuf_create;
	return create(
		swapchain->client, swapchain->width_px, swapchain->height_px, swapchain->fourcc);
}

/*
 * But on path shm it is there only once the answer has come. GESSO_ERROR_UNAVAILABLE
 * where it is refused at once, which is kept as any refusal is.
 */
static enum gesso_result add_buffer(struct gesso_swapchain *swapchain)
{
	struct buffer *buffer = create_buffer(swapchain);
	if (!buffer)
		return GESSO_ERROR_NO_MEMORY;
	if (buffer->state == BUFFER_FAILED) {
		handle_refusal(swapchain, buffer);
		buffer_destroy(buffer);
		return GESSO_ERROR_UNAVAILABLE;
	}
	wl_list_insert(swapchain->buffers.prev, &buffer->link);
	swapchain->awaits_buffer = buffer->state == BUFFER_PENDING;
	return GESSO_OK;
}

static bool may_add_buffer(const struct gesso_swapchain *swapchain)
{
	return !has_pending(swapchain) &&
		count_buffers(swapchain, false) < swapchain->buffers_wanted &&
		count_buffers(swapchain, true) < RETIRED_MAX;
}

static enum gesso_result find_or_add(struct gesso_swapchain *swapchain, struct buffer **found)
{
	*found = find_idle(swapchain);
	if (*found && !(swapchain->options.in_turn && may_add_buffer(swapchain)))
		return GESSO_OK;
	struct buffer *shown = swapchain->shown;
	if (swapchain->options.max_buffers == 1 && shown && !shown->retired) {
		swapchain->fence_wait = !buffer_is_ready(shown);
		*found = shown;
		return swapchain->fence_wait ? GESSO_BUSY : GESSO_OK;
	}
	if (!may_add_buffer(swapchain))
		return GESSO_BUSY;
	enum gesso_result result = add_buffer(swapchain);
	if (result != GESSO_OK)
		return *found ? GESSO_OK : result;
	*found = find_idle(swapchain);
	return *found ? GESSO_OK : GESSO_BUSY;
}

enum gesso_result swapchain_acquire(struct gesso_swapchain *swapchain, struct buffer **acquired)
{
	/* each turn without a result refuses the path before shm, or a buffer more than two of it */
	for (;;) {
		enum gesso_result result = swapchain_choose_path(swapchain);
		if (result != GESSO_OK)
			return result;
		result = find_or_add(swapchain, acquired);
		if (result == GESSO_ERROR_UNAVAILABLE)
			continue;
		if (result != GESSO_OK)
			return result;
		struct buffer *buffer = *acquired;
		int error = buffer->bracket_fd >= 0 ? bracket_begin(buffer->bracket_fd) : 0;
		if (error == 0)
			return GESSO_OK;
		struct refusal refusal;
		refusal_set(&refusal, GESSO_CLIENT_REASON_SYNC_FAILED, "DMA_BUF_IOCTL_SYNC: %s",
			strerror(-error));
		swapchain_refuse(swapchain, &refusal);
	}
}
