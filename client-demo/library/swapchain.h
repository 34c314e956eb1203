/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_SWAPCHAIN_H
#define GESSO_LIBRARY_SWAPCHAIN_H

#include "buffer.h"
#include "client.h"

/*
 * A window's buffers: which to paint next (swapchain.c), on which path
 * (swapchain_path.c), and when they go (swapchain_buffers.c).
 */

#define SWAPCHAIN_SIDE_MAX_PX 16384
#define SWAPCHAIN_BUFFERS_MAX 4

struct gesso_swapchain {
	struct wl_list link; /* gesso_client.swapchains */
	struct gesso_client *client;
	struct wl_surface *surface; /* borrowed */
	struct gesso_swapchain_options options;
	int width_px, height_px;
	uint32_t fourcc;

	enum gesso_client_path path; /* AUTO until it was chosen */
	int64_t pending_deadline_ns; /* for the compositor's probe, while that is awaited */
	bool gave_up_probe;          /* it has passed */
	struct refusal refusal;      /* why not the path that has no copy; NONE on that */
	uint64_t refused_at;         /* the offers' serial + 1 when it was refused; 0 is never */
	int late_answers;            /* that came when they were not awaited any more */
	char allocator[32];

	struct wl_list buffers;            /* buffer.link */
	struct buffer *painting;           /* or NULL */
	struct buffer *shown;              /* attached last, or NULL */
	enum gesso_client_path shown_path; /* of the last frame */
	int buffers_wanted;                /* max_buffers, or fewer after a refusal */
	bool fence_wait;                   /* an idle buffer was passed over for its fences */
	int64_t still_deadline_ns;
	bool still;
	bool awaits_buffer; /* an allocation was not answered at the last tick */

	uint64_t frames;
	uint64_t copied_bytes;
	struct damage whole; /* what begin_frame reports for age 0 */

	void *shadow;
	size_t shadow_stride_bytes;
	bool shadow_valid; /* holds the last frame */
};

/* ---- swapchain_path.c ---- */

/* Chooses the path for the next frame; retires the buffers of another. */
enum gesso_result swapchain_choose_path(struct gesso_swapchain *swapchain);
/* The one that is tried before shm: dmabuf where it was asked for, else native. */
enum gesso_client_path swapchain_first_path(const struct gesso_swapchain *swapchain);
/* Keeps the reason. That path is not tried again before a resize or a later batch. */
void swapchain_refuse(struct gesso_swapchain *swapchain, const struct refusal *refusal);
/* Whether a frame begun now would not take it, and why. */
bool swapchain_is_refused(const struct gesso_swapchain *swapchain, struct refusal *why);

/* ---- swapchain_buffers.c ---- */

/* What is due and what a dispatch has made possible. */
void swapchain_tick(struct gesso_swapchain *swapchain);
int64_t swapchain_next_deadline_ns(const struct gesso_swapchain *swapchain);
/* Puts the still timer off. */
void swapchain_begin_moving(struct gesso_swapchain *swapchain);
/* They are destroyed as soon as neither the compositor nor the screen needs them. */
void swapchain_retire_buffers(struct gesso_swapchain *swapchain);
/* Whether an answer is overdue and has not come yet. */
bool swapchain_has_overdue(const struct gesso_swapchain *swapchain);
/* GESSO_BUSY if none is idle now. Opens the bracket. */
enum gesso_result swapchain_acquire(struct gesso_swapchain *swapchain, struct buffer **acquired);

/* ---- shadow.c ---- */

/* False on no memory. */
bool shadow_prepare(struct gesso_swapchain *swapchain);
/* Copies `damage` and what the buffer missed from the shadow to the buffer. */
void shadow_copy(
	struct gesso_swapchain *swapchain, struct buffer *buffer, const struct damage *damage);
void shadow_drop(struct gesso_swapchain *swapchain);

#endif
