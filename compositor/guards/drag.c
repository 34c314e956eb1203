/* SPDX-License-Identifier: MIT */
#include "guards/drag.h"
#include <stdlib.h>
#include <unistd.h>
#include <wlr/types/wlr_data_device.h>

static void stand_in_send(struct wlr_data_source *source, const char *mime_type, int32_t fd)
{
	close(fd);
}

static void stand_in_destroy(struct wlr_data_source *source)
{
	free(source);
}

static const struct wlr_data_source_impl stand_in_impl = {
	.send = stand_in_send,
	.destroy = stand_in_destroy,
};

/* A source to go with; what is to be called then is known from another drag only. */
static void give_stand_in(struct wlr_drag *drag)
{
	struct wlr_data_source *source = calloc(1, sizeof(*source));
	if (source == NULL) {
		return;
	}
	wlr_data_source_init(source, &stand_in_impl);
	const struct wlr_drag *twin = wlr_drag_create(drag->seat_client, source, NULL);
	if (twin != NULL) {
		drag->source = source;
		drag->source_destroy.notify = twin->source_destroy.notify;
		wl_signal_add(&source->events.destroy, &drag->source_destroy);
	} else {
		wlr_data_source_destroy(source);
	}
}

void drag_refuse(struct wlr_drag *drag)
{
	if (drag->source == NULL) {
		give_stand_in(drag);
	}
	wlr_data_source_destroy(drag->source);
}
