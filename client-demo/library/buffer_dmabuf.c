/* SPDX-License-Identifier: MIT */
#include "buffer.h"
#include "client.h"
#include "clock.h"
#include "dmabuf_memory.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A request that has not been answered. It outlives its buffer: "created" brings a
 * wl_buffer, which somebody has to destroy.
 */
struct dmabuf_request {
	struct wl_list link; /* gesso_client.dmabuf_requests, or by itself once that is gone */
	struct zwp_linux_buffer_params_v1 *params;
	struct buffer *buffer; /* NULL once that is destroyed */
};

static void request_destroy(struct dmabuf_request *request)
{
	if (request->buffer)
		request->buffer->request = NULL;
	if (request->params)
		zwp_linux_buffer_params_v1_destroy(request->params);
	wl_list_remove(&request->link);
	free(request);
}

static void params_handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer)
{
	struct dmabuf_request *request = data;
	struct buffer *buffer = request->buffer;
	request_destroy(request);
	if (!buffer) {
		wl_buffer_destroy(wl_buffer);
		return;
	}
	buffer_set_wl_buffer(buffer, wl_buffer);
	buffer->state = BUFFER_IDLE;
}

static void params_handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct dmabuf_request *request = data;
	struct buffer *buffer = request->buffer;
	request_destroy(request);
	if (!buffer)
		return;
	refusal_set(&buffer->refusal, GESSO_CLIENT_REASON_IMPORT_FAILED,
		"the compositor did not import a dma-buf of %s", buffer->allocator);
	buffer->state = BUFFER_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = params_handle_created,
	.failed = params_handle_failed,
};

void buffer_dmabuf_abandon(struct buffer *buffer)
{
	if (buffer->request)
		buffer->request->buffer = NULL;
	buffer->request = NULL;
}

/*
 * libwayland drops what comes for a destroyed params, and with it the number that
 * "created" gives its wl_buffer: the next object that the compositor makes would then
 * be an error of the connection. So the params waits on, on the display's own queue.
 */
void buffer_dmabuf_finish_requests(struct gesso_client *client)
{
	struct dmabuf_request *request, *tmp;
	if (wl_list_empty(&client->dmabuf_requests))
		return;
	wl_list_for_each(request, &client->dmabuf_requests, link)
		wl_proxy_set_queue((struct wl_proxy *)request->params, NULL);
	/* answers that have been read already */
	bool lost = wl_display_dispatch_queue_pending(client->display, client->queue) < 0;
	wl_list_for_each_safe(request, tmp, &client->dmabuf_requests, link) {
		if (lost) {
			request_destroy(request);
			continue;
		}
		wl_list_remove(&request->link);
		wl_list_init(&request->link);
	}
}

/* False where it is refused, and the buffer is FAILED. */
static bool allocate(struct buffer *buffer)
{
	const char *allocator;
	buffer_lay_out(buffer);
	buffer->bracket_fd =
		dmabuf_memory_allocate(buffer->map_bytes, &allocator, &buffer->refusal);
	if (buffer->bracket_fd < 0)
		return false;
	snprintf(buffer->allocator, sizeof(buffer->allocator), "%s", allocator);
	if (buffer_map(buffer, buffer->bracket_fd))
		return true;
	refusal_set(&buffer->refusal, GESSO_CLIENT_REASON_MAP_FAILED, "mmap of %s: %s", allocator,
		strerror(errno));
	return false;
}

/* False on no memory. */
static bool send(struct buffer *buffer, struct gesso_client *client, uint64_t modifier)
{
	struct dmabuf_request *request = calloc(1, sizeof(*request));
	if (!request)
		return false;
	wl_list_insert(client->dmabuf_requests.prev, &request->link);
	request->params = zwp_linux_dmabuf_v1_create_params(client->dmabuf_offers.global);
	if (!request->params) {
		request_destroy(request);
		return false;
	}
	zwp_linux_buffer_params_v1_add_listener(request->params, &params_listener, request);
	zwp_linux_buffer_params_v1_add(request->params, buffer->bracket_fd, 0, 0,
		(uint32_t)buffer->stride_bytes, (uint32_t)(modifier >> 32), (uint32_t)modifier);
	zwp_linux_buffer_params_v1_create(
		request->params, buffer->width_px, buffer->height_px, buffer->fourcc, 0);
	request->buffer = buffer;
	buffer->request = request;
	return true;
}

struct buffer *buffer_dmabuf_create(
	struct gesso_client *client, int width_px, int height_px, uint32_t fourcc)
{
	struct buffer *buffer = buffer_new(width_px, height_px, fourcc);
	if (!buffer)
		return NULL;
	uint64_t modifier;
	if (!dmabuf_offers_has(&client->dmabuf_offers, fourcc, &modifier, &buffer->refusal) ||
		!allocate(buffer)) {
		buffer->state = BUFFER_FAILED;
		return buffer;
	}
	if (!send(buffer, client, modifier)) {
		buffer_destroy(buffer);
		return NULL;
	}
	buffer->state = BUFFER_PENDING;
	buffer->answer_deadline_ns = clock_after_ms(client->answer_timeout_ms);
	return buffer;
}
