/* SPDX-License-Identifier: MIT */
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

/*
 * Dumb buffers of the kernel's virtual GEM device (Linux: drivers/gpu/drm/vgem/),
 * exported as dma-bufs. vgem has no cache maintenance and so maps write-combined.
 * Dumb buffers are made on the primary node only, and need no master.
 */

#define MAX_DEVICES 16
#define PIXEL_BYTES 4

#define NODE_BYTES sizeof(((struct gesso_allocator *)NULL)->device)

struct vgem {
	struct gesso_allocator base;
	int fd;
};

/* Returns a descriptor, or -1: with `why` set unless the node is another driver's. */
static int open_if_vgem(const char *node, struct gesso_reason *why)
{
	int fd = gesso_device_open(node, "its driver is gone", why);
	bool is_vgem = false;
	if (fd >= 0 && (!gesso_device_ask_driver(fd, node, "vgem", &is_vgem, why) || !is_vgem)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int open_vgem(char path[static NODE_BYTES], struct gesso_reason *why)
{
	gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING,
		"no DRM device is vgem's (load the kernel module vgem)");
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	int fd = -1;
	for (int i = 0; i < len && fd < 0; i++) {
		if ((devices[i]->available_nodes & (1 << DRM_NODE_PRIMARY)) == 0) {
			continue;
		}
		const char *node = devices[i]->nodes[DRM_NODE_PRIMARY];
		struct gesso_reason refusal = {0};
		fd = open_if_vgem(node, &refusal);
		if (fd >= 0) {
			snprintf(path, NODE_BYTES, "%s", node);
		} else if (gesso_device_looks_like_vgem(devices[i]) &&
			refusal.code != GESSO_REASON_NONE) {
			*why = refusal;
		}
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	return fd;
}

static void vgem_find_node(char *node, size_t size)
{
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	for (int i = 0; i < len && node[0] == '\0'; i++) {
		if ((devices[i]->available_nodes & (1 << DRM_NODE_PRIMARY)) != 0 &&
			gesso_device_looks_like_vgem(devices[i])) {
			snprintf(node, size, "%s", devices[i]->nodes[DRM_NODE_PRIMARY]);
		}
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
}

static struct gesso_allocator *vgem_create(const char *renderer_node, struct gesso_reason *why)
{
	char path[NODE_BYTES] = "";
	int fd = open_vgem(path, why);
	if (fd < 0) {
		return NULL;
	}
	struct vgem *vgem = calloc(1, sizeof(*vgem));
	if (vgem == NULL) {
		close(fd);
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	vgem->base.impl = &gesso_vgem_allocator;
	vgem->fd = fd;
	memcpy(vgem->base.device, path, sizeof(path));
	return &vgem->base;
}

/* Returns a dma-buf that keeps the memory by itself, or -1 with errno set. */
static int export_dumb(int fd, const struct drm_mode_create_dumb *dumb)
{
	int dmabuf = -1;
	int result = drmPrimeHandleToFD(fd, dumb->handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf);
	int error = errno;
	struct drm_mode_destroy_dumb destroy = {.handle = dumb->handle};
	drmIoctl(fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
	errno = error;
	return result == 0 ? dmabuf : -1;
}

static bool vgem_allocate(struct gesso_allocator *allocator, size_t size_bytes,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	struct vgem *vgem = (struct vgem *)allocator;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	if (!gesso_round_to_pages(&size_bytes, why)) {
		return false;
	}
	/* a row is a page, so that no rounding of the driver's is lost */
	struct drm_mode_create_dumb dumb = {
		.width = (uint32_t)(page / PIXEL_BYTES),
		.height = (uint32_t)(size_bytes / page),
		.bpp = PIXEL_BYTES * 8,
	};
	const char *step = "DRM_IOCTL_MODE_CREATE_DUMB";
	int fd = -1;
	if (drmIoctl(vgem->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb) == 0) {
		step = "DRM_IOCTL_PRIME_HANDLE_TO_FD";
		fd = export_dumb(vgem->fd, &dumb);
	}
	if (fd < 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"%s of %zu bytes on vgem: %s", step, size_bytes, strerror(errno));
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = size_bytes,
		.inode = gesso_descriptor_inode(fd),
	};
	return true;
}

static void vgem_destroy(struct gesso_allocator *allocator)
{
	struct vgem *vgem = (struct vgem *)allocator;
	close(vgem->fd);
	free(vgem);
}

const struct gesso_allocator_impl gesso_vgem_allocator = {
	.name = "vgem",
	.kind = GESSO_DESCRIPTOR_DMABUF,
	.cached = false,
	.device = "a primary node of vgem",
	.udev_rule = true,
	.create = vgem_create,
	.find_node = vgem_find_node,
	.allocate = vgem_allocate,
	.destroy = vgem_destroy,
};
