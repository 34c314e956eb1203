/* SPDX-License-Identifier: MIT */
#include "fake_kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct fake_kernel fake_kernel;

int __real_open64(const char *path, int flags, ...);
int __real_memfd_create(const char *name, unsigned flags);
int __real_ftruncate64(int fd, off_t size);
int __real_fcntl64(int fd, int command, ...);
int __real_ioctl(int fd, unsigned long request, ...);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_memfd_create(const char *name, unsigned flags);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static int fail(int error)
{
	errno = error;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	fake_kernel.opens += strcmp(path, "/dev/udmabuf") == 0;
	if (strcmp(path, "/dev/udmabuf") == 0 && fake_kernel.open_udmabuf != 0) {
		return fake_kernel.open_udmabuf > 0 ? fail(fake_kernel.open_udmabuf)
						    : __real_open64("/dev/null", flags);
	}
	va_list arguments;
	va_start(arguments, flags);
	unsigned mode = va_arg(arguments, unsigned);
	va_end(arguments);
	return __real_open64(path, flags, mode);
}

int __wrap_memfd_create(const char *name, unsigned flags)
{
	return fake_kernel.memfd_create ? fail(fake_kernel.memfd_create)
					: __real_memfd_create(name, flags);
}

int __wrap_ftruncate64(int fd, off_t size)
{
	return fake_kernel.ftruncate ? fail(fake_kernel.ftruncate) : __real_ftruncate64(fd, size);
}

int __wrap_fcntl64(int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	long argument = va_arg(arguments, long);
	va_end(arguments);
	if (command == F_ADD_SEALS && fake_kernel.add_seals != 0) {
		return fail(fake_kernel.add_seals);
	}
	return __real_fcntl64(fd, command, argument);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (request == UDMABUF_CREATE) {
		const struct udmabuf_create *create = argument;
		fake_kernel.created_bytes = create->size;
		return fake_kernel.udmabuf_create != 0
			? fail(fake_kernel.udmabuf_create)
			: __real_fcntl64((int)create->memfd, F_DUPFD_CLOEXEC, 0L);
	}
	return __real_ioctl(fd, request, argument);
}
