/* SPDX-License-Identifier: MIT */
#include "allocators/sealed_memfd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool gesso_round_to_pages(size_t *size_bytes, struct gesso_reason *why)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t rounded;
	if (__builtin_add_overflow(*size_bytes, page - 1, &rounded) || rounded > INT64_MAX ||
		rounded / page > UINT32_MAX) {
		gesso_reason_set(
			why, GESSO_REASON_OVER_LIMIT, "%zu bytes are too many", *size_bytes);
		return false;
	}
	*size_bytes = rounded & ~(page - 1);
	return true;
}

int gesso_sealed_memfd_create(const char *name, size_t *size_bytes, struct gesso_reason *why)
{
	size_t rounded = *size_bytes;
	if (!gesso_round_to_pages(&rounded, why)) {
		return -1;
	}

	const char *step = "memfd_create";
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) {
		goto fail;
	}
	step = "ftruncate";
	if (ftruncate(fd, (off_t)rounded) != 0) {
		goto fail;
	}
	step = "F_ADD_SEALS";
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
		goto fail;
	}
	*size_bytes = rounded;
	return fd;

fail:
	gesso_reason_set(why, gesso_reason_code_from_errno(errno), "memfd of %zu bytes: %s: %s",
		rounded, step, strerror(errno));
	if (fd >= 0) {
		close(fd);
	}
	return -1;
}

uint64_t gesso_descriptor_inode(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 ? (uint64_t)st.st_ino : 0;
}
