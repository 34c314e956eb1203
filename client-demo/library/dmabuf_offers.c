/* SPDX-License-Identifier: MIT */
#include "dmabuf_offers.h"
#include "clock.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#define VERSION_MIN 3
#define VERSION_MAX 4
/* An entry is named by 16 bits. */
#define TABLE_LEN_MAX 65536

/* As linux-dmabuf-v1 lays out the table. */
struct dmabuf_table_entry {
	uint32_t fourcc, padding;
	uint64_t modifier;
};
_Static_assert(sizeof(struct dmabuf_table_entry) == 16, "the protocol's table has no gaps");

static void add_pair(struct dmabuf_offers *offers, uint32_t fourcc, uint64_t modifier)
{
	bool linear = modifier == DRM_FORMAT_MOD_LINEAR;
	if (format_bytes_per_pixel(fourcc) == 0 || (!linear && modifier != DRM_FORMAT_MOD_INVALID))
		return;
	for (size_t i = 0; i < offers->formats_len; i++) {
		if (offers->formats[i].fourcc == fourcc) {
			offers->formats[i].linear = offers->formats[i].linear || linear;
			return;
		}
	}
	if (offers->formats_len == DMABUF_OFFERS_FORMATS_MAX)
		return;
	offers->formats[offers->formats_len].fourcc = fourcc;
	offers->formats[offers->formats_len++].linear = linear;
}

/* ---- version 3 ---- */

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *global, uint32_t fourcc)
{
	/* a modifier event says it again */
}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *global, uint32_t fourcc,
	uint32_t modifier_hi, uint32_t modifier_lo)
{
	add_pair(data, fourcc, (uint64_t)modifier_hi << 32 | modifier_lo);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

static void sync_handle_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct dmabuf_offers *offers = data;
	wl_callback_destroy(callback);
	offers->sync = NULL;
	offers->answered = true;
	offers->serial++;
}

static const struct wl_callback_listener sync_listener = {.done = sync_handle_done};

/* ---- version 4 ---- */

static void drop_table(struct dmabuf_offers *offers)
{
	free(offers->table);
	offers->table = NULL;
	offers->table_len = 0;
}

static void drop_feedback(struct dmabuf_offers *offers)
{
	drop_table(offers);
	if (offers->feedback)
		zwp_linux_dmabuf_feedback_v1_destroy(offers->feedback);
	offers->feedback = NULL;
}

/* Read, not mapped: a table that is cut off is an error then, and no SIGBUS. */
static bool read_table(struct dmabuf_offers *offers, int fd, size_t size_bytes)
{
	size_t read_bytes = 0;
	while (read_bytes < size_bytes) {
		ssize_t result = pread(fd, (char *)offers->table + read_bytes,
			size_bytes - read_bytes, (off_t)read_bytes);
		if (result < 0 && errno == EINTR)
			continue;
		if (result < 0)
			refusal_set(&offers->bad, GESSO_CLIENT_REASON_BAD_ANSWER,
				"linux-dmabuf-v1's table of formats: %s", strerror(errno));
		else if (result == 0)
			refusal_set(&offers->bad, GESSO_CLIENT_REASON_BAD_ANSWER,
				"linux-dmabuf-v1's table of formats has %zu bytes, not %zu",
				read_bytes, size_bytes);
		if (result <= 0)
			return false;
		read_bytes += (size_t)result;
	}
	return true;
}

static void take_table(struct dmabuf_offers *offers, int fd, uint32_t size_bytes)
{
	size_t len = size_bytes / sizeof(*offers->table);
	drop_table(offers);
	if (size_bytes % sizeof(*offers->table) != 0 || len == 0 || len > TABLE_LEN_MAX) {
		refusal_set(&offers->bad, GESSO_CLIENT_REASON_BAD_ANSWER,
			"linux-dmabuf-v1's table of formats is said to have %u bytes", size_bytes);
		return;
	}
	offers->table = calloc(len, sizeof(*offers->table));
	if (!offers->table)
		refusal_set(&offers->bad, GESSO_CLIENT_REASON_BAD_ANSWER,
			"no memory for linux-dmabuf-v1's table of formats");
	else if (read_table(offers, fd, size_bytes))
		offers->table_len = len;
}

static void feedback_handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, int32_t fd, uint32_t size_bytes)
{
	take_table(data, fd, size_bytes);
	close(fd);
}

static void feedback_handle_tranche_formats(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, struct wl_array *indices)
{
	struct dmabuf_offers *offers = data;
	const uint16_t *index;
	wl_array_for_each(index, indices) {
		if (*index < offers->table_len)
			add_pair(offers, offers->table[*index].fourcc,
				offers->table[*index].modifier);
		else if (offers->bad.code == GESSO_CLIENT_REASON_NONE)
			refusal_set(&offers->bad, GESSO_CLIENT_REASON_BAD_ANSWER,
				"linux-dmabuf-v1 names format %u of a table of %zu", *index,
				offers->table_len);
	}
}

static void feedback_handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
	struct dmabuf_offers *offers = data;
	offers->answered = true;
	offers->serial++;
	drop_feedback(offers);
}

/* Which device is best is nothing to memory that the CPU paints. */
static void feedback_handle_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, struct wl_array *device)
{
}

static void feedback_handle_tranche_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

static void feedback_handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, uint32_t flags)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = feedback_handle_done,
	.format_table = feedback_handle_format_table,
	.main_device = feedback_handle_device,
	.tranche_done = feedback_handle_tranche_done,
	.tranche_target_device = feedback_handle_device,
	.tranche_formats = feedback_handle_tranche_formats,
	.tranche_flags = feedback_handle_tranche_flags,
};

/* ---- both ---- */

static bool ask(struct dmabuf_offers *offers, struct wl_display *display)
{
	if (zwp_linux_dmabuf_v1_get_version(offers->global) >=
		ZWP_LINUX_DMABUF_V1_GET_DEFAULT_FEEDBACK_SINCE_VERSION) {
		offers->feedback = zwp_linux_dmabuf_v1_get_default_feedback(offers->global);
		return offers->feedback &&
			zwp_linux_dmabuf_feedback_v1_add_listener(
				offers->feedback, &feedback_listener, offers) == 0;
	}
	offers->sync = wl_display_sync(display);
	return offers->sync && wl_callback_add_listener(offers->sync, &sync_listener, offers) == 0;
}

bool dmabuf_offers_bind(struct dmabuf_offers *offers, struct wl_registry *registry,
	struct wl_display *display, int answer_timeout_ms)
{
	if (offers->global || offers->version < VERSION_MIN)
		return true;
	offers->global = wl_registry_bind(registry, offers->name, &zwp_linux_dmabuf_v1_interface,
		offers->version < VERSION_MAX ? offers->version : VERSION_MAX);
	if (!offers->global)
		return false;
	zwp_linux_dmabuf_v1_add_listener(offers->global, &dmabuf_listener, offers);
	offers->deadline_ns = clock_after_ms(answer_timeout_ms);
	if (ask(offers, display))
		return true;
	zwp_linux_dmabuf_v1_destroy(offers->global);
	offers->global = NULL;
	return false;
}

void dmabuf_offers_finish(struct dmabuf_offers *offers)
{
	drop_feedback(offers);
	if (offers->sync)
		wl_callback_destroy(offers->sync);
	if (offers->global)
		zwp_linux_dmabuf_v1_destroy(offers->global);
	*offers = (struct dmabuf_offers){.serial = offers->serial + 1};
}

bool dmabuf_offers_is_awaited(const struct dmabuf_offers *offers)
{
	return offers->global && !offers->answered && !offers->gave_up;
}

bool dmabuf_offers_check_deadline(struct dmabuf_offers *offers)
{
	if (!dmabuf_offers_is_awaited(offers) || clock_now_ns() < offers->deadline_ns)
		return false;
	offers->gave_up = true;
	return true;
}

bool dmabuf_offers_has(const struct dmabuf_offers *offers, uint32_t fourcc, uint64_t *modifier,
	struct refusal *why)
{
	for (size_t i = 0; i < offers->formats_len; i++) {
		if (offers->formats[i].fourcc != fourcc || !offers->answered || offers->bad.code)
			continue;
		*modifier =
			offers->formats[i].linear ? DRM_FORMAT_MOD_LINEAR : DRM_FORMAT_MOD_INVALID;
		return true;
	}
	if (offers->version == 0)
		refusal_set(why, GESSO_CLIENT_REASON_GLOBAL_MISSING,
			"the compositor has no zwp_linux_dmabuf_v1");
	else if (offers->version < VERSION_MIN)
		refusal_set(why, GESSO_CLIENT_REASON_GLOBAL_MISSING,
			"zwp_linux_dmabuf_v1 is of version %u, and %d is needed", offers->version,
			VERSION_MIN);
	else if (!offers->answered)
		refusal_set(why, GESSO_CLIENT_REASON_NO_ANSWER,
			"the compositor has not said which dma-bufs it takes");
	else if (offers->bad.code)
		*why = offers->bad;
	else
		refusal_set(why, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT,
			"no linear dma-buf of %s is taken", format_name(fourcc));
	return false;
}
