/* SPDX-License-Identifier: MIT */
#include "buffers/shm_pool.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

/* A file of a tmpfs answers F_GET_SEALS like a memfd that was made without sealing. */
static bool is_memfd(int fd)
{
	struct statfs status;
	char path[32], target[16] = "";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* pages of a hugetlbfs that were punched out may not come back: SIGBUS */
	return fstatfs(fd, &status) == 0 && status.f_type == TMPFS_MAGIC &&
		readlink(path, target, sizeof(target) - 1) > 0 &&
		strncmp(target, "/memfd:", strlen("/memfd:")) == 0;
}

static bool seal(int fd, int seals, struct gesso_reason *why)
{
	if ((seals & F_SEAL_SHRINK) != 0) {
		return true;
	}
	if ((seals & F_SEAL_SEAL) != 0) {
		gesso_reason_set(why, GESSO_REASON_NOT_SEALED,
			"the pool lacks F_SEAL_SHRINK, and F_SEAL_SEAL keeps it from being added");
		return false;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
		gesso_reason_set(why, GESSO_REASON_NOT_SEALED,
			"the pool lacks F_SEAL_SHRINK, and adding it failed: %s", strerror(errno));
		return false;
	}
	wlr_log(WLR_DEBUG, "shm_pool: F_SEAL_SHRINK was added to a client's pool");
	return true;
}

bool shm_pool_secure(const struct wlr_shm_attributes *shm, struct gesso_reason *why)
{
	int seals = fcntl(shm->fd, F_GET_SEALS);
	if (seals < 0 || !is_memfd(shm->fd)) {
		gesso_reason_set(why, GESSO_REASON_NOT_MEMFD, "the pool's file is not a memfd");
		return false;
	}
	if ((seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) != 0) {
		gesso_reason_set(
			why, GESSO_REASON_WRITE_SEALED, "the pool is sealed against writing");
		return false;
	}
	if (!seal(shm->fd, seals, why)) {
		return false;
	}
	struct stat status;
	uint64_t end_bytes = (uint64_t)shm->offset + (uint64_t)shm->stride * (uint64_t)shm->height;
	if (fstat(shm->fd, &status) != 0 || (uint64_t)status.st_size < end_bytes) {
		gesso_reason_set(why, GESSO_REASON_BEYOND_FILE,
			"the buffer ends at byte %llu of a file of %lld",
			(unsigned long long)end_bytes, (long long)status.st_size);
		return false;
	}
	return true;
}

bool shm_pool_secure_for_others(const struct wlr_shm_attributes *shm, struct gesso_reason *why)
{
	if (!shm_pool_secure(shm, why)) {
		return false;
	}
	if ((fcntl(shm->fd, F_GET_SEALS) & F_SEAL_SEAL) == 0) {
		fcntl(shm->fd, F_ADD_SEALS, F_SEAL_SEAL);
	}
	/* what was added between the two looks stays */
	if (!shm_pool_secure(shm, why)) {
		return false;
	}
	if ((fcntl(shm->fd, F_GET_SEALS) & F_SEAL_SEAL) == 0) {
		gesso_reason_set(why, GESSO_REASON_NOT_SEALED, "adding F_SEAL_SEAL failed");
		return false;
	}
	return true;
}
