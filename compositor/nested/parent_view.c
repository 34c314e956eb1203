/* SPDX-License-Identifier: MIT */
#include "nested/parent_view.h"
#include "screen/listener.h"
#include "viewporter-client-protocol.h"
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>
#include <wlr/backend/wayland.h>
#include <wlr/types/wlr_output.h>

struct parent_view {
	struct wlr_output *output;
	struct wl_registry *registry;
	struct wp_viewporter *viewporter;
	struct wp_viewport *viewport;
	bool has_subcompositor;
	const struct wlr_buffer *buffer; /* only ever compared */
	struct wlr_fbox source;
	bool set; /* the surface has a source and a destination */
	struct wl_listener precommit;
};

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct parent_view *view = data;
	if (strcmp(interface, wl_subcompositor_interface.name) == 0) {
		view->has_subcompositor = true;
	} else if (strcmp(interface, wp_viewporter_interface.name) == 0 &&
		view->viewporter == NULL) {
		view->viewporter = wl_registry_bind(registry, name, &wp_viewporter_interface, 1);
		view->viewport = wp_viewporter_get_viewport(
			view->viewporter, wlr_wl_output_get_surface(view->output));
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

static void send_crop(struct parent_view *view)
{
	const struct wlr_fbox *source = &view->source;
	wp_viewport_set_source(view->viewport, wl_fixed_from_double(source->x),
		wl_fixed_from_double(source->y), wl_fixed_from_double(source->width),
		wl_fixed_from_double(source->height));
	wp_viewport_set_destination(view->viewport, view->output->width, view->output->height);
	view->set = true;
}

static void send_whole(struct parent_view *view)
{
	const wl_fixed_t none = wl_fixed_from_int(-1);
	wp_viewport_set_source(view->viewport, none, none, none, none);
	wp_viewport_set_destination(view->viewport, -1, -1);
	view->set = false;
}

/* Whoever commits: a crop that outlived its buffer would be a protocol error. */
static void view_handle_precommit(struct wl_listener *listener, void *data)
{
	struct parent_view *view = wl_container_of(listener, view, precommit);
	const struct wlr_output_event_precommit *event = data;
	if (view->viewport == NULL || (event->state->committed & WLR_OUTPUT_STATE_BUFFER) == 0) {
		return;
	}
	if (view->buffer != NULL && event->state->buffer == view->buffer) {
		send_crop(view);
	} else if (view->set) {
		send_whole(view);
	}
}

struct parent_view *parent_view_create(struct wlr_output *output)
{
	struct parent_view *view = calloc(1, sizeof(*view));
	if (view == NULL) {
		return NULL;
	}
	view->output = output;
	view->registry =
		wl_display_get_registry(wlr_wl_backend_get_remote_display(output->backend));
	if (view->registry == NULL) {
		free(view);
		return NULL;
	}
	wl_registry_add_listener(view->registry, &registry_listener, view);
	listener_attach(&view->precommit, &output->events.precommit, view_handle_precommit);
	return view;
}

void parent_view_destroy(struct parent_view *view)
{
	if (view == NULL) {
		return;
	}
	listener_detach(&view->precommit);
	if (view->viewport != NULL) {
		wp_viewport_destroy(view->viewport);
	}
	if (view->viewporter != NULL) {
		wp_viewporter_destroy(view->viewporter);
	}
	wl_registry_destroy(view->registry);
	free(view);
}

bool parent_view_has_viewporter(const struct parent_view *view)
{
	return view->viewport != NULL;
}

bool parent_view_has_subcompositor(const struct parent_view *view)
{
	return view->has_subcompositor;
}

void parent_view_set(
	struct parent_view *view, const struct wlr_buffer *buffer, const struct wlr_fbox *source)
{
	view->buffer = buffer;
	if (buffer != NULL) {
		view->source = *source;
	}
}
