/* SPDX-License-Identifier: MIT */
#include "nested/parent_second.h"
#include "allocators/device.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <wayland-client.h>
#include <xf86drm.h>

#define DMABUF_VERSION 4

static void feedback_handle_main_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, struct wl_array *device)
{
	struct parent_second *second = data;
	dev_t number;
	drmDevice *found = NULL;
	if (device->size != sizeof(number)) {
		return;
	}
	memcpy(&number, device->data, sizeof(number));
	if (drmGetDeviceFromDevId(number, 0, &found) != 0) {
		return;
	}
	for (int node = 0; node < DRM_NODE_MAX; node++) {
		int fd = (found->available_nodes & (1 << node)) != 0
			? open(found->nodes[node], O_RDWR | O_CLOEXEC)
			: -1;
		if (fd >= 0 && gesso_device_is_driver(fd, "vgem")) {
			second->unfit = "the parent draws on a vgem node, and would crash of it";
		}
		if (fd >= 0) {
			close(fd);
		}
	}
	drmFreeDevice(&found);
}

static void feedback_handle_done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

static void feedback_handle_format_table(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, int32_t fd, uint32_t size)
{
	close(fd);
}

static void feedback_handle_tranche_device(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, struct wl_array *device)
{
}

static void feedback_handle_tranche_flags(
	void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback, uint32_t flags)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = feedback_handle_done,
	.format_table = feedback_handle_format_table,
	.main_device = feedback_handle_main_device,
	.tranche_done = feedback_handle_done,
	.tranche_target_device = feedback_handle_tranche_device,
	.tranche_formats = feedback_handle_tranche_device,
	.tranche_flags = feedback_handle_tranche_flags,
};

static void registry_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct parent_second *second = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		second->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 1);
	} else if (strcmp(interface, zwp_linux_dmabuf_v1_interface.name) == 0) {
		second->dmabuf = wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface,
			version < DMABUF_VERSION ? version : DMABUF_VERSION);
	}
}

static void registry_handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

static const struct wl_registry_listener registry_listener = {
	.global = registry_handle_global,
	.global_remove = registry_handle_global_remove,
};

static void handle_settled(void *data, struct wl_callback *callback, uint32_t serial);

static const struct wl_callback_listener settled_listener = {.done = handle_settled};

static void settle(struct parent_second *second)
{
	second->settled = wl_display_sync(second->display);
	wl_callback_add_listener(second->settled, &settled_listener, second);
}

/* First the globals are known, then the device that the parent draws on. */
static void handle_settled(void *data, struct wl_callback *callback, uint32_t serial)
{
	struct parent_second *second = data;
	wl_callback_destroy(second->settled);
	second->settled = NULL;
	if (second->compositor == NULL || second->dmabuf == NULL) {
		second->unfit = "the parent has no linux-dmabuf";
	} else if (second->feedback == NULL &&
		zwp_linux_dmabuf_v1_get_version(second->dmabuf) >= DMABUF_VERSION) {
		second->feedback = zwp_linux_dmabuf_v1_get_default_feedback(second->dmabuf);
		zwp_linux_dmabuf_feedback_v1_add_listener(
			second->feedback, &feedback_listener, second);
		settle(second);
		return;
	}
	second->ready = true;
	second->handle_ready(second);
}

static pid_t peer_of(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

static bool dispatch(struct wl_display *display)
{
	while (wl_display_prepare_read(display) != 0) {
		if (wl_display_dispatch_pending(display) < 0) {
			return false;
		}
	}
	return wl_display_read_events(display) >= 0 && wl_display_dispatch_pending(display) >= 0 &&
		(wl_display_flush(display) >= 0 || errno == EAGAIN);
}

static int handle_readable(int fd, uint32_t mask, void *data)
{
	struct parent_second *second = data;
	if (!dispatch(second->display) || (mask & (WL_EVENT_HANGUP | WL_EVENT_ERROR)) != 0) {
		second->handle_ended(second);
	} else if (second->unfit != NULL) {
		parent_second_disconnect(second);
	}
	return 0;
}

bool parent_second_connect(struct parent_second *second, struct wl_event_loop *loop, int main_fd)
{
	second->display = wl_display_connect(NULL);
	if (second->display == NULL) {
		return false;
	}
	int fd = wl_display_get_fd(second->display);
	second->source = wl_event_loop_add_fd(loop, fd, WL_EVENT_READABLE, handle_readable, second);
	pid_t peer = peer_of(fd);
	if (peer == 0 || peer != peer_of(main_fd) || second->source == NULL) {
		parent_second_disconnect(second);
		return false;
	}
	second->registry = wl_display_get_registry(second->display);
	wl_registry_add_listener(second->registry, &registry_listener, second);
	settle(second);
	wl_display_flush(second->display);
	return true;
}

void parent_second_disconnect(struct parent_second *second)
{
	if (second->source != NULL) {
		wl_event_source_remove(second->source);
	}
	if (second->settled != NULL) {
		wl_callback_destroy(second->settled);
	}
	if (second->feedback != NULL) {
		zwp_linux_dmabuf_feedback_v1_destroy(second->feedback);
	}
	if (second->dmabuf != NULL) {
		zwp_linux_dmabuf_v1_destroy(second->dmabuf);
	}
	if (second->compositor != NULL) {
		wl_compositor_destroy(second->compositor);
	}
	if (second->registry != NULL) {
		wl_registry_destroy(second->registry);
	}
	if (second->display != NULL) {
		wl_display_disconnect(second->display);
	}
	*second = (struct parent_second){
		.handle_ready = second->handle_ready,
		.handle_ended = second->handle_ended,
		.unfit = second->unfit,
	};
}
