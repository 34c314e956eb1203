/* SPDX-License-Identifier: MIT */
#include "memory/path.h"

#include <assert.h>

const char *gesso_path_name(enum gesso_path path)
{
	static const char *const names[GESSO_PATHS_LEN] = {
		[GESSO_PATH_NATIVE] = "native",
		[GESSO_PATH_DMABUF] = "dmabuf",
		[GESSO_PATH_SHM_IMPORT] = "shm-import",
		[GESSO_PATH_SHM_DIRECT] = "shm-direct",
		[GESSO_PATH_SHM_UPLOAD] = "shm-upload",
		[GESSO_PATH_OTHER] = "other",
	};
	assert(path < GESSO_PATHS_LEN);
	return names[path];
}
