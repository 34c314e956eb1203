/* SPDX-License-Identifier: MIT */
#include "frames.h"
#include "check.h"
#include <drm_fourcc.h>
#include <string.h>

struct gesso_swapchain *frames_create(
	struct fake_server *server, enum gesso_client_path path, int max_buffers)
{
	struct gesso_swapchain_options options = {
		.path = path,
		.max_buffers = max_buffers,
		.still_timeout_ms = 100,
	};
	struct gesso_swapchain *swapchain = gesso_swapchain_create(
		server->gesso, server->surface, 33, 17, DRM_FORMAT_XRGB8888, &options);
	CHECK(swapchain);
	return swapchain;
}

enum gesso_result frames_begin(
	struct fake_server *server, struct gesso_swapchain *swapchain, struct gesso_frame *frame)
{
	enum gesso_result result = gesso_swapchain_begin_frame(swapchain, frame);
	for (int i = 0; i < 5 && result == GESSO_BUSY; i++) {
		fake_pump(server);
		result = gesso_swapchain_begin_frame(swapchain, frame);
	}
	return result;
}

void frames_end(struct fake_server *server, struct gesso_swapchain *swapchain,
	const struct gesso_rect *damage)
{
	CHECK_EQUAL(gesso_swapchain_end_frame(swapchain, damage, damage ? 1 : 0), GESSO_OK);
	wl_surface_commit(server->surface);
	fake_pump(server);
}

struct gesso_frame frames_paint(struct fake_server *server, struct gesso_swapchain *swapchain)
{
	struct gesso_frame frame = {0};
	CHECK_EQUAL(frames_begin(server, swapchain, &frame), GESSO_OK);
	memset(frame.pixels, 0x55, frame.stride_bytes * (size_t)frame.height_px);
	frames_end(server, swapchain, NULL);
	return frame;
}

struct gesso_swapchain_info frames_info(struct gesso_swapchain *swapchain)
{
	struct gesso_swapchain_info info;
	gesso_swapchain_get_info(swapchain, &info);
	return info;
}

void frames_finish(struct fake_server *server, struct gesso_swapchain *swapchain)
{
	gesso_swapchain_destroy(swapchain);
	fake_finish(server);
}
