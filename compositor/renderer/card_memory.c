/* SPDX-License-Identifier: MIT */
#include "renderer/card_memory.h"
#include "allocators/device.h"
#include "allocators/sealed_memfd.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#define TRIAL_PX 64

struct card_memory {
	struct gesso_allocator base;
	int fd;
};

static const struct gesso_allocator_impl card_memory_impl;

/*
 * The handle goes at once, so that the backend, which may have the same open file, gets
 * one of its own when it imports the dma-buf. Returns that, or -1 with errno set.
 */
static int make_dumb(int drm_fd, struct drm_mode_create_dumb *dumb, const char **step)
{
	*step = "DRM_IOCTL_MODE_CREATE_DUMB";
	if (drmIoctl(drm_fd, DRM_IOCTL_MODE_CREATE_DUMB, dumb) != 0) {
		return -1;
	}
	*step = "DRM_IOCTL_PRIME_HANDLE_TO_FD";
	int fd = -1;
	int result = drmPrimeHandleToFD(drm_fd, dumb->handle, DRM_CLOEXEC | DRM_RDWR, &fd);
	int error = errno;
	struct drm_mode_destroy_dumb destroy = {.handle = dumb->handle};
	drmIoctl(drm_fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
	errno = error;
	return result == 0 ? fd : -1;
}

static bool card_memory_allocate_image(struct gesso_allocator *allocator,
	struct gesso_layout *layout, struct gesso_memory *memory, struct gesso_reason *why)
{
	struct card_memory *card = (struct card_memory *)allocator;
	uint32_t pixel_bytes = gesso_formats[gesso_format_index(layout->fourcc)].bytes_per_pixel;
	/* as wide as the rows are to be long: the renderer wants more than the picture's width */
	struct drm_mode_create_dumb dumb = {
		.width = layout->stride_bytes / pixel_bytes,
		.height = (uint32_t)layout->height_px,
		.bpp = pixel_bytes * 8,
	};
	const char *step;
	int fd = make_dumb(card->fd, &dumb, &step);
	if (fd < 0) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"%s of %u x %u pixels on %s: %s", step, dumb.width, dumb.height,
			card->base.device, strerror(errno));
		return false;
	}
	layout->stride_bytes = dumb.pitch;
	layout->size_bytes = dumb.size;
	*memory = (struct gesso_memory){
		.fd = fd,
		.size_bytes = dumb.size,
		.inode = gesso_descriptor_inode(fd),
	};
	return true;
}

static void card_memory_destroy(struct gesso_allocator *allocator)
{
	struct card_memory *card = (struct card_memory *)allocator;
	close(card->fd);
	free(card);
}

static const struct gesso_allocator_impl card_memory_impl = {
	.name = "card",
	.kind = GESSO_DESCRIPTOR_DMABUF,
	.cached = false,
	.device = "a display card",
	.allocate_image = card_memory_allocate_image,
	.destroy = card_memory_destroy,
};

/* Some drivers export what then cannot be mapped. */
static bool can_be_mapped(struct card_memory *card, struct gesso_reason *why)
{
	struct gesso_layout layout;
	struct gesso_memory memory;
	if (!gesso_layout_init(&layout, TRIAL_PX, TRIAL_PX, DRM_FORMAT_XRGB8888, TRIAL_PX) ||
		!card_memory_allocate_image(&card->base, &layout, &memory, why)) {
		return false;
	}
	void *data =
		mmap(NULL, memory.size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd, 0);
	if (data == MAP_FAILED) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"a dma-buf of %s cannot be mapped: %s", card->base.device, strerror(errno));
	} else {
		munmap(data, memory.size_bytes);
	}
	gesso_memory_finish(&memory);
	return data != MAP_FAILED;
}

struct gesso_allocator *card_memory_create(int drm_fd, struct gesso_reason *why)
{
	struct card_memory *card = calloc(1, sizeof(*card));
	int fd = fcntl(drm_fd, F_DUPFD_CLOEXEC, 0);
	if (card == NULL || fd < 0) {
		gesso_reason_set(
			why, GESSO_REASON_NO_DESCRIPTORS, "the display card: %s", strerror(errno));
		if (fd >= 0) {
			close(fd);
		}
		free(card);
		return NULL;
	}
	card->base.impl = &card_memory_impl;
	card->fd = fd;
	char *path = drmGetDeviceNameFromFd2(fd);
	snprintf(card->base.device, sizeof(card->base.device), "%s",
		path != NULL ? path : "the display card");
	free(path);
	if (!can_be_mapped(card, why)) {
		card_memory_destroy(&card->base);
		return NULL;
	}
	return &card->base;
}
