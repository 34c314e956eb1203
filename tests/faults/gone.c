/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the compositor: what it maps of dma-bufs for reading has lost its device,
 * whose answer to each read is then SIGBUS. Memory that was cut off answers so too.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static void *map(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
	return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off64_t offset)
{
	struct statfs file_system;
	if (fd < 0 || protection != PROT_READ ||
		strcmp(program_invocation_short_name, "gesso") != 0 ||
		fstatfs(fd, &file_system) != 0 || file_system.f_type != DMA_BUF_MAGIC) {
		return map(at, len, protection, flags, fd, offset);
	}
	int memfd = memfd_create("gone", MFD_CLOEXEC);
	if (memfd < 0) {
		return MAP_FAILED;
	}
	void *data = map(at, len, protection, flags, memfd, offset);
	close(memfd);
	return data;
}
