/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "swapchain.h"

#define PENDING_TIMEOUT_NATIVE_MS 30000

void swapchain_refuse_native(struct gesso_swapchain *swapchain, const struct refusal *refusal)
{
	swapchain->refusal = *refusal;
	swapchain->refused_at = swapchain->client->offers.serial + 1;
}

bool swapchain_native_is_refused(const struct gesso_swapchain *swapchain, struct refusal *why)
{
	const struct offers *offers = &swapchain->client->offers;
	if (!offers_has(offers, swapchain->fourcc, why))
		return true;
	if (swapchain->refused_at != offers->serial + 1)
		return false;
	*why = swapchain->refusal;
	return true;
}

/* The wait begins with the first frame that could not have the path. */
static bool probe_is_awaited(struct gesso_swapchain *swapchain)
{
	int timeout_ms = swapchain->options.pending_timeout_ms;
	if (timeout_ms == 0 && swapchain->options.path == GESSO_CLIENT_PATH_NATIVE)
		timeout_ms = PENDING_TIMEOUT_NATIVE_MS;
	if (timeout_ms == 0 || swapchain->gave_up_probe)
		return false;
	if (swapchain->pending_deadline_ns == CLOCK_NEVER)
		swapchain->pending_deadline_ns = clock_after_ms(timeout_ms);
	return true;
}

static void set_path(struct gesso_swapchain *swapchain, enum gesso_client_path path)
{
	if (swapchain->path == path)
		return;
	swapchain_retire_buffers(swapchain);
	shadow_drop(swapchain);
	swapchain->path = path;
	swapchain->buffers_wanted = swapchain->options.max_buffers;
	if (path == GESSO_CLIENT_PATH_SHM)
		swapchain->allocator[0] = '\0';
}

static enum gesso_result choose_shm(struct gesso_swapchain *swapchain)
{
	if (!client_shm_has(swapchain->client, swapchain->fourcc)) {
		if (swapchain->options.path == GESSO_CLIENT_PATH_SHM)
			refusal_set(&swapchain->refusal, GESSO_CLIENT_REASON_UNSUPPORTED_FORMAT,
				"wl_shm does not take %s", format_name(swapchain->fourcc));
		return GESSO_ERROR_UNAVAILABLE;
	}
	set_path(swapchain, GESSO_CLIENT_PATH_SHM);
	return GESSO_OK;
}

enum gesso_result swapchain_choose_path(struct gesso_swapchain *swapchain)
{
	if (!client_is_ready(swapchain->client))
		return GESSO_BUSY;
	if (swapchain->options.path == GESSO_CLIENT_PATH_SHM) {
		refusal_set(&swapchain->refusal, GESSO_CLIENT_REASON_BY_REQUEST,
			"path shm was asked for");
		return choose_shm(swapchain);
	}
	struct refusal why = {0};
	if (!swapchain_native_is_refused(swapchain, &why)) {
		swapchain->refusal = (struct refusal){0};
		swapchain->pending_deadline_ns = CLOCK_NEVER;
		swapchain->gave_up_probe = false;
		set_path(swapchain, GESSO_CLIENT_PATH_NATIVE);
		return GESSO_OK;
	}
	swapchain->refusal = why;
	if (why.code == GESSO_CLIENT_REASON_PENDING && probe_is_awaited(swapchain))
		return GESSO_BUSY;
	if (swapchain->options.path == GESSO_CLIENT_PATH_NATIVE)
		return GESSO_ERROR_UNAVAILABLE;
	return choose_shm(swapchain);
}
