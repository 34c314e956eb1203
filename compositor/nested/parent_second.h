/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PARENT_SECOND_H
#define GESSO_PARENT_SECOND_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * A second connection to the compositor that gesso is nested in, which may be lost
 * without loss. It runs on gesso's event loop. parent_ask.c asks on it.
 */

struct parent_second {
	/* NULL while it is not there. */
	struct wl_display *display;
	struct wl_compositor *compositor;
	struct zwp_linux_dmabuf_v1 *dmabuf;
	bool ready; /* what the parent offers is known */
	/* Why the parent is not to be asked at all, once it is ready; NULL if it may be. */
	const char *unfit;

	/* Set before parent_second_connect. */
	void (*handle_ready)(struct parent_second *second);
	void (*handle_ended)(struct parent_second *second); /* call parent_second_disconnect */

	/* private */
	struct wl_event_source *source;
	struct wl_registry *registry;
	struct zwp_linux_dmabuf_feedback_v1 *feedback;
	struct wl_callback *settled;
};

/*
 * Connects, and finds out on `loop` what the parent offers. False if there is no
 * connection to be had, or not to the process at the other end of `main_fd` (borrowed).
 */
bool parent_second_connect(struct parent_second *second, struct wl_event_loop *loop, int main_fd);
/* Takes one that is not connected. Objects made on it are to be destroyed before. */
void parent_second_disconnect(struct parent_second *second);

#endif
