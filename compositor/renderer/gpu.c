/* SPDX-License-Identifier: MIT */
#include "renderer/gpu.h"
#include "allocators/device.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <wlr/backend.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#define MAX_DEVICES 16

static int open_gpu(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && gesso_device_is_driver(fd, "vgem")) {
		wlr_log(WLR_INFO, "gpu: %s is vgem's, which draws nothing: passed over", path);
		close(fd);
		return -1;
	}
	return fd;
}

static int open_backend_node(struct wlr_backend *backend)
{
	int backend_fd = backend != NULL ? wlr_backend_get_drm_fd(backend) : -1;
	char *path = backend_fd >= 0 ? drmGetRenderDeviceNameFromFd(backend_fd) : NULL;
	int fd = path != NULL ? open_gpu(path) : -1;
	free(path);
	return fd;
}

static int open_first_node(void)
{
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	int fd = -1;
	for (int i = 0; i < len && fd < 0; i++) {
		if ((devices[i]->available_nodes & (1 << DRM_NODE_RENDER)) != 0) {
			fd = open_gpu(devices[i]->nodes[DRM_NODE_RENDER]);
		}
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	return fd;
}

int gpu_open_render_node(struct wlr_backend *backend)
{
	const char *named = getenv("WLR_RENDER_DRM_DEVICE");
	if (named != NULL) {
		wlr_log(WLR_INFO, "gpu: WLR_RENDER_DRM_DEVICE names %s", named);
		return open_gpu(named);
	}
	int fd = open_backend_node(backend);
	return fd >= 0 ? fd : open_first_node();
}
