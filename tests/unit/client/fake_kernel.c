/* SPDX-License-Identifier: MIT */
#include "fake_kernel.h"
#include "check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct fake_kernel fake_kernel;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int open_device(bool there)
{
	if (there)
		return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
	errno = ENOENT;
	return -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (strcmp(path, "/dev/udmabuf") == 0)
		return open_device(fake_kernel.udmabuf);
	if (strcmp(path, "/dev/dma_heap/system") == 0)
		return open_device(fake_kernel.heap);
	return __real_open(path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __wrap_open(path, flags, mode);
}

static bool may_allocate(bool fails)
{
	if (!fails &&
		(!fake_kernel.allocations_max ||
			fake_kernel.allocations < fake_kernel.allocations_max)) {
		fake_kernel.allocations++;
		return true;
	}
	errno = EINVAL;
	return false;
}

/* The caller closes its own descriptor of the memfd. */
static int create_udmabuf(const struct udmabuf_create *create)
{
	int seals = fcntl((int)create->memfd, F_GET_SEALS);
	CHECK(seals & F_SEAL_SHRINK);
	CHECK(!(seals & F_SEAL_WRITE));
	CHECK_EQUAL(create->size % (unsigned long)sysconf(_SC_PAGESIZE), 0);
	CHECK_EQUAL(create->flags, UDMABUF_FLAGS_CLOEXEC);
	if (!may_allocate(fake_kernel.udmabuf_fails))
		return -1;
	return fcntl((int)create->memfd, F_DUPFD_CLOEXEC, 0);
}

static int allocate_heap(struct dma_heap_allocation_data *data)
{
	CHECK_EQUAL(data->fd_flags, O_RDWR | O_CLOEXEC);
	if (!may_allocate(false))
		return -1;
	int fd = memfd_create("fake-heap", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(ftruncate(fd, (off_t)data->len) == 0);
	data->fd = (uint32_t)fd;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	if (request == UDMABUF_CREATE)
		return create_udmabuf(argument);
	if (request == DMA_HEAP_IOCTL_ALLOC)
		return allocate_heap(argument);
	if (request != DMA_BUF_IOCTL_SYNC)
		return __real_ioctl(fd, request, argument);
	fake_kernel.syncs++;
	errno = ENOTTY;
	return fake_kernel.sync_fails ? -1 : 0;
}
