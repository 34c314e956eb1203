/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEVICE_H
#define GESSO_DEVICE_H

#include "allocators/reason.h"
#include <stdbool.h>

/*
 * Opening the device nodes that allocators need, with a reason that says what
 * would grant them. Shared by the allocators and by the choice of a GPU.
 */

/*
 * Opens `path` for reading and writing. Returns a descriptor that the caller
 * closes (CLOEXEC); -1 with `why` set on failure: the path, errno's words, and the
 * group that may open it, or `missing_hint` if there is no such node.
 */
int gesso_device_open(const char *path, const char *missing_hint, struct gesso_reason *why);

/* Who may open a device node. */
struct gesso_device_access {
	char group[32]; /* that may read and write it, empty if none may */
	bool owner_only;
	bool may_open; /* this process may */
};
/* False if there is no such node. Opens nothing. */
bool gesso_device_ask_access(const char *path, struct gesso_device_access *access);

/* What a DRM device that is not open seems to be. */
struct _drmDevice;
bool gesso_device_looks_like_vgem(const struct _drmDevice *device);

/* Whether the DRM descriptor `fd` (borrowed) is of the kernel driver `name`. */
bool gesso_device_is_driver(int fd, const char *name);
/*
 * The same in `is`, for the node `path`. False, with `why` set, if the kernel does not
 * say.
 */
bool gesso_device_ask_driver(
	int fd, const char *path, const char *name, bool *is, struct gesso_reason *why);

#endif
