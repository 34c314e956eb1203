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
#include <sys/stat.h>
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

/* The render node comes first, but software drivers cannot allocate there. */
static const int node_kinds[] = {DRM_NODE_RENDER, DRM_NODE_PRIMARY};
#define NODES_LEN (sizeof(node_kinds) / sizeof(node_kinds[0]))

struct candidate {
	char nodes[NODES_LEN][64]; /* empty where there is none */
};

struct gbm {
	struct gesso_allocator base;
	struct candidate candidates[MAX_DEVICES]; /* the renderer's device first */
	size_t candidates_len;
	size_t next;               /* the candidate that was not opened yet */
	int node_fds[NODES_LEN];   /* of the one before it; -1 where there is none */
	struct gbm_device *device; /* NULL before the first use */
	int fd;                    /* the one of node_fds that the device is on */
};

static void close_nodes(struct gbm *gbm)
{
	for (size_t i = 0; i < NODES_LEN; i++) {
		if (gbm->node_fds[i] >= 0) {
			close(gbm->node_fds[i]);
			gbm->node_fds[i] = -1;
		}
	}
}

static void gbm_destroy(struct gesso_allocator *allocator)
{
	struct gbm *gbm = (struct gbm *)allocator;
	if (gbm->device != NULL) {
		gbm_device_destroy(gbm->device);
	}
	close_nodes(gbm);
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

/* Closes the device that is open, if any, and opens the next one that can be. */
static bool open_next_device(struct gbm *gbm, struct gesso_reason *why)
{
	bool any = false;
	close_nodes(gbm);
	while (!any && gbm->next < gbm->candidates_len) {
		const struct candidate *candidate = &gbm->candidates[gbm->next++];
		for (size_t i = 0; i < NODES_LEN; i++) {
			if (candidate->nodes[i][0] == '\0') {
				continue;
			}
			gbm->node_fds[i] = open_node(candidate->nodes[i], why);
			if (gbm->node_fds[i] >= 0 && !any) {
				memcpy(gbm->base.device, candidate->nodes[i],
					sizeof(gbm->base.device));
				any = true;
			}
		}
	}
	return any;
}

/* At the first use, not before: GBM brings Mesa's drivers and LLVM into the process. */
static bool use_any_node(struct gbm *gbm, struct gesso_reason *why)
{
	bool opened;
	do {
		for (size_t i = 0; i < NODES_LEN && gbm->device == NULL; i++) {
			if (gbm->node_fds[i] >= 0) {
				use_node(gbm, gbm->node_fds[i], why);
			}
		}
		opened = gbm->device == NULL && open_next_device(gbm, why);
	} while (opened);
	if (gbm->device == NULL) {
		/* the next buffer may find another answer */
		struct gesso_reason again;
		gbm->next = 0;
		open_next_device(gbm, &again);
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

static void add_candidate(struct gbm *gbm, const drmDevice *device, const char *renderer_node)
{
	bool first = false;
	struct candidate *candidate = &gbm->candidates[gbm->candidates_len++];
	for (size_t i = 0; i < NODES_LEN; i++) {
		const char *node = device->nodes[node_kinds[i]];
		if ((device->available_nodes & (1 << node_kinds[i])) == 0) {
			continue;
		}
		snprintf(candidate->nodes[i], sizeof(candidate->nodes[i]), "%s", node);
		first = first || (renderer_node != NULL && strcmp(node, renderer_node) == 0);
		struct stat status;
		if (stat(node, &status) == 0) {
			gbm->base.devices_key =
				gbm->base.devices_key * 31 + (uint64_t)status.st_rdev;
		}
	}
	if (first) {
		struct candidate swapped = gbm->candidates[0];
		gbm->candidates[0] = *candidate;
		*candidate = swapped;
	}
}

static void find_candidates(struct gbm *gbm, const char *renderer_node)
{
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	for (int i = 0; i < len; i++) {
		add_candidate(gbm, devices[i], renderer_node);
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
}

static void gbm_find_node(char *node, size_t size)
{
	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	for (int i = 0; i < len; i++) {
		for (size_t k = 0; k < NODES_LEN && node[0] == '\0'; k++) {
			if ((devices[i]->available_nodes & (1 << node_kinds[k])) != 0 &&
				!gesso_device_looks_like_vgem(devices[i])) {
				snprintf(node, size, "%s", devices[i]->nodes[node_kinds[k]]);
			}
		}
	}
	if (len > 0) {
		drmFreeDevices(devices, len);
	}
}

static struct gesso_allocator *gbm_create(const char *renderer_node, struct gesso_reason *why)
{
	struct gbm *gbm = calloc(1, sizeof(*gbm));
	if (gbm == NULL) {
		gesso_reason_set(why, GESSO_REASON_NO_MEMORY, "no memory");
		return NULL;
	}
	gbm->base.impl = &gesso_gbm_allocator;
	gbm->node_fds[0] = gbm->node_fds[1] = -1;

	gesso_reason_set(why, GESSO_REASON_DEVICE_MISSING, "there is no DRM device but vgem's");
	find_candidates(gbm, renderer_node);
	if (!open_next_device(gbm, why)) {
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
	.find_node = gbm_find_node,
	.allocate_image = gbm_allocate_image,
	.destroy = gbm_destroy,
};
