/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "gl_count.h"
#include "workdir.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

volatile struct gl_count *gl_count_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gl-count", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct gl_count)), 0);
	void *map = mmap(NULL, sizeof(struct gl_count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	const char *preload = getenv("GESSO_GL_COUNT_SO");
	CHECK(preload != NULL);
	setenv("GESSO_GL_COUNT", path, 1);
	setenv("GESSO_GL_COUNT_AREAS", "1", 1);
	setenv("GESSO_TEST_PRELOAD", preload, 1);
	return map;
}

void gl_count_end(volatile struct gl_count *count)
{
	munmap((void *)count, sizeof(*count));
	unsetenv("GESSO_GL_COUNT");
	unsetenv("GESSO_GL_COUNT_AREAS");
	unsetenv("GESSO_TEST_PRELOAD");
}

uint64_t gl_count_images_of(const volatile struct gl_count *count, uint64_t inode)
{
	uint64_t found = 0;
	CHECK_INT(<=, count->images, GL_COUNT_MAX_IMAGES);
	for (uint64_t i = 0; i < count->images; i++) {
		found += count->image_inodes[i] == inode;
	}
	return found;
}
