/* SPDX-License-Identifier: MIT */
#include "buffers/linux_dmabuf.h"
#include "allocators/chain.h"
#include "allocators/device.h"
#include "buffers/linux_dmabuf_impl.h"
#include "linux-dmabuf-v1-protocol.h"
#include "renderer/render_context.h"
#include <assert.h>
#include <drm_fourcc.h>
#include <stdlib.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

/* The last without feedback, which has to name a device. */
#define LINUX_DMABUF_VERSION 3

static const uint64_t modifiers[] = {DRM_FORMAT_MOD_LINEAR, DRM_FORMAT_MOD_INVALID};
#define MODIFIERS_LEN (sizeof(modifiers) / sizeof(modifiers[0]))

static const struct zwp_linux_dmabuf_v1_interface linux_dmabuf_impl;

static struct gesso_linux_dmabuf *linux_dmabuf_from_resource(struct wl_resource *resource)
{
	assert(wl_resource_instance_of(
		resource, &zwp_linux_dmabuf_v1_interface, &linux_dmabuf_impl));
	return wl_resource_get_user_data(resource);
}

bool linux_dmabuf_offers_format(
	const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc, struct gesso_reason *why)
{
	const struct gesso_render_context *context = linux_dmabuf->context;
	if (context->software && context->used == GESSO_RENDERER_GLES2_NODE) {
		gesso_reason_set(why, GESSO_REASON_IMPORT_FAILED,
			"%s on a DRM node draws that device's own buffers, and crashes on others'",
			context->name);
		return false;
	}
	const struct wlr_drm_format_set *taken = wlr_renderer_get_texture_formats(context->renderer,
		context->gles2 ? WLR_BUFFER_CAP_DMABUF : WLR_BUFFER_CAP_DATA_PTR);
	int index = gesso_format_index(fourcc);
	if (index >= 0 && (taken == NULL || wlr_drm_format_set_get(taken, fourcc) == NULL)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT, "%s takes no %s",
			context->name, gesso_formats[index].name);
		return false;
	}
	uint32_t proved = gesso_allocator_chain_formats(linux_dmabuf->chain);
	if (index >= 0 && (gesso_format_planes(fourcc) == 1 || (proved & (1u << index)) != 0)) {
		return true;
	}
	gesso_allocator_chain_refuse(linux_dmabuf->chain, fourcc, why);
	return false;
}

bool linux_dmabuf_offers(
	const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc, uint64_t modifier)
{
	return dmabuf_modifier_is_linear(modifier) &&
		linux_dmabuf_offers_format(linux_dmabuf, fourcc, NULL);
}

bool linux_dmabuf_announced(const struct gesso_linux_dmabuf *linux_dmabuf, uint32_t fourcc)
{
	int index = gesso_format_index(fourcc);
	return index >= 0 && (linux_dmabuf->announced & (1u << index)) != 0;
}

static void linux_dmabuf_request_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void linux_dmabuf_request_create_params(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	linux_dmabuf_params_create(linux_dmabuf_from_resource(resource), client,
		(uint32_t)wl_resource_get_version(resource), id);
}

static const struct zwp_linux_dmabuf_v1_interface linux_dmabuf_impl = {
	.destroy = linux_dmabuf_request_destroy,
	.create_params = linux_dmabuf_request_create_params,
};

static void send_format(struct wl_resource *resource, uint32_t fourcc)
{
	zwp_linux_dmabuf_v1_send_format(resource, fourcc);
	if (wl_resource_get_version(resource) < ZWP_LINUX_DMABUF_V1_MODIFIER_SINCE_VERSION) {
		return;
	}
	for (size_t i = 0; i < MODIFIERS_LEN; i++) {
		zwp_linux_dmabuf_v1_send_modifier(
			resource, fourcc, (uint32_t)(modifiers[i] >> 32), (uint32_t)modifiers[i]);
	}
}

static void linux_dmabuf_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct gesso_linux_dmabuf *linux_dmabuf = data;
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_linux_dmabuf_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &linux_dmabuf_impl, linux_dmabuf, NULL);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if (linux_dmabuf_offers_format(linux_dmabuf, gesso_formats[i].fourcc, NULL)) {
			linux_dmabuf->announced |= 1u << i;
			send_format(resource, gesso_formats[i].fourcc);
		}
	}
}

static bool create_own_global(struct gesso_linux_dmabuf *linux_dmabuf, struct wl_display *display)
{
	linux_dmabuf->global = wl_global_create(display, &zwp_linux_dmabuf_v1_interface,
		LINUX_DMABUF_VERSION, linux_dmabuf, linux_dmabuf_bind);
	dmabuf_buffer_register();
	return linux_dmabuf->global != NULL;
}

static void linux_dmabuf_handle_display_destroy(struct wl_listener *listener, void *data)
{
	struct gesso_linux_dmabuf *linux_dmabuf =
		wl_container_of(listener, linux_dmabuf, display_destroy);
	wl_list_remove(&linux_dmabuf->display_destroy.link);
	if (linux_dmabuf->global != NULL) {
		wl_global_destroy(linux_dmabuf->global);
	}
	dmabuf_device_destroy(linux_dmabuf->device);
	free(linux_dmabuf);
}

/* GL clients draw on the main device: vgem's draws nothing. */
static bool has_device(const struct gesso_render_context *context)
{
	int fd = context->gles2 && !context->software ? wlr_renderer_get_drm_fd(context->renderer)
						      : -1;
	return fd >= 0 && !gesso_device_is_driver(fd, "vgem");
}

struct gesso_linux_dmabuf *gesso_linux_dmabuf_create(struct wl_display *display,
	struct gesso_render_context *context, struct gesso_ledger *ledger,
	const struct gesso_allocator_chain *chain)
{
	struct gesso_linux_dmabuf *linux_dmabuf = calloc(1, sizeof(*linux_dmabuf));
	if (linux_dmabuf == NULL) {
		return NULL;
	}
	linux_dmabuf->context = context;
	linux_dmabuf->ledger = ledger;
	linux_dmabuf->chain = chain;
	if (has_device(context)) {
		linux_dmabuf->device = dmabuf_device_create(linux_dmabuf, display);
	}
	if (has_device(context) ? linux_dmabuf->device == NULL
				: !create_own_global(linux_dmabuf, display)) {
		wlr_log(WLR_ERROR, "linux_dmabuf: the global could not be made");
		free(linux_dmabuf);
		return NULL;
	}
	wlr_log(WLR_INFO,
		"linux_dmabuf: linux-drm-syncobj-v1 is not offered: "
		"wlroots 0.18's render passes have no timelines");
	linux_dmabuf->display_destroy.notify = linux_dmabuf_handle_display_destroy;
	wl_display_add_destroy_listener(display, &linux_dmabuf->display_destroy);
	return linux_dmabuf;
}

void gesso_linux_dmabuf_set_scene(struct gesso_linux_dmabuf *linux_dmabuf, struct wlr_scene *scene)
{
	if (linux_dmabuf->device != NULL) {
		dmabuf_device_set_scene(linux_dmabuf->device, scene);
	}
}
