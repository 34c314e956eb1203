/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FAKE_COMPOSITOR_H
#define TESTS_FAKE_COMPOSITOR_H

#include "server.h"
#include <stdint.h>

/*
 * A compositor of the component alone whose renderer takes every format of layout.h as
 * dma-bufs, draws nothing, and notes what it was given; it does not import what is
 * FAKE_REFUSED_PX wide, but would upload that. SIGUSR1 takes all formats back, as a lost renderer does.
 */

#define FAKE_REFUSED_PX 13
#define FAKE_BUDGET_BYTES (1 << 20)

/* The last import, told by the compositor's process to the case's. */
struct fake_seen {
	int planes_len;
	uint32_t offset_bytes[2], stride_bytes[2];
	uint64_t inodes[2], modifier;
	/* Uploads so far, and the first and the last pixel, of 32 bits, of the last of them. */
	uint32_t uploads, corners[2];
};

struct fake_compositor {
	struct server server;
	struct fake_seen *seen;
};

/* `drm_fd` (borrowed) is the device that the renderer says it draws on; -1: none. */
void fake_compositor_start(struct fake_compositor *compositor, int drm_fd);
void fake_compositor_stop(struct fake_compositor *compositor);

#endif
