/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DMABUF_H
#define TESTS_DMABUF_H

#include "buffer.h"

/*
 * Descriptors of every kind, and the requests of linux-dmabuf-v1 with any of them,
 * right and wrong. udmabuf, dma-heap and vgem need the machine's devices.
 */

/* "udmabuf", "dma-heap", "vgem", "read-only" (of vgem),
 * "write-only" (of dma-heap: nobody can map it); "memfd", "file" and "pipe" are none,
 * nor is any other kind of descriptors.h. */
int dmabuf_open(const char *source, size_t size_bytes);
/* The first card of the kernel driver. The caller closes it. Skips the case without one. */
int dmabuf_open_card(const char *driver);
/* vgem's, for its fences. */
int dmabuf_open_vgem(void);

#define DMABUF_PLANES_MAX 4

/* One plane's add request. */
struct dmabuf_plane {
	uint32_t index, offset_bytes, stride_bytes;
	uint64_t modifier;
};

/* What is sent: `planes` add requests, all with `source` of `size_bytes`. */
struct dmabuf_claim {
	const char *what, *source;
	size_t size_bytes;
	struct dmabuf_plane planes[DMABUF_PLANES_MAX];
	size_t planes_len;
	int32_t width_px, height_px;
	uint32_t fourcc, flags;
};

#define DMABUF_CREATED (-1)
#define DMABUF_FAILED (-2)

/*
 * Sends `claim` from a client of its own and fails the case unless the answer is
 * `expected`: an enum zwp_linux_buffer_params_v1_error, DMABUF_CREATED or
 * DMABUF_FAILED; by create and by create_immed.
 */
void dmabuf_check_claim(
	const struct server *server, const struct dmabuf_claim *claim, int expected);

/* The same by one of the two requests. */
void dmabuf_check_claim_by(const struct server *server, const struct dmabuf_claim *claim,
	bool immediate, int expected);
/* The same by a client that goes on, unless it was an error: the answer. */
int dmabuf_claim_answer(struct client *client, const struct dmabuf_claim *claim, bool immediate);

/* A mapped buffer over a new dma-buf of `source`, by create_immed; offset and stride have slack. */
void buffer_create_dmabuf(struct buffer *buffer, struct client *client, const char *source,
	int width_px, int height_px, uint32_t fourcc);
/* The same with another modifier than LINEAR. */
void buffer_create_dmabuf_with(struct buffer *buffer, struct client *client, const char *source,
	int width_px, int height_px, uint32_t fourcc, uint64_t modifier);

/*
 * A fence of vgem's, which ends by itself after ten seconds, on dma-buf `fd`
 * (borrowed) as if a device were writing to it.
 */
struct dmabuf_fence {
	int device;
	uint32_t id;
};
void dmabuf_fence_attach(struct dmabuf_fence *fence, int fd);
/* Ends it early. */
void dmabuf_fence_signal(struct dmabuf_fence *fence);
/* Gives up the descriptor, which ends the fence too. */
void dmabuf_fence_finish(struct dmabuf_fence *fence);

/* Whether the global announced the pair. */
bool client_offers_dmabuf(const struct client *client, uint32_t fourcc, uint64_t modifier);

#endif
