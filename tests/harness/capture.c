/* SPDX-License-Identifier: MIT */
#include "capture.h"
#include "buffer.h"
#include "check.h"
#include <drm_fourcc.h>

struct capture {
	uint32_t format, stride_bytes;
	int width_px, height_px;
	bool ready, failed;
};

static void frame_handle_buffer(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t format,
	uint32_t width, uint32_t height, uint32_t stride)
{
	struct capture *capture = data;
	capture->format = format;
	capture->width_px = (int)width;
	capture->height_px = (int)height;
	capture->stride_bytes = stride;
}

static void frame_handle_flags(void *data, struct zwlr_screencopy_frame_v1 *frame, uint32_t flags)
{
	CHECK_EQUAL(flags, 0);
}

static void frame_handle_ready(void *data, struct zwlr_screencopy_frame_v1 *frame,
	uint32_t seconds_hi, uint32_t seconds_lo, uint32_t nanoseconds)
{
	struct capture *capture = data;
	capture->ready = true;
}

static void frame_handle_failed(void *data, struct zwlr_screencopy_frame_v1 *frame)
{
	struct capture *capture = data;
	capture->failed = true;
}

static const struct zwlr_screencopy_frame_v1_listener frame_listener = {
	.buffer = frame_handle_buffer,
	.flags = frame_handle_flags,
	.ready = frame_handle_ready,
	.failed = frame_handle_failed,
};

static uint32_t fourcc_of(uint32_t shm_format)
{
	switch (shm_format) {
	case WL_SHM_FORMAT_ARGB8888:
		return DRM_FORMAT_ARGB8888;
	case WL_SHM_FORMAT_XRGB8888:
		return DRM_FORMAT_XRGB8888;
	default:
		return shm_format;
	}
}

void capture_output(struct picture *picture, struct client *client, size_t output)
{
	CHECK(client->screencopy != NULL);
	CHECK_INT(<, output, client->outputs_len);
	struct capture capture = {0};
	struct zwlr_screencopy_frame_v1 *frame = zwlr_screencopy_manager_v1_capture_output(
		client->screencopy, 0, client->outputs[output]);
	zwlr_screencopy_frame_v1_add_listener(frame, &frame_listener, &capture);
	while (capture.stride_bytes == 0 && !capture.failed) {
		client_dispatch(client);
	}
	CHECK(!capture.failed);

	struct buffer buffer;
	buffer_create_shm_tight(&buffer, client, capture.width_px, capture.height_px,
		capture.stride_bytes, fourcc_of(capture.format));
	zwlr_screencopy_frame_v1_copy(frame, buffer.wl_buffer);
	while (!capture.ready && !capture.failed) {
		client_dispatch(client);
	}
	CHECK(!capture.failed);
	picture_decode(picture, buffer.pixels, buffer.stride_bytes, buffer.fourcc, buffer.width_px,
		buffer.height_px);
	zwlr_screencopy_frame_v1_destroy(frame);
	buffer_destroy(&buffer);
}
