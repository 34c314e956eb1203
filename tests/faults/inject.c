/* SPDX-License-Identifier: MIT */
/* Preloaded: fails the call that the file named by GESSO_FAULT says, and only that. */
#include "fault.h"
#include <dlfcn.h>
#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
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
int ftruncate64(int fd, off64_t size);
int fcntl64(int fd, int command, ...);
void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset);
off64_t lseek64(int fd, off64_t offset, int whence);

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
	if (fault == NULL) {
		return false;
	}
	__atomic_or_fetch(&fault->seen, 1u << call, __ATOMIC_RELAXED);
	if (fault->call != (int32_t)call) {
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

static bool is_meant(const char *path)
{
	return fault != NULL && begins(path, (const char *)fault->only);
}

static int open_any(const char *path, int flags, unsigned mode)
{
	if (is_device(path) && is_meant(path) && fails(FAULT_OPEN)) {
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

static enum fault_call call_of_request(unsigned long request)
{
	switch (request) {
	case UDMABUF_CREATE:
	case DMA_HEAP_IOCTL_ALLOC:
	case DRM_IOCTL_MODE_CREATE_DUMB:
		return FAULT_IOCTL;
	case DRM_IOCTL_VERSION:
		return FAULT_VERSION;
	case DRM_IOCTL_PRIME_HANDLE_TO_FD:
		return FAULT_EXPORT;
	case DRM_IOCTL_MODE_DESTROY_DUMB:
		return FAULT_DESTROY;
	case DRM_IOCTL_GET_CAP:
		return FAULT_ABILITY;
	case DRM_IOCTL_MODE_MAP_DUMB:
		return FAULT_MAP_DUMB;
	case DRM_IOCTL_DROP_MASTER:
		return FAULT_MASTER;
	case DMA_BUF_IOCTL_SYNC:
		return FAULT_SYNC;
	default:
		return FAULT_NONE;
	}
}

static bool is_named(int fd, const char *name)
{
	char path[64], target[64] = "";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, name) != NULL;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	enum fault_call call = call_of_request(request);
	bool meant = call != FAULT_NONE &&
		(call != FAULT_IOCTL || (fault != NULL && is_named(fd, (const char *)fault->only)));
	return meant && fails(call) ? -1 : (int)syscall(SYS_ioctl, fd, request, argument);
}

/* Of udmabuf's memory, or of memfd's. */
static bool is_ours(int fd)
{
	return is_named(fd, "memfd:gesso-udmabuf") || is_named(fd, "memfd:gesso-memfd");
}

static int truncate_any(int fd, off64_t size)
{
	bool failed = is_ours(fd) && fails(FAULT_TRUNCATE);
	return failed ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
	return truncate_any(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return truncate_any(fd, size);
}

static int control_any(int fd, int command, long argument)
{
	bool failed = command == F_ADD_SEALS && is_ours(fd) && fails(FAULT_SEAL);
	return failed ? -1 : (int)syscall(SYS_fcntl, fd, command, argument);
}

int fcntl(int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	long argument = va_arg(arguments, long);
	va_end(arguments);
	return control_any(fd, command, argument);
}

int fcntl64(int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	long argument = va_arg(arguments, long);
	va_end(arguments);
	return control_any(fd, command, argument);
}

static bool is_dmabuf(int fd)
{
	struct statfs status;
	return fstatfs(fd, &status) == 0 && status.f_type == DMA_BUF_MAGIC;
}

static bool is_mapping_failed(int fd)
{
	if (fault == NULL || fd < 0) {
		return false;
	}
	if (is_named(fd, "/dev/dri/")) {
		return fails(FAULT_MAP_NODE);
	}
	return (is_dmabuf(fd) || is_named(fd, "memfd:gesso-memfd")) && fails(FAULT_MMAP);
}

static void *map_any(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return is_mapping_failed(fd)
		? MAP_FAILED
		: (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

static off64_t seek_any(int fd, off64_t offset, int whence)
{
	bool failed = fault != NULL && is_dmabuf(fd) && fails(FAULT_SEEK);
	return failed ? -1 : (off64_t)syscall(SYS_lseek, fd, offset, whence);
}

off_t lseek(int fd, off_t offset, int whence)
{
	return seek_any(fd, offset, whence);
}

off64_t lseek64(int fd, off64_t offset, int whence)
{
	return seek_any(fd, offset, whence);
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return map_any(address, size, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	return map_any(address, size, protection, flags, fd, offset);
}
