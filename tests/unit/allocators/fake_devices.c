/* SPDX-License-Identifier: MIT */
#include "fake_devices.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#define CARDS 3
#define DUMB_HANDLE 7

struct fake_devices fake_devices;

int __real_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_stat64(const char *path, struct stat *status);
off_t __real_lseek64(int fd, off_t offset, int whence);
void *__real_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_calloc(size_t count, size_t size);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_stat64(const char *path, struct stat *status);
off_t __wrap_lseek64(int fd, off_t offset, int whence);
void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_calloc(size_t count, size_t size);
int __wrap_drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max);
void __wrap_drmFreeDevices(drmDevicePtr devices[], int count);
drmVersionPtr __wrap_drmGetVersion(int fd);
void __wrap_drmFreeVersion(drmVersionPtr version);
int __wrap_drmIsMaster(int fd);
int __wrap_drmDropMaster(int fd);
char *__wrap_drmGetDeviceNameFromFd2(int fd);
int __wrap_drmIoctl(int fd, unsigned long request, void *argument);
int __wrap_drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *dmabuf);

/* The card that each descriptor is of. */
static int opened_card[1024];
static size_t buffer_bytes;

bool fake_fails(enum fake_call call)
{
	if (fake_devices.fails != call) {
		return false;
	}
	fake_devices.hits++;
	errno = fake_devices.error;
	return true;
}

int fake_card_of(int fd)
{
	return opened_card[fd];
}

/* Of cardN or renderD(127+N). */
static int card_of_path(const char *path)
{
	int number = 0;
	if (sscanf(path, "/dev/dri/renderD%d", &number) == 1) {
		return number - 127;
	}
	return sscanf(path, "/dev/dri/card%d", &number) == 1 ? number : 0;
}

static int make_buffer(size_t size_bytes)
{
	int fd = memfd_create("fake-dmabuf", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, (off_t)size_bytes) == 0 && fake_devices.dirty) {
		void *map = __real_mmap64(NULL, size_bytes, PROT_WRITE, MAP_SHARED, fd, 0);
		memset(map, 0xa5, size_bytes);
		munmap(map, size_bytes);
	}
	return fd;
}

void fake_set_size(size_t size_bytes)
{
	buffer_bytes = size_bytes;
}

int __wrap_open64(const char *path, int flags, ...)
{
	bool card = strncmp(path, "/dev/dri/", 9) == 0;
	if (card || strncmp(path, "/dev/dma_heap/", 14) == 0) {
		if (fake_fails(FAKE_OPEN)) {
			return -1;
		}
		int fd = __real_open64("/dev/null", flags);
		opened_card[fd] = card ? card_of_path(path) : 0;
		fake_devices.master = card && opened_card[fd] != 0;
		return fd;
	}
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = va_arg(arguments, unsigned);
	va_end(arguments);
	return __real_open64(path, flags, mode);
}

int __wrap_stat64(const char *path, struct stat *status)
{
	if (strncmp(path, "/dev/dri/", 9) != 0) {
		return __real_stat64(path, status);
	}
	unsigned minor = (unsigned)card_of_path(path);
	*status = (struct stat){.st_rdev = makedev(226, minor), .st_mode = S_IFCHR | 0600};
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == DMA_HEAP_IOCTL_ALLOC) {
		struct dma_heap_allocation_data *data = argument;
		if (fake_fails(FAKE_HEAP_ALLOC)) {
			return -1;
		}
		data->fd = (uint32_t)make_buffer(data->len);
		return 0;
	}
	if (request == DMA_BUF_IOCTL_SYNC) {
		const struct dma_buf_sync *sync = argument;
		bool end = (sync->flags & DMA_BUF_SYNC_END) != 0;
		return fake_fails(end ? FAKE_SYNC_END : FAKE_SYNC_BEGIN) ? -1 : 0;
	}
	return __real_ioctl(fd, request, argument);
}

off_t __wrap_lseek64(int fd, off_t offset, int whence)
{
	return fake_fails(FAKE_SEEK) ? -1 : __real_lseek64(fd, offset, whence);
}

void *__wrap_mmap64(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return fd >= 0 && fake_fails(FAKE_MMAP)
		? MAP_FAILED
		: __real_mmap64(address, size, protection, flags, fd, offset);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fake_fails(FAKE_CALLOC) ? NULL : __real_calloc(count, size);
}

/* vgem's card comes first, as a machine that loaded it early has it. */
int __wrap_drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int max)
{
	static char vgem_node[] = "/dev/dri/card0", card_node[] = "/dev/dri/card1";
	static char render_node[] = "/dev/dri/renderD128", second_node[] = "/dev/dri/card2";
	static char second_render_node[] = "/dev/dri/renderD129";
	static char *vgem_nodes[DRM_NODE_MAX] = {[DRM_NODE_PRIMARY] = vgem_node};
	static char *card_nodes[DRM_NODE_MAX] = {
		[DRM_NODE_PRIMARY] = card_node, [DRM_NODE_RENDER] = render_node};
	static char *second_nodes[DRM_NODE_MAX] = {
		[DRM_NODE_PRIMARY] = second_node, [DRM_NODE_RENDER] = second_render_node};
	static drmPlatformBusInfo vgem_bus = {.fullname = "vgem"};
	static drmDevice vgem = {.nodes = vgem_nodes,
		.available_nodes = 1 << DRM_NODE_PRIMARY,
		.bustype = DRM_BUS_PLATFORM,
		.businfo.platform = &vgem_bus};
	static drmDevice card = {.nodes = card_nodes,
		.available_nodes = 1 << DRM_NODE_PRIMARY | 1 << DRM_NODE_RENDER,
		.bustype = DRM_BUS_PCI};
	static drmDevice second = {.nodes = second_nodes,
		.available_nodes = 1 << DRM_NODE_PRIMARY | 1 << DRM_NODE_RENDER,
		.bustype = DRM_BUS_PCI};
	if (fake_fails(FAKE_GET_DEVICES)) {
		return -fake_devices.error;
	}
	if (max < CARDS) {
		return -EINVAL;
	}
	devices[0] = &vgem;
	devices[1] = &card;
	devices[2] = &second;
	fake_devices.device_lists++;
	return fake_devices.second_card ? CARDS : CARDS - 1;
}

void __wrap_drmFreeDevices(drmDevicePtr devices[], int count)
{
	fake_devices.device_lists--;
}

drmVersionPtr __wrap_drmGetVersion(int fd)
{
	static char vgem_name[] = "vgem", card_name[] = "fake";
	static drmVersion vgem = {.name = vgem_name}, card = {.name = card_name};
	if (fake_fails(FAKE_VERSION)) {
		return NULL;
	}
	fake_devices.versions++;
	return opened_card[fd] == 0 ? &vgem : &card;
}

void __wrap_drmFreeVersion(drmVersionPtr version)
{
	fake_devices.versions -= version != NULL;
}

int __wrap_drmIsMaster(int fd)
{
	return fake_devices.master;
}

int __wrap_drmDropMaster(int fd)
{
	if (fake_fails(FAKE_DROP_MASTER)) {
		return -1;
	}
	fake_devices.master = false;
	return 0;
}

char *__wrap_drmGetDeviceNameFromFd2(int fd)
{
	char path[32];
	snprintf(path, sizeof(path), "/dev/dri/card%d", opened_card[fd]);
	return strdup(path);
}

int __wrap_drmIoctl(int fd, unsigned long request, void *argument)
{
	if (request == DRM_IOCTL_MODE_CREATE_DUMB) {
		struct drm_mode_create_dumb *dumb = argument;
		if (fake_fails(FAKE_CREATE_DUMB)) {
			return -1;
		}
		dumb->handle = DUMB_HANDLE;
		dumb->pitch = dumb->width * dumb->bpp / 8;
		dumb->size = (uint64_t)dumb->pitch * dumb->height;
		buffer_bytes = (size_t)dumb->size;
		fake_devices.handles++;
		return 0;
	}
	if (request == DRM_IOCTL_MODE_DESTROY_DUMB) {
		if (fake_fails(FAKE_DESTROY_DUMB)) {
			return -1;
		}
		fake_devices.handles--;
		return 0;
	}
	errno = ENOTTY;
	return -1;
}

int __wrap_drmPrimeHandleToFD(int fd, uint32_t handle, uint32_t flags, int *dmabuf)
{
	if (fake_fails(FAKE_EXPORT)) {
		return -1;
	}
	*dmabuf = make_buffer(buffer_bytes);
	return *dmabuf >= 0 ? 0 : -1;
}
