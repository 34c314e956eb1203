/* SPDX-License-Identifier: MIT */
#include "guards/overdraw.h"
#include "memory/client_end.h"
#include "memory/each_frame.h"
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_scene.h>
#include <wlr/util/box.h>

/* pixman draws what is filtered several times slower. */
#define VIEWPORT_COST 4

struct share {
	struct wl_client *client;
	uint64_t area_px;
};

struct tally {
	struct wlr_box box; /* the output's */
	struct wl_array shares;
	struct share *last; /* surfaces of a client lie beside each other */
};

static struct share *share_of(struct tally *tally, struct wl_client *client)
{
	if (tally->last != NULL && tally->last->client == client) {
		return tally->last;
	}
	struct share *share;
	wl_array_for_each(share, &tally->shares) {
		if (share->client == client) {
			return share;
		}
	}
	share = wl_array_add(&tally->shares, sizeof(*share));
	if (share != NULL) {
		*share = (struct share){.client = client};
	}
	return share;
}

static uint64_t visible_area(const struct wlr_scene_node *node, const struct wlr_box *box)
{
	uint64_t area_px = 0;
	int len;
	const pixman_box32_t *boxes = pixman_region32_rectangles(&node->visible, &len);
	for (int i = 0; i < len; i++) {
		struct wlr_box seen,
			part = {boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
				boxes[i].y2 - boxes[i].y1};
		if (wlr_box_intersection(&seen, &part, box)) {
			area_px += (uint64_t)seen.width * (uint64_t)seen.height;
		}
	}
	return area_px;
}

static void count_buffer(struct wlr_scene_buffer *buffer, int sx, int sy, void *data)
{
	struct tally *tally = data;
	const struct wlr_scene_surface *scene_surface = wlr_scene_surface_try_from_buffer(buffer);
	if (scene_surface == NULL) {
		return;
	}
	const struct wlr_surface_state *state = &scene_surface->surface->current;
	struct share *share =
		share_of(tally, wl_resource_get_client(scene_surface->surface->resource));
	if (share != NULL) {
		bool filtered = state->viewport.has_src || state->viewport.has_dst;
		share->area_px +=
			visible_area(&buffer->node, &tally->box) * (filtered ? VIEWPORT_COST : 1);
		tally->last = share;
	}
}

static bool check_each_client(struct wlr_scene_output *scene_output)
{
	struct tally tally = {.box = {.x = scene_output->x, .y = scene_output->y}};
	wlr_output_effective_resolution(scene_output->output, &tally.box.width, &tally.box.height);
	uint64_t limit_px = (uint64_t)tally.box.width * (uint64_t)tally.box.height * OVERDRAW_MAX;
	wl_array_init(&tally.shares);
	wlr_scene_output_for_each_buffer(scene_output, count_buffer, &tally);
	bool ok = true;
	const struct share *share;
	wl_array_for_each(share, &tally.shares) {
		if (share->area_px > limit_px) {
			ok = false;
			gesso_client_end(
				share->client, "its surfaces are drawn one over the other");
		}
	}
	wl_array_release(&tally.shares);
	return ok;
}

EACH_FRAME bool overdraw_check(struct wlr_scene_output *scene_output, size_t buffers)
{
	/* few cannot be too much, whoever has them */
	return buffers <= OVERDRAW_MAX / VIEWPORT_COST || check_each_client(scene_output);
}
