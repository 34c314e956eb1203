/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PATH_H
#define GESSO_PATH_H

/* How pixels reach the renderer. The values are those of gesso_memory_report_v1.path. */
enum gesso_path {
	GESSO_PATH_NATIVE = 0,
	GESSO_PATH_DMABUF,
	GESSO_PATH_SHM_IMPORT,
	GESSO_PATH_SHM_DIRECT,
	GESSO_PATH_SHM_UPLOAD,
	GESSO_PATH_OTHER,
};
#define GESSO_PATHS_LEN 6

/* "native", "dmabuf", "shm-import", "shm-direct", "shm-upload", "other". */
const char *gesso_path_name(enum gesso_path path);

#endif
