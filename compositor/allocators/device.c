/* SPDX-License-Identifier: MIT */
#include "allocators/device.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xf86drm.h>

#define GROUP_MODE (S_IRGRP | S_IWGRP)

bool gesso_device_ask_access(const char *path, struct gesso_device_access *access)
{
	struct stat status;
	*access = (struct gesso_device_access){0};
	if (stat(path, &status) != 0) {
		return false;
	}
	access->may_open = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
	access->owner_only = (status.st_mode & GROUP_MODE) != GROUP_MODE;
	const struct group *group = getgrgid(status.st_gid);
	if (access->owner_only) {
		return true;
	}
	if (group != NULL) {
		snprintf(access->group, sizeof(access->group), "%s", group->gr_name);
	} else {
		snprintf(access->group, sizeof(access->group), "%u", (unsigned)status.st_gid);
	}
	return true;
}

static void describe_permission(const char *path, char *hint, size_t size)
{
	struct gesso_device_access access;
	if (!gesso_device_ask_access(path, &access)) {
		return;
	}
	if (access.owner_only) {
		snprintf(hint, size, " (only its owner may; a udev rule could grant it)");
	} else {
		snprintf(hint, size, " (group %s)", access.group);
	}
}

bool gesso_device_looks_like_vgem(const struct _drmDevice *device)
{
	return device->bustype == DRM_BUS_PLATFORM &&
		strcmp(device->businfo.platform->fullname, "vgem") == 0;
}

int gesso_device_open(const char *path, const char *missing_hint, struct gesso_reason *why)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		return fd;
	}
	int error = errno;
	char hint[100] = "";
	if (error == EACCES || error == EPERM) {
		describe_permission(path, hint, sizeof(hint));
	} else if (error == ENOENT || error == ENODEV || error == ENXIO) {
		snprintf(hint, sizeof(hint), " (%s)", missing_hint);
	}
	gesso_reason_set(
		why, gesso_reason_code_from_errno(error), "%s: %s%s", path, strerror(error), hint);
	return -1;
}

bool gesso_device_ask_driver(
	int fd, const char *path, const char *name, bool *is, struct gesso_reason *why)
{
	drmVersion *version = drmGetVersion(fd);
	if (version == NULL) {
		gesso_reason_set(why, gesso_reason_code_from_errno(errno),
			"DRM_IOCTL_VERSION on %s: %s", path, strerror(errno));
		return false;
	}
	*is = strcmp(version->name, name) == 0;
	drmFreeVersion(version);
	return true;
}

bool gesso_device_is_driver(int fd, const char *name)
{
	bool is = false;
	return gesso_device_ask_driver(fd, "", name, &is, NULL) && is;
}
