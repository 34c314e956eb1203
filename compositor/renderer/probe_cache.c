/* SPDX-License-Identifier: MIT */
#include "renderer/probe_cache.h"
#include "allocators/chain.h"
#include "renderer/render_context.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/util/log.h>

#define FILE_BYTES 8192
#define END_MARK "\nend\n"

static bool read_boot_id(char id[64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool ok = file != NULL && fscanf(file, "%63s", id) == 1;
	if (file != NULL) {
		fclose(file);
	}
	return ok;
}

static uint64_t device_number(const char *path)
{
	struct stat status;
	return path != NULL && stat(path, &status) == 0 ? (uint64_t)status.st_rdev : 0;
}

static uint64_t renderer_device_number(const struct gesso_render_context *context)
{
	struct stat status;
	int fd = wlr_renderer_get_drm_fd(context->renderer);
	return fd >= 0 && fstat(fd, &status) == 0 ? (uint64_t)status.st_rdev : 0;
}

bool probe_cache_key(char key[PROBE_CACHE_KEY_BYTES], const char *helper,
	const struct gesso_render_context *context, const struct gesso_allocator_state *state)
{
	char boot_id[64];
	struct stat status;
	if (!read_boot_id(boot_id) || stat(helper, &status) != 0) {
		return false;
	}
	int len = snprintf(key, PROBE_CACHE_KEY_BYTES,
		"gesso %s\nboot %s\nhelper %s %" PRIu64 " %" PRIu64 ".%09ld\n"
		"renderer %s\ndriver %s\nrenderer-device %" PRIu64 "\n"
		"allocator %s\nallocator-device %s %" PRIu64 " %" PRIu64 "\n",
		GESSO_VERSION, boot_id, helper, (uint64_t)status.st_size,
		(uint64_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec, context->name,
		context->driver, renderer_device_number(context), state->impl->name,
		state->device != NULL ? state->device : "none", device_number(state->device),
		state->devices_key);
	return len > 0 && len < PROBE_CACHE_KEY_BYTES;
}

/* FNV-1a: it only names the file, whose content is compared. */
static uint64_t hash(const char *key)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);
	for (; *key != '\0'; key++) {
		value = (value ^ (uint8_t)*key) * UINT64_C(0x100000001b3);
	}
	return value;
}

/* A directory that only this user can have put files into, or -1. */
static int open_directory(bool make)
{
	char path[PATH_MAX];
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	if (runtime == NULL || runtime[0] != '/' ||
		snprintf(path, sizeof(path), "%s/gesso-probe", runtime) >= (int)sizeof(path)) {
		return -1;
	}
	if (make && mkdir(path, 0700) != 0 && errno != EEXIST) {
		return -1;
	}
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	if (fd >= 0 &&
		(fstat(fd, &status) != 0 || status.st_uid != geteuid() ||
			(status.st_mode & 077) != 0)) {
		wlr_log(WLR_INFO, "probe_cache: %s is not this user's alone: not used", path);
		close(fd);
		return -1;
	}
	return fd;
}

static bool read_file(int directory, const char *name, char content[FILE_BYTES])
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	struct stat status;
	ssize_t len = -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
		status.st_size < FILE_BYTES) {
		len = read(fd, content, FILE_BYTES - 1);
	}
	close(fd);
	content[len > 0 ? len : 0] = '\0';
	return len > 0 && strlen(content) == (size_t)len;
}

bool probe_cache_read(const char *key, char *text, size_t size)
{
	int directory = open_directory(false);
	if (directory < 0) {
		return false;
	}
	char name[32], content[FILE_BYTES];
	snprintf(name, sizeof(name), "%016" PRIx64, hash(key));
	bool ok = read_file(directory, name, content);
	close(directory);
	size_t key_len = strlen(key), end_len = strlen(END_MARK);
	size_t len = ok ? strlen(content) : 0;
	if (len < key_len + 1 + end_len || memcmp(content, key, key_len) != 0 ||
		content[key_len] != '\n' || strcmp(content + len - end_len, END_MARK) != 0) {
		return false;
	}
	content[len - end_len] = '\0';
	return snprintf(text, size, "%s", content + key_len + 1) < (int)size;
}

static bool write_file(int directory, const char *name, const char *key, const char *text)
{
	int fd =
		openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		return false;
	}
	bool ok = dprintf(fd, "%s\n%s%s", key, text, END_MARK) > 0;
	return close(fd) == 0 && ok;
}

void probe_cache_write(const char *key, const char *text)
{
	int directory = open_directory(true);
	if (directory < 0) {
		return;
	}
	char name[32], temporary[48];
	snprintf(name, sizeof(name), "%016" PRIx64, hash(key));
	snprintf(temporary, sizeof(temporary), "%s.%d", name, (int)getpid());
	unlinkat(directory, temporary, 0);
	if (!write_file(directory, temporary, key, text) ||
		renameat(directory, temporary, directory, name) != 0) {
		wlr_log_errno(WLR_INFO, "probe_cache: the answer was not kept");
		unlinkat(directory, temporary, 0);
	}
	close(directory);
}
