/* SPDX-License-Identifier: MIT */
#include "bracket.h"
#include "check.h"
#include <errno.h>
#include <linux/dma-buf.h>
#include <stdarg.h>
#include <sys/ioctl.h>

/* The kernel, at link time: faults that it won't give on request. */
static int failures_left, failure, calls;
static unsigned long long last_flags;

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	va_start(args, request);
	const struct dma_buf_sync *sync = va_arg(args, const struct dma_buf_sync *);
	va_end(args);
	CHECK(request == DMA_BUF_IOCTL_SYNC);
	calls++;
	last_flags = sync->flags;
	if (failures_left != 0) {
		failures_left--;
		errno = failure;
		return -1;
	}
	return 0;
}

static void test_flags(void)
{
	CHECK_EQUAL(bracket_begin(3), 0);
	CHECK_EQUAL(last_flags, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	CHECK_EQUAL(bracket_end(3), 0);
	CHECK_EQUAL(last_flags, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
}

static void test_retries(void)
{
	failure = EINTR;
	failures_left = 3;
	CHECK_EQUAL(bracket_begin(3), 0);
	CHECK_EQUAL(calls, 4);
	failure = EAGAIN;
	failures_left = 3;
	CHECK_EQUAL(bracket_end(3), 0);
	CHECK_EQUAL(calls, 8);
}

static void test_gives_up(void)
{
	failure = EAGAIN;
	failures_left = -1;
	CHECK_EQUAL(bracket_begin(3), -EAGAIN);
	calls = 0;
	failure = ENOTTY;
	CHECK_EQUAL(bracket_begin(3), -ENOTTY);
	CHECK_EQUAL(calls, 1);
}

static const struct check_case cases[] = {
	{"flags", test_flags},
	{"retries", test_retries},
	{"gives-up", test_gives_up},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
