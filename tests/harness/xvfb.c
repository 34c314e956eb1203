/* SPDX-License-Identifier: MIT */
#include "xvfb.h"
#include "case.h"
#include "process.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pointer is in the middle: clear of a window of 1024x768, which wlroots begins with. */
#define SCREEN "2100x1600x24"

/* Of XWDFile.h, in the order of the file; each is 32 bits, big-endian. */
enum {
	XWD_HEADER_SIZE = 0,
	XWD_FILE_VERSION = 1,
	XWD_BYTE_ORDER = 7, /* 0: the least significant first */
	XWD_BITS_PER_PIXEL = 11,
	XWD_BYTES_PER_LINE = 12,
	XWD_COLOURS = 19,
	XWD_FIELDS = 25,
};
#define XWD_COLOUR_BYTES 12

void xvfb_start(struct xvfb *xvfb)
{
	int pipe_fds[2];
	char text[PATH_MAX + 200], number[16], display[20];
	CHECK_EQUAL(pipe(pipe_fds), 0);
	CHECK_INT(>=, fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC), 0);
	snprintf(text, sizeof(text),
		"-displayfd %d -screen 0 " SCREEN " -fbdir %s -nolisten tcp -noreset", pipe_fds[1],
		workdir_path());
	xvfb->pid = process_spawn("Xvfb", text, "Xvfb.log", NULL);
	close(pipe_fds[1]);
	process_read_line(pipe_fds[0], number, sizeof(number), "Xvfb");
	close(pipe_fds[0]);
	snprintf(display, sizeof(display), ":%s", number);
	CHECK_EQUAL(setenv("DISPLAY", display, true), 0);
}

void xvfb_stop(struct xvfb *xvfb)
{
	int status;
	CHECK_EQUAL(kill(xvfb->pid, SIGTERM), 0);
	if (!process_wait_end(xvfb->pid, case_seconds(15), &status)) {
		FAIL("Xvfb did not end after SIGTERM");
	}
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 0);
	xvfb->pid = 0;
}

static void read_at(int fd, void *data, size_t size_bytes, size_t offset_bytes)
{
	CHECK_EQUAL(pread(fd, data, size_bytes, (off_t)offset_bytes), (ssize_t)size_bytes);
}

void xvfb_capture(const struct xvfb *xvfb, struct picture *picture, int width_px, int height_px)
{
	char path[PATH_MAX];
	uint32_t fields[XWD_FIELDS];
	CHECK_INT(>, xvfb->pid, 0);
	snprintf(path, sizeof(path), "%s/Xvfb_screen0", workdir_path());
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_INT(>=, fd, 0);
	read_at(fd, fields, sizeof(fields), 0);
	for (size_t i = 0; i < XWD_FIELDS; i++) {
		fields[i] = be32toh(fields[i]);
	}
	CHECK_EQUAL(fields[XWD_FILE_VERSION], 7);
	CHECK_EQUAL(fields[XWD_BYTE_ORDER], 0);
	CHECK_EQUAL(fields[XWD_BITS_PER_PIXEL], 32);

	size_t start_bytes = fields[XWD_HEADER_SIZE] + fields[XWD_COLOURS] * XWD_COLOUR_BYTES;
	size_t size_bytes = (size_t)fields[XWD_BYTES_PER_LINE] * (size_t)height_px;
	uint8_t *rows = malloc(size_bytes);
	CHECK(rows != NULL);
	read_at(fd, rows, size_bytes, start_bytes);
	picture_decode(picture, rows, fields[XWD_BYTES_PER_LINE], DRM_FORMAT_XRGB8888, width_px,
		height_px);
	free(rows);
	close(fd);
}
