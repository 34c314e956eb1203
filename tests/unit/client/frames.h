/* SPDX-License-Identifier: MIT */
#ifndef GESSO_TESTS_CLIENT_FRAMES_H
#define GESSO_TESTS_CLIENT_FRAMES_H

#include "fake_server.h"

/* A swapchain of 33×17 pixels on the fake server, and frames on it. */

struct gesso_swapchain *frames_create(
	struct fake_server *server, enum gesso_client_path path, int max_buffers);
/* Destroys the server too. */
void frames_finish(struct fake_server *server, struct gesso_swapchain *swapchain);

/* As gesso_swapchain_begin_frame(), but lets the server answer a few times. */
enum gesso_result frames_begin(
	struct fake_server *server, struct gesso_swapchain *swapchain, struct gesso_frame *frame);
/* Ends the frame and commits; `damage` may be NULL. */
void frames_end(struct fake_server *server, struct gesso_swapchain *swapchain,
	const struct gesso_rect *damage);
/* Both, which must succeed, with every pixel written between. */
struct gesso_frame frames_paint(struct fake_server *server, struct gesso_swapchain *swapchain);

struct gesso_swapchain_info frames_info(struct gesso_swapchain *swapchain);

#endif
