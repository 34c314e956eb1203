/* SPDX-License-Identifier: MIT */
#include "buffers/linux_dmabuf_impl.h"
#include "linux-dmabuf-v1-protocol.h"
#include <assert.h>
#include <drm_fourcc.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define ERROR(name) ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_##name

struct params {
	struct gesso_linux_dmabuf *linux_dmabuf;
	/* Descriptors owned, -1 where there is none; n_planes is the highest given plus one. */
	struct wlr_dmabuf_attributes claim;
	struct gesso_ledger_client
		*client; /* charged for the descriptors; NULL where there are none */
	size_t planes_held;
	bool modifiers_differ;
	bool used;
};

static const struct zwp_linux_buffer_params_v1_interface params_impl;

static struct params *params_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &zwp_linux_buffer_params_v1_interface, &params_impl));
	return wl_resource_get_user_data(resource);
}

static void params_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static bool check_unused(const struct params *params, struct wl_resource *resource)
{
	if (params->used) {
		wl_resource_post_error(
			resource, ERROR(ALREADY_USED), "a wl_buffer was already asked for");
	}
	return !params->used;
}

static bool check_plane(const struct params *params, struct wl_resource *resource, uint32_t plane)
{
	if (plane >= WLR_DMABUF_MAX_PLANES) {
		wl_resource_post_error(resource, ERROR(PLANE_IDX), "plane %u: there are %d at most",
			plane, WLR_DMABUF_MAX_PLANES);
		return false;
	}
	if (params->claim.fd[plane] >= 0) {
		wl_resource_post_error(
			resource, ERROR(PLANE_SET), "plane %u was added before", plane);
		return false;
	}
	return true;
}

static void close_planes(struct params *params)
{
	struct wlr_dmabuf_attributes *claim = &params->claim;
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		if (claim->fd[i] >= 0) {
			close(claim->fd[i]);
			claim->fd[i] = -1;
		}
	}
	if (params->planes_held > 0) {
		gesso_ledger_client_drop_planes(params->client, params->planes_held);
		params->planes_held = 0;
		params->client = NULL;
	}
}

/* A descriptor for each of these requests, and no buffer asked for: that is bounded. */
static bool hold_plane(struct params *params, struct wl_client *wl_client)
{
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(params->linux_dmabuf->ledger, wl_client);
	struct gesso_reason why = {0};
	if (client != NULL && gesso_ledger_client_hold_plane(client, &why)) {
		params->client = client;
		params->planes_held++;
		return true;
	}
	if (client != NULL) {
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, &why);
	}
	wl_client_post_no_memory(wl_client);
	return false;
}

static void params_request_add(struct wl_client *client, struct wl_resource *resource, int32_t fd,
	uint32_t plane, uint32_t offset_bytes, uint32_t stride_bytes, uint32_t modifier_hi,
	uint32_t modifier_lo)
{
	struct params *params = params_from_resource(resource);
	if (!check_unused(params, resource) || !check_plane(params, resource, plane) ||
		!hold_plane(params, client)) {
		close(fd);
		return;
	}
	struct wlr_dmabuf_attributes *claim = &params->claim;
	uint64_t modifier = (uint64_t)modifier_hi << 32 | modifier_lo;
	if (claim->n_planes > 0 && modifier != claim->modifier) {
		params->modifiers_differ = true;
	}
	claim->modifier = modifier;
	claim->fd[plane] = fd;
	claim->offset[plane] = offset_bytes;
	claim->stride[plane] = stride_bytes;
	if ((int)plane >= claim->n_planes) {
		claim->n_planes = (int)plane + 1;
	}
}

/* A renderer may round the second plane's sides either way. */
static void refuse_odd_sides(
	const struct wlr_dmabuf_attributes *claim, struct dmabuf_verdict *verdict)
{
	if (verdict->ok && claim->n_planes > 1 &&
		(claim->width % 2 != 0 || claim->height % 2 != 0)) {
		verdict->ok = false;
		verdict->error = -1;
		gesso_reason_set(&verdict->why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"%dx%d: two planes were proved with even sides only", claim->width,
			claim->height);
	}
}

static struct dmabuf_verdict params_check(const struct params *params, uint32_t flags)
{
	const struct wlr_dmabuf_attributes *claim = &params->claim;
	struct dmabuf_verdict verdict = {.error = -1};
	if (!linux_dmabuf_offers_format(params->linux_dmabuf, claim->format, &verdict.why)) {
		/* withdrawn since the client was told of it: not its error */
		if (!linux_dmabuf_announced(params->linux_dmabuf, claim->format)) {
			verdict.error = ERROR(INVALID_FORMAT);
		}
		return verdict;
	}
	/* an error from versions 4 and 5 on; before them these only fail */
	if (claim->n_planes > 0 &&
		(params->modifiers_differ ||
			!linux_dmabuf_offers(
				params->linux_dmabuf, claim->format, claim->modifier))) {
		gesso_reason_set(&verdict.why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"modifier 0x%016" PRIx64 " is not on offer for format 0x%08x",
			claim->modifier, claim->format);
		return verdict;
	}
	verdict = dmabuf_check(claim, flags);
	refuse_odd_sides(claim, &verdict);
	return verdict;
}

/* `id` is 0 for create. */
static void send_failed(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	if (id != 0 && dmabuf_buffer_make_resource(NULL, client, id) == NULL) {
		return;
	}
	zwp_linux_buffer_params_v1_send_failed(resource);
}

static void params_make_buffer(struct wl_client *wl_client, struct wl_resource *resource,
	uint32_t id, int32_t width_px, int32_t height_px, uint32_t fourcc, uint32_t flags)
{
	struct params *params = params_from_resource(resource);
	if (!check_unused(params, resource)) {
		return;
	}
	params->used = true;
	params->claim.width = width_px;
	params->claim.height = height_px;
	params->claim.format = fourcc;
	struct gesso_ledger_client *client =
		gesso_ledger_client_get(params->linux_dmabuf->ledger, wl_client);
	if (client == NULL) {
		wl_client_post_no_memory(wl_client);
		return;
	}
	struct dmabuf_buffer *buffer = NULL;
	struct dmabuf_verdict verdict = params_check(params, flags);
	if (verdict.ok) {
		buffer = dmabuf_buffer_create(
			params->linux_dmabuf, client, &params->claim, &verdict.why);
	}
	close_planes(params);
	if (buffer == NULL) {
		gesso_ledger_client_refused(client, GESSO_PATH_DMABUF, &verdict.why);
	}
	if (buffer == NULL && verdict.error >= 0) {
		wl_resource_post_error(resource, (uint32_t)verdict.error, "%s", verdict.why.words);
	} else if (buffer == NULL) {
		send_failed(wl_client, resource, id);
	} else {
		struct wl_resource *made = dmabuf_buffer_make_resource(buffer, wl_client, id);
		if (made != NULL && id == 0) {
			zwp_linux_buffer_params_v1_send_created(resource, made);
		}
	}
}

static void params_request_create(struct wl_client *client, struct wl_resource *resource,
	int32_t width_px, int32_t height_px, uint32_t fourcc, uint32_t flags)
{
	params_make_buffer(client, resource, 0, width_px, height_px, fourcc, flags);
}

static const struct zwp_linux_buffer_params_v1_interface params_impl = {
	.destroy = params_request_destroy,
	.add = params_request_add,
	.create = params_request_create,
	.create_immed = params_make_buffer,
};

static void params_handle_resource_destroy(struct wl_resource *resource)
{
	struct params *params = params_from_resource(resource);
	close_planes(params);
	free(params);
}

void linux_dmabuf_params_create(struct gesso_linux_dmabuf *linux_dmabuf, struct wl_client *client,
	uint32_t version, uint32_t id)
{
	struct params *params = calloc(1, sizeof(*params));
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_buffer_params_v1_interface, (int)version, id);
	if (params == NULL || resource == NULL) {
		free(params);
		wl_client_post_no_memory(client);
		return;
	}
	params->linux_dmabuf = linux_dmabuf;
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		params->claim.fd[i] = -1;
	}
	wl_resource_set_implementation(
		resource, &params_impl, params, params_handle_resource_destroy);
}
