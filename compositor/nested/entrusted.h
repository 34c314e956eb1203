/* SPDX-License-Identifier: MIT */
#ifndef GESSO_ENTRUSTED_H
#define GESSO_ENTRUSTED_H

#include <stdbool.h>
#include <wayland-server-core.h>

/*
 * The clients' buffers that the parent knows of, each until it is destroyed: it costs
 * the parent a mapping and may cost it a descriptor, which it charges to gesso. So how
 * many there are is bounded, for each client and for all together.
 */

struct desktop;
struct wlr_buffer;

/*
 * Notes that the parent gets to know of `buffer`, which is `client`'s; NULL stands for
 * gesso itself. True too if it knows of it already; false if there are as many as there
 * may be.
 */
bool entrusted_note(
	struct desktop *desktop, const struct wl_client *client, struct wlr_buffer *buffer);

#endif
