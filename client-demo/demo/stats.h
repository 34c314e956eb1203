/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_STATS_H
#define GESSO_DEMO_STATS_H

#include "gesso-client.h"
#include "options.h"
#include "pacing.h"
#include <stdint.h>

/* What the demo prints at its end: one model, two printers. */

#define STATS_WINDOWS_MAX 256

struct stats_window {
	uint64_t frames;
	int64_t paint_ns; /* wall clock, from begin_frame to end_frame */
	struct gesso_swapchain_info info;
	char allocator[32];
	char reason_words[256];
};

struct stats {
	struct stats_window windows[STATS_WINDOWS_MAX];
	int windows_len;
	struct pacing pacing; /* of all windows */
};

struct window;

/* Takes the figures of a window that is about to go. */
void stats_add(struct stats *stats, const struct window *window);

void stats_print(const struct stats *stats, enum stats_form form, FILE *out);

#endif
