/* SPDX-License-Identifier: MIT */
/* Preloaded: fails the call that the file named by GESSO_FAULT says, and only that. */
#include "fault.h"
#include <dlfcn.h>
#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/magic.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int open64(const char *path, int flags, ...);
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset);

static volatile struct fault *fault;

__attribute__((constructor)) static void map_fault(void)
{
	const char *path = getenv("GESSO_FAULT");
	int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0) {
		return;
	}
	long map = syscall(
		SYS_mmap, NULL, sizeof(struct fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	syscall(SYS_close, fd);
	fault = map > 0 ? (volatile struct fault *)map : NULL;
}

static bool fails(enum fault_call call)
{
	if (fault == NULL || fault->call != (int32_t)call) {
		return false;
	}
	__atomic_add_fetch(&fault->hits, 1, __ATOMIC_RELAXED);
	errno = fault->error;
	return true;
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_device(const char *path)
{
	return strcmp(path, "/dev/udmabuf") == 0 || begins(path, "/dev/dma_heap/") ||
		begins(path, "/dev/dri/");
}

static int open_any(const char *path, int flags, unsigned mode)
{
	if (is_device(path) && fails(FAULT_OPEN)) {
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = va_arg(arguments, unsigned);
	va_end(arguments);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = va_arg(arguments, unsigned);
	va_end(arguments);
	return open_any(path, flags, mode);
}

int memfd_create(const char *name, unsigned flags)
{
	bool ours = strcmp(name, "gesso-udmabuf") == 0 || strcmp(name, "gesso-memfd") == 0;
	return ours && fails(FAULT_MEMFD) ? -1 : (int)syscall(SYS_memfd_create, name, flags);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	bool makes = request == UDMABUF_CREATE || request == DMA_HEAP_IOCTL_ALLOC ||
		request == DRM_IOCTL_MODE_CREATE_DUMB;
	if ((makes && fails(FAULT_IOCTL)) ||
		(request == DRM_IOCTL_PRIME_HANDLE_TO_FD && fails(FAULT_EXPORT))) {
		return -1;
	}
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static bool is_allocated(int fd)
{
	struct statfs status;
	char path[64], target[64] = "";
	if (fstatfs(fd, &status) == 0 && status.f_type == DMA_BUF_MAGIC) {
		return true;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 &&
		strstr(target, "memfd:gesso-memfd") != NULL;
}

static void *map_any(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	if (fault != NULL && fault->call == FAULT_MMAP && fd >= 0 && is_allocated(fd) &&
		fails(FAULT_MMAP)) {
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return map_any(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return map_any(address, size, protection, flags, fd, offset);
}
