/* SPDX-License-Identifier: MIT */
/*
 * A client attaches a fence after poll has said that its buffer is ready, and before the
 * compositor brackets its reading: here at each time, since poll is this program's own.
 */
#include "allocators/cpu_access.h"
#include "case.h"
#include "dmabuf.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static struct dmabuf_fence fence;
static bool attach;

int poll(struct pollfd *fds, nfds_t len, int timeout_ms)
{
	struct timespec timeout = {.tv_nsec = timeout_ms * 1000000};
	CHECK_EQUAL(timeout_ms, 0);
	int ready = ppoll(fds, len, &timeout, NULL);
	if (ready > 0 && attach) {
		attach = false;
		dmabuf_fence_attach(&fence, fds[0].fd);
	}
	return ready;
}

static bool is_being_written(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	return poll(&ready, 1, 0) == 0;
}

static void check_signals_are_back(const sigset_t *blocked)
{
	struct sigaction action;
	sigset_t now;
	CHECK_EQUAL(sigaction(SIGURG, NULL, &action), 0);
	CHECK(action.sa_handler == SIG_DFL);
	CHECK_EQUAL(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	CHECK_EQUAL(sigismember(&now, SIGURG), sigismember(blocked, SIGURG));
}

static void begin_and_end(int fd, bool write)
{
	CHECK(gesso_cpu_access_begin(fd, GESSO_DESCRIPTOR_DMABUF, write));
	CHECK(gesso_cpu_access_end(fd, GESSO_DESCRIPTOR_DMABUF, write));
}

CASE(fence_between_poll_and_bracket)
{
	int fd = dmabuf_open(case_fixture("source"), 65536);
	sigset_t blocked;
	sigemptyset(&blocked);
	for (int round = 0; round < 2; round++) {
		begin_and_end(fd, round == 1);
		attach = true;
		errno = 0;
		CHECK(!gesso_cpu_access_begin(fd, GESSO_DESCRIPTOR_DMABUF, round == 1));
		CHECK_EQUAL(errno, ETIME);
		CHECK(is_being_written(fd));
		CHECK(!gesso_cpu_access_begin(fd, GESSO_DESCRIPTOR_DMABUF, round == 1));
		CHECK_EQUAL(errno, EBUSY);
		check_signals_are_back(&blocked);
		dmabuf_fence_signal(&fence);
		begin_and_end(fd, round == 1);
		dmabuf_fence_finish(&fence);
		/* the same where the thread has the signal blocked */
		sigaddset(&blocked, SIGURG);
		CHECK_EQUAL(sigprocmask(SIG_SETMASK, &blocked, NULL), 0);
	}
	close(fd);
}
