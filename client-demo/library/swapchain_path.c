/* SPDX-License-Identifier: MIT */
#include "clock.h"
#include "swapchain.h"

#define PENDING_TIMEOUT_NATIVE_MS 30000

enum gesso_client_path swapchain_first_path(const struct gesso_swapchain *swapchain)
{
	return swapchain->options.path == GESSO_CLIENT_PATH_DMABUF ? GESSO_CLIENT_PATH_DMABUF
								   : GESSO_CLIENT_PATH_NATIVE;
}

static uint64_t offers_serial(const struct gesso_swapchain *swapchain)
{
	const struct gesso_client *client = swapchain->client;
	if (swapchain_first_path(swapchain) == GESSO_CLIENT_PATH_DMABUF)
		return client->dmabuf_offers.serial;
	return client->offers.serial;
}

void swapchain_refuse(struct gesso_swapchain *swapchain, const struct refusal *refusal)
{
	swapchain->refusal = *refusal;
	swapchain->refused_at = offers_serial(swapchain) + 1;
}

static bool is_offered(const struct gesso_swapchain *swapchain, struct refusal *why)
{
	const struct gesso_client *client = swapchain->client;
	uint64_t modifier;
	if (swapchain_first_path(swapchain) == GESSO_CLIENT_PATH_DMABUF)
		return dmabuf_offers_has(&client->dmabuf_offers, swapchain->fourcc, &modifier, why);
	return offers_has(&client->offers, swapchain->fourcc, why);
}

bool swapchain_is_refused(const struct gesso_swapchain *swapchain, struct refusal *why)
{
	if (!is_offered(swapchain, why))
		return true;
	if (swapchain->refused_at != offers_serial(swapchain) + 1)
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
	enum gesso_client_path first = swapchain_first_path(swapchain);
	if (first == GESSO_CLIENT_PATH_DMABUF && !client_knows_dmabufs(swapchain->client))
		return GESSO_BUSY;
	struct refusal why = {0};
	if (!swapchain_is_refused(swapchain, &why)) {
		swapchain->refusal = (struct refusal){0};
		swapchain->pending_deadline_ns = CLOCK_NEVER;
		swapchain->gave_up_probe = false;
		set_path(swapchain, first);
		return GESSO_OK;
	}
	swapchain->refusal = why;
	if (why.code == GESSO_CLIENT_REASON_PENDING && probe_is_awaited(swapchain))
		return GESSO_BUSY;
	if (swapchain->options.path == GESSO_CLIENT_PATH_NATIVE)
		return GESSO_ERROR_UNAVAILABLE;
	return choose_shm(swapchain);
}
