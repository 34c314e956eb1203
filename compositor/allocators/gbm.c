/* SPDX-License-Identifier: MIT */
#include "allocators/cpu_access.h"
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <gbm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

/*
 * Linear buffers of a GPU's or a display's own driver, by Mesa's GBM. The driver
 * lays out the rows, and may hand out memory that was used before, so it is zeroed
 * here through a mapping. Tried on the software paths of virtio-gpu and bochs
 * (dumb buffers on the primary node); on hardware render nodes untested.
 */

#define MAX_DEVICES 16

#define NODES_LEN 2

struct gbm {
	struct gesso_allocator base;
	int node_fds[NODES_LEN];   /* render and primary node, -1 where there is none */
	struct gbm_device *device; /* NULL before the first use */
	int fd;                    /* the one of node_fds that the device is on */
};

static void gbm_destroy(struct gesso_allocator *allocator)
{
	struct gbm *gbm = (struct gbm *)allocator;
	if (gbm->device != NULL) {
		gbm_device_destroy(gbm->device);
	}
	for (int i = 0; i < NODES_LEN; i++) {
		if (gbm->node_fds[i] >= 0) {
			close(gbm->node_fds[i]);
		}
	}
	free(gbm);
}

/* Returns a dma-buf of `bo`, readable and writable, or -1 with errno set. */
static int export_bo(int fd, struct gbm_bo *bo)
{
	int dmabuf = -1;
	int result =
		drmPrimeHandleToFD(fd, gbm_bo_get_handle(bo).u32, DRM_CLOEXEC | DRM_RDWR, &dmabuf);
	return result == 0 ? dmabuf : -1;
}

static bool zero_memory(const struct gesso_memory *memory, struct gesso_reason *why)
{
	struct gesso_mapping mapping;
	if (!gesso_mapping_init(&mapping, memory, true, why)) {
		return false;
	}
	bool ready = gesso_cpu_access_begin(memory->fd, GESSO_DESCRIPTOR_DMABUF, true);
	if (ready) {
		memset(mapping.data, 0, mapping.size_bytes);
		ready = gesso_cpu_access_end(memory->fd, GESSO_DESCRIPTOR_DMABUF, true);
	}
	gesso_mapping_finish(&mapping);
	if (!ready) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR,
			"DMA_BUF_IOCTL_SYNC failed on a new buffer of gbm");
	}
	return ready;
}

static bool take_bo(struct gbm *gbm, struct gbm_bo *bo, struct gesso_layout *layout,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	int fd = export_bo(gbm->fd, bo);
	off_t size_bytes = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
	if (size_bytes < 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"DRM_IOCTL_PRIME_HANDLE_TO_FD on %s: %s", gbm->base.device,
			strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		return false;
	}
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = (size_t)size_bytes,
		.inode = gesso_descriptor_inode(fd),
	};
	struct gesso_layout given = *layout;
	given.stride_bytes = gbm_bo_get_stride(bo);
	given.offset_bytes = gbm_bo_get_offset(bo, 0);
	given.size_bytes =
		given.offset_bytes + (size_t)given.stride_bytes * (size_t)given.height_px;
	bool fits = given.stride_bytes >= (uint32_t)given.width_px *
				gesso_formats[gesso_format_index(given.fourcc)].bytes_per_pixel &&
		given.size_bytes <= memory->size_bytes;
	if (!fits) {
		gesso_reason_set(why, GESSO_REASON_KERNEL_ERROR,
			"gbm gave %zu bytes with stride %u for %dx%d", memory->size_bytes,
			given.stride_bytes, given.width_px, given.height_px);
	}
	if (!fits || !zero_memory(memory, why)) {
		gesso_memory_finish(memory);
		return false;
	}
	*layout = given;
	return true;
}

static bool make_image(struct gbm *gbm, struct gesso_layout *layout, struct gesso_memory *memory,
	struct gesso_reason *why)
{
	const char *name = gesso_formats[gesso_format_index(layout->fourcc)].name;
	if (gesso_format_planes(layout->fourcc) != 1) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"gbm may lay out the planes of %s apart, which one offset cannot tell",
			name);
		return false;
	}
	if (!gbm_device_is_format_supported(gbm->device, layout->fourcc, GBM_BO_USE_LINEAR)) {
		gesso_reason_set(why, GESSO_REASON_UNSUPPORTED_FORMAT,
			"gbm on %s makes no linear %s", gbm->base.device, name);
		return false;
	}
	errno = 0;
	struct gbm_bo *bo = gbm_bo_create(gbm->device, (uint32_t)layout->width_px,
		(uint32_t)layout->height_px, layout->fourcc, GBM_BO_USE_LINEAR);
	if (bo == NULL) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"gbm_bo_create of %dx%d, %s, on %s: %s", layout->width_px,
			layout->height_px, name, gbm->base.device,
			errno != 0 ? strerror(errno) : "no reason given");
		return false;
	}
	bool ok = take_bo(gbm, bo, layout, memory, why);
	gbm_bo_destroy(bo);
	return ok;
}

static bool use_node(struct gbm *gbm, int fd, struct gesso_reason *why)
{
	char *path = drmGetDeviceNameFromFd2(fd);
	snprintf(gbm->base.device, sizeof(gbm->base.device), "%s", path != NULL ? path : "?");
	free(path);
	gbm->fd = fd;
	gbm->device = gbm_create_device(fd);
	if (gbm->device == NULL) {
		gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING, "%s: GBM has no driver for it",
			gbm->base.device);
		return false;
	}
	struct gesso_layout layout;
	struct gesso_memory memory;
	if (!gesso_layout_init(&layout, 16, 16, gesso_formats[0].fourcc, 64) ||
		!make_image(gbm, &layout, &memory, why)) {
		gbm_device_destroy(gbm->device);
		gbm->device = NULL;
		return false;
	}
	gesso_memory_finish(&memory);
	return true;
}

/*
 * At the first use, not before: GBM brings Mesa's drivers and LLVM into the process.
 * The render node comes first, but software drivers cannot allocate there.
 */
static bool use_any_node(struct gbm *gbm, struct gesso_reason *why)
{
	for (int i = 0; i < NODES_LEN && gbm->device == NULL; i++) {
		if (gbm->node_fds[i] >= 0) {
			use_node(gbm, gbm->node_fds[i], why);
		}
	}
	return gbm->device != NULL;
}

static bool gbm_allocate_image(struct gesso_allocator *allocator, struct gesso_layout *layout,
	struct gesso_memory *memory, struct gesso_reason *why)
{
	struct gbm *gbm = (struct gbm *)allocator;
	return (gbm->device != NULL || use_any_node(gbm, why)) &&
		make_image(gbm, layout, memory, why);
}

/* Returns a descriptor, or -1 with `why` set if the node may not be opened. */
static int open_node(const char *path, struct gesso_reason *why)
{
	struct gesso_reason refusal = {0};
	int fd = gesso_device_open(path, "its driver is gone", &refusal);
	if (fd < 0) {
		*why = refusal;
		return -1;
	}
	bool is_vgem = false;
	if (!gesso_device_ask_driver(fd, path, "vgem", &is_vgem, &refusal)) {
		*why = refusal;
	}
	if (is_vgem || refusal.code != GESSO_REASON_NONE) {
		close(fd); /* vgem is an allocator of its own, and GBM's driver there is software */
		return -1;
	}
	/* whoever opens a primary node first is its master, and would keep the display's from it */
	if (drmIsMaster(fd) && drmDropMaster(fd) != 0) {
		wlr_log_errno(WLR_ERROR, "gbm: %s: DRM_IOCTL_DROP_MASTER failed", path);
	}
	return fd;
}

static bool open_nodes(struct gbm *gbm, const drmDevice *device, struct gesso_reason *why)
{
	static const int kinds[NODES_LEN] = {DRM_NODE_RENDER, DRM_NODE_PRIMARY};
	bool any = false;
	for (int i = 0; i < NODES_LEN; i++) {
		if ((device->available_nodes & (1 << kinds[i])) != 0) {
			gbm->node_fds[i] = open_node(device->nodes[kinds[i]], why);
			any = any || gbm->node_fds[i] >= 0;
		}
	}
	return any;
}

static struct gesso_allocator *gbm_create(struct gesso_reason *why)
{
	struct gbm *gbm = calloc(1, sizeof(*gbm));
	if (gbm == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	gbm->base.impl = &gesso_gbm_allocator;
	gbm->node_fds[0] = gbm->node_fds[1] = -1;

	gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING, "there is no DRM device but vgem's");
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	bool found = false;
	for (int i = 0; i < len && !found; i++) {
		found = open_nodes(gbm, devices[i], why);
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
	if (!found) {
		gbm_destroy(&gbm->base);
		return NULL;
	}
	return &gbm->base;
}

const struct gesso_allocator_impl gesso_gbm_allocator = {
	.name = "gbm",
	.kind = GESSO_DESCRIPTOR_DMABUF,
	.cached = true,
	.device = "a DRM node other than vgem's",
	.create = gbm_create,
	.allocate_image = gbm_allocate_image,
	.destroy = gbm_destroy,
};
