/* SPDX-License-Identifier: MIT */
#include "offers.h"
#include "gesso-gpu-memory-buffer-v1-client-protocol.h"
#include <stdio.h>
#include <string.h>

typedef struct gesso_gpu_memory_buffer_manager_v1 manager_proxy;

static void offers_handle_allocator(
	void *data, manager_proxy *manager, const char *name, uint32_t kind, uint32_t cached)
{
	/* each "allocated" says it again for its own buffer */
}

static void offers_handle_format(void *data, manager_proxy *manager, uint32_t fourcc)
{
	struct offers *offers = data;
	if (offers->next.formats_len < OFFERS_FORMATS_MAX)
		offers->next.formats[offers->next.formats_len++] = fourcc;
}

static void offers_handle_refusal(
	void *data, manager_proxy *manager, const char *name, uint32_t reason, const char *words)
{
	struct offers_batch *next = &((struct offers *)data)->next;
	if (reason == GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_PENDING ||
		reason == GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_RENDERER_LOST)
		next->pending = true;
	if (next->refusal.code == GESSO_CLIENT_REASON_NONE)
		next->refusal.code = (int)reason;
	char *line = next->refusal.words;
	size_t used = strlen(line), size = sizeof(next->refusal.words);
	snprintf(line + used, size - used, "%s%s: %s", used > 0 ? "; " : "", name, words);
}

static void offers_handle_done(void *data, manager_proxy *manager)
{
	struct offers *offers = data;
	offers->batch = offers->next;
	offers->next = (struct offers_batch){0};
	offers->serial++;
}

static const struct gesso_gpu_memory_buffer_manager_v1_listener manager_listener = {
	.allocator = offers_handle_allocator,
	.format = offers_handle_format,
	.refusal = offers_handle_refusal,
	.done = offers_handle_done,
};

void offers_listen(struct offers *offers, manager_proxy *manager)
{
	offers->manager = manager;
	gesso_gpu_memory_buffer_manager_v1_add_listener(manager, &manager_listener, offers);
}

void offers_finish(struct offers *offers)
{
	if (offers->manager)
		gesso_gpu_memory_buffer_manager_v1_destroy(offers->manager);
	*offers = (struct offers){.serial = offers->serial + 1};
}

bool offers_has(const struct offers *offers, uint32_t fourcc, struct refusal *why)
{
	const struct offers_batch *batch = &offers->batch;
	for (size_t i = 0; i < batch->formats_len; i++) {
		if (batch->formats[i] == fourcc)
			return true;
	}
	if (!offers->manager)
		refusal_set(why, GESSO_CLIENT_REASON_GLOBAL_MISSING,
			"the compositor has no gesso_gpu_memory_buffer_manager_v1");
	else if (offers->serial == 0)
		refusal_set(why, GESSO_CLIENT_REASON_NO_ANSWER,
			"the compositor has not said what it offers");
	else if (batch->pending)
		refusal_set(why, GESSO_CLIENT_REASON_PENDING, "%s", batch->refusal.words);
	else if (batch->formats_len > 0)
		refusal_set(why, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT, "%s is not offered",
			format_name(fourcc));
	else if (batch->refusal.code != GESSO_CLIENT_REASON_NONE)
		*why = batch->refusal;
	else
		refusal_set(why, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT,
			"the compositor offers no format and gives no reason");
	return false;
}
