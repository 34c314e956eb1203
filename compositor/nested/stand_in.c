/* SPDX-License-Identifier: MIT */
#include "nested/stand_in.h"
#include "screen/listener.h"
#include <stdlib.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/util/addon.h>

struct stand_in {
	struct wlr_buffer base;
	struct wlr_buffer *source;
	struct wlr_addon addon; /* of source */
	struct wl_listener release;
	bool holds, releasing;
};

static struct stand_in *stand_in_from_base(struct wlr_buffer *base)
{
	struct stand_in *stand_in = wl_container_of(base, stand_in, base);
	return stand_in;
}

static void stand_in_destroy(struct wlr_buffer *base)
{
	free(stand_in_from_base(base));
}

static bool stand_in_get_dmabuf(struct wlr_buffer *base, struct wlr_dmabuf_attributes *attributes)
{
	return wlr_buffer_get_dmabuf(stand_in_from_base(base)->source, attributes);
}

static bool stand_in_get_shm(struct wlr_buffer *base, struct wlr_shm_attributes *attributes)
{
	return wlr_buffer_get_shm(stand_in_from_base(base)->source, attributes);
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = stand_in_destroy,
	.get_dmabuf = stand_in_get_dmabuf,
	.get_shm = stand_in_get_shm,
};

/* Within its own release wlroots looks at a buffer once more, and destroys it then. */
static void stand_in_handle_addon_destroy(struct wlr_addon *addon)
{
	struct stand_in *stand_in = wl_container_of(addon, stand_in, addon);
	wlr_addon_finish(&stand_in->addon);
	listener_detach(&stand_in->release);
	if (stand_in->releasing) {
		stand_in->base.dropped = true;
	} else {
		wlr_buffer_drop(&stand_in->base);
	}
}

static const struct wlr_addon_interface addon_impl = {
	.name = "gesso_stand_in",
	.destroy = stand_in_handle_addon_destroy,
};

static void stand_in_handle_release(struct wl_listener *listener, void *data)
{
	struct stand_in *stand_in = wl_container_of(listener, stand_in, release);
	if (!stand_in->holds) {
		return;
	}
	stand_in->holds = false;
	stand_in->releasing = true;
	wlr_buffer_unlock(stand_in->source);
	stand_in->releasing = false;
}

static struct stand_in *stand_in_create(struct wlr_buffer *source)
{
	struct stand_in *stand_in = calloc(1, sizeof(*stand_in));
	if (stand_in == NULL) {
		return NULL;
	}
	wlr_buffer_init(&stand_in->base, &buffer_impl, source->width, source->height);
	stand_in->source = source;
	wlr_addon_init(&stand_in->addon, &source->addons, &addon_impl, &addon_impl);
	listener_attach(
		&stand_in->release, &stand_in->base.events.release, stand_in_handle_release);
	return stand_in;
}

struct wlr_buffer *stand_in_get(struct wlr_buffer *source, int width_px, int height_px)
{
	struct wlr_addon *addon = wlr_addon_find(&source->addons, &addon_impl, &addon_impl);
	struct stand_in *stand_in =
		addon != NULL ? wl_container_of(addon, stand_in, addon) : stand_in_create(source);
	if (stand_in == NULL) {
		return NULL;
	}
	if (!stand_in->holds) {
		stand_in->holds = true;
		wlr_buffer_lock(source);
	}
	stand_in->base.width = width_px;
	stand_in->base.height = height_px;
	return &stand_in->base;
}
