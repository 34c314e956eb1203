/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_BUFFER_H
#define GESSO_LIBRARY_BUFFER_H

#include "damage.h"
#include "words.h"
#include <wayland-client.h>

/*
 * One wl_buffer with its mapping. Made in one of three ways (buffer_native.c,
 * buffer_dmabuf.c, buffer_shm.c), used and destroyed in one.
 *
 *   PENDING ──→ IDLE ←──────→ PAINTING
 *      │          ↑              │
 *      ↓          └─── HELD ←────┘
 *   FAILED
 */

enum buffer_state {
	BUFFER_PENDING,  /* native, dmabuf: the compositor has not answered */
	BUFFER_FAILED,   /* native, dmabuf: it is not to be had; `refusal` says why */
	BUFFER_IDLE,     /* nobody reads or writes it */
	BUFFER_PAINTING, /* between begin_frame and end_frame */
	BUFFER_HELD,     /* attached, not released */
};

struct dmabuf_request;
struct gesso_client;
struct gesso_gpu_memory_buffer_v1;

struct buffer {
	struct wl_list link; /* gesso_swapchain.buffers */
	enum buffer_state state;
	bool was_held; /* PAINTING: with max_buffers 1 it is the one that is shown */
	bool retired;  /* of another size or path: to be destroyed once it is not needed */
	bool overdue;  /* PENDING or later: its answer did not come in time */
	struct wl_buffer *wl_buffer;
	int width_px, height_px;
	uint32_t fourcc;

	void *map; /* NULL until there is memory */
	size_t map_bytes;
	void *pixels; /* in `map` */
	size_t stride_bytes;

	uint64_t painted_frame; /* gesso_swapchain.frames when its frame ended; 0 is never */
	struct damage stale;    /* since then; not kept up for 0 */

	/* paths native and dmabuf only */
	struct gesso_gpu_memory_buffer_v1 *answer; /* native, PENDING */
	struct dmabuf_request *request;            /* dmabuf, PENDING */
	int64_t answer_deadline_ns;
	struct refusal refusal;
	int bracket_fd; /* the dma-buf, kept open for DMA_BUF_IOCTL_SYNC; -1 if it needs none */
	bool cached;
	char allocator[32];
};

/*
 * Sends the request; the answer turns the buffer from PENDING to IDLE or FAILED.
 * NULL on no memory.
 */
struct buffer *buffer_native_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc);

/*
 * The same with memory of the client's own, handed over by linux-dmabuf-v1, which
 * the client has bound. FAILED at once where no such memory is to be had.
 */
struct buffer *buffer_dmabuf_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc);

/* What is still to be answered: its wl_buffer is destroyed as soon as it comes. */
void buffer_dmabuf_abandon(struct buffer *buffer);
/* When the client goes: what is still to be answered then frees itself at its answer. */
void buffer_dmabuf_finish_requests(struct gesso_client *client);

/*
 * Whether the answer has just become overdue, with NO_ANSWER as the refusal. The
 * buffer stays PENDING: a late answer says that the compositor is back.
 */
bool buffer_check_deadline(struct buffer *buffer, const struct gesso_client *client);

/* IDLE, or NULL on no memory or no descriptors. */
struct buffer *buffer_shm_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc);

/* Of one that will not be used any more; the compositor has what it has. */
void buffer_drop_memory(struct buffer *buffer);

/* Takes NULL and half-built ones. Takes it out of its list. */
void buffer_destroy(struct buffer *buffer);

/* For the create functions. NULL on no memory. */
struct buffer *buffer_new(int width_px, int height_px, uint32_t fourcc);
/* Sets stride and size as a compositor can import them: rows of GPUs, whole pages. */
void buffer_lay_out(struct buffer *buffer);
/* Maps what was laid out, of `fd` (borrowed) from its start. False with errno. */
bool buffer_map(struct buffer *buffer, int fd);
/* Takes `wl_buffer` and waits for its release. */
void buffer_set_wl_buffer(struct buffer *buffer, struct wl_buffer *wl_buffer);

#endif
