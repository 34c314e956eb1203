/* SPDX-License-Identifier: MIT */
#include "faulted.h"
#include "capture.h"
#include "case.h"
#include "report.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const struct fault_error fault_errors[FAULT_ERRORS_LEN] = {
	{ENOENT, REASON(DEVICE_MISSING)},
	{EACCES, REASON(PERMISSION_DENIED)},
	{EPERM, REASON(PERMISSION_DENIED)},
	{EINVAL, REASON(KERNEL_ERROR)},
	{ENOMEM, REASON(NO_MEMORY)},
	{EMFILE, REASON(NO_DESCRIPTORS)},
	{ENOSPC, REASON(NO_MEMORY)},
};

volatile struct fault *fault_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/fault", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct fault)), 0);
	void *map = mmap(NULL, sizeof(struct fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	setenv("GESSO_FAULT", path, 1);
	/* a directory that others may read is no place to keep answers: each start probes anew */
	snprintf(path, sizeof(path), "%s/gesso-probe", getenv("XDG_RUNTIME_DIR"));
	CHECK_EQUAL(mkdir(path, 0755), 0);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_FAULT_SO"), 1);
	return map;
}

void fault_set(volatile struct fault *fault, enum fault_call call, int error)
{
	fault->call = FAULT_NONE;
	fault->error = error;
	fault->hits = fault->seen = 0;
	fault->call = (int32_t)call;
}

void fault_set_device(volatile struct fault *fault, const char *allocator)
{
	const char *device = strcmp(allocator, "udmabuf") == 0 ? "/dev/udmabuf"
		: strcmp(allocator, "dma-heap") == 0           ? "/dev/dma_heap/"
							       : "/dev/dri/";
	snprintf((char *)fault->only, sizeof(fault->only), "%s", device);
}

void fault_end(volatile struct fault *fault)
{
	munmap((void *)fault, sizeof(*fault));
}

void faulted_start(struct server *server)
{
	server_start(server, "--renderer %s --allocator %s --size %dx%d --fullscreen",
		case_fixture("renderer"), case_fixture("allocator"), SIDE_PX, SIDE_PX);
}

void faulted_paint(struct client *client, struct window *window, struct buffer *buffer)
{
	static uint32_t seed;
	struct picture painted, shown;
	picture_init(&painted, SIDE_PX, SIDE_PX, 0);
	picture_fill(&painted, ++seed, false);
	buffer_begin_paint(buffer);
	picture_encode(&painted, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	buffer_end_paint(buffer);
	window_show(window, buffer);
	capture_output(&shown, client, 0);
	picture_check(&shown, &painted, 0, "window");
	picture_finish(&shown);
	picture_finish(&painted);
}

void faulted_check_window(struct client *client, const char *path)
{
	struct window window;
	struct buffer buffer;
	window_create(&window, client, path);
	buffer_create(&buffer, client, path, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	faulted_paint(client, &window, &buffer);
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(client);
}

void faulted_check_told(struct client *client, const struct client_allocator *told)
{
	bool found = false;
	static struct report report;
	report_read(&report, client);
	for (size_t i = 0; i < report.allocators_len; i++) {
		if (strcmp(report.allocators[i].name, told->name) == 0) {
			CHECK_STRING(report.allocators[i].words, told->words);
			found = true;
		}
	}
	CHECK(found);
}
