/* SPDX-License-Identifier: MIT */
#include "memory/descriptor_table.h"
#include "case.h"
#include "memory/budget.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#define FILES 512

static void limit_files(void)
{
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){FILES, FILES}), 0);
}

/* Until it is full; which are open is in `fds`. */
static int fill(int fds[FILES])
{
	int len = 0, fd;
	while ((fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0) {
		CHECK_INT(<, len, FILES);
		fds[len++] = fd;
	}
	CHECK_EQUAL(errno, EMFILE);
	return len;
}

static void give_back(const int fds[FILES], int from, int len)
{
	for (int i = from; i < len; i++) {
		close(fds[i]);
	}
}

CASE(empty_and_full)
{
	int fds[FILES];
	limit_files();
	CHECK(!descriptor_table_is_nearly_full());
	int len = fill(fds);
	CHECK(descriptor_table_is_nearly_full());
	give_back(fds, 0, len);
	CHECK(!descriptor_table_is_nearly_full());
}

/* One is free at the beginning, and is the lowest whatever else is taken. */
CASE(holes_hide_nothing)
{
	int fds[FILES], kept = (int)gesso_budget_descriptors_kept(FILES);
	limit_files();
	int len = fill(fds);
	close(fds[0]);
	CHECK(descriptor_table_is_nearly_full());
	give_back(fds, 1, kept);
	CHECK(descriptor_table_is_nearly_full());
	close(fds[kept]);
	CHECK(!descriptor_table_is_nearly_full());
	give_back(fds, kept + 1, len);
}

CASE(end_is_free)
{
	int fds[FILES], kept = (int)gesso_budget_descriptors_kept(FILES);
	limit_files();
	int len = fill(fds);
	give_back(fds, len - kept, len);
	CHECK(descriptor_table_is_nearly_full());
	close(fds[len - kept - 1]);
	CHECK(!descriptor_table_is_nearly_full());
	give_back(fds, 0, len - kept - 1);
}
