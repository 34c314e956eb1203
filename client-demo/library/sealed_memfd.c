/* SPDX-License-Identifier: MIT */
#include "sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

void close_keeping_errno(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

static int take_pages(int fd, size_t size_bytes)
{
	int error;
	do {
		error = posix_fallocate(fd, 0, (off_t)size_bytes);
	} while (error == EINTR);
	errno = error;
	return error == 0 ? 0 : -1;
}

int sealed_memfd_create(const char *name, size_t size_bytes, const char **failed)
{
	*failed = "memfd_create";
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	*failed = "sizing its memory";
	if (take_pages(fd, size_bytes) == 0 &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}
