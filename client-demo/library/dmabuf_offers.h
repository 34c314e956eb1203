/* SPDX-License-Identifier: MIT */
#ifndef GESSO_LIBRARY_DMABUF_OFFERS_H
#define GESSO_LIBRARY_DMABUF_OFFERS_H

#include "words.h"

/*
 * Which dma-bufs of a client's own the compositor takes, by linux-dmabuf-v1: the
 * modifier events of version 3, or the feedback of version 4. Of all formats and
 * modifiers only those that the CPU can paint are kept: the library's own formats,
 * linear or with the implicit modifier. The global is bound once a swapchain asks
 * for path dmabuf, and costs nobody else anything. What is answered first counts as
 * long as the global is there: later feedback is about which device is best.
 */

#define DMABUF_OFFERS_FORMATS_MAX 16

struct wl_callback;
struct wl_display;
struct wl_registry;
struct zwp_linux_dmabuf_feedback_v1;
struct zwp_linux_dmabuf_v1;

struct dmabuf_offers {
	uint32_t name, version;             /* of the registry; version 0 without the global */
	struct zwp_linux_dmabuf_v1 *global; /* NULL until it is bound */
	int64_t deadline_ns;
	bool answered, gave_up;
	uint64_t serial; /* how often that which is taken has changed */
	/* private */
	struct {
		uint32_t fourcc;
		bool linear; /* else with the implicit modifier alone */
	} formats[DMABUF_OFFERS_FORMATS_MAX];
	size_t formats_len;
	struct refusal bad;       /* what is wrong with the feedback; NONE where nothing is */
	struct wl_callback *sync; /* version 3: behind the events that binding brings */
	struct zwp_linux_dmabuf_feedback_v1 *feedback; /* version 4, until it is done */
	struct dmabuf_table_entry *table;
	size_t table_len;
};

/*
 * Binds the global, once. `display` is one whose new objects are on the library's
 * queue. False on no memory.
 */
bool dmabuf_offers_bind(struct dmabuf_offers *offers, struct wl_registry *registry,
	struct wl_display *display, int answer_timeout_ms);
/* As if the compositor had no such global. */
void dmabuf_offers_finish(struct dmabuf_offers *offers);

/* Whether an answer is awaited. */
bool dmabuf_offers_is_awaited(const struct dmabuf_offers *offers);
/* Whether it has just become overdue. */
bool dmabuf_offers_check_deadline(struct dmabuf_offers *offers);

/* Whether `fourcc` is taken, and with which modifier. If not, `why` says why. */
bool dmabuf_offers_has(const struct dmabuf_offers *offers, uint32_t fourcc, uint64_t *modifier,
	struct refusal *why);

#endif
