/* SPDX-License-Identifier: MIT */
/* Memory that goes away while it is read: a memfd that is cut off stands for the device. */
#include "allocators/fault_guard.h"
#include "case.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE_BYTES 4096
#define SIZE_BYTES (4 * PAGE_BYTES)

static void map_new(struct gesso_mapping *mapping, int *fd)
{
	*fd = memfd_create("test-guard", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(*fd, SIZE_BYTES), 0);
	CHECK_EQUAL(pwrite(*fd, "ab", 2, PAGE_BYTES), 2);
	struct gesso_memory memory = {.fd = *fd, .size_bytes = SIZE_BYTES};
	struct gesso_reason why = {0};
	CHECK(gesso_mapping_init(mapping, &memory, false, &why));
}

static int read_byte(const struct gesso_mapping *mapping, size_t at)
{
	return ((volatile const unsigned char *)mapping->data)[at];
}

static void (*sigbus_handler(void))(int)
{
	struct sigaction now;
	CHECK_EQUAL(sigaction(SIGBUS, NULL, &now), 0);
	return now.sa_handler;
}

CASE(what_is_gone_reads_as_zeros)
{
	struct gesso_mapping mapping;
	struct gesso_fault_guard guard = {0};
	void (*before)(int) = sigbus_handler();
	int fd;
	map_new(&mapping, &fd);
	CHECK(gesso_fault_guard_begin(&guard, &mapping));
	CHECK_EQUAL(read_byte(&mapping, PAGE_BYTES), 'a');
	CHECK_EQUAL(ftruncate(fd, 0), 0);
	CHECK_EQUAL(read_byte(&mapping, PAGE_BYTES), 0);
	CHECK_EQUAL(read_byte(&mapping, SIZE_BYTES - 1), 0);
	CHECK(guard.faulted);
	gesso_fault_guard_end(&guard);
	CHECK_EQUAL(read_byte(&mapping, 0), 0);
	CHECK(sigbus_handler() == before);
	gesso_mapping_finish(&mapping);
	close(fd);
}

CASE(guards_nest)
{
	struct gesso_mapping mappings[2];
	struct gesso_fault_guard guards[2] = {0};
	void (*before)(int) = sigbus_handler();
	int fds[2];
	for (int i = 0; i < 2; i++) {
		map_new(&mappings[i], &fds[i]);
		CHECK(gesso_fault_guard_begin(&guards[i], &mappings[i]));
		CHECK_EQUAL(ftruncate(fds[i], 0), 0);
	}
	CHECK_EQUAL(read_byte(&mappings[0], PAGE_BYTES), 0);
	CHECK(guards[0].faulted && !guards[1].faulted);
	gesso_fault_guard_end(&guards[1]);
	gesso_fault_guard_end(&guards[0]);
	gesso_fault_guard_end(&guards[0]);
	CHECK(sigbus_handler() == before);
	for (int i = 0; i < 2; i++) {
		gesso_mapping_finish(&mappings[i]);
		close(fds[i]);
	}
}

/* Another fault is not hidden: it ends the program as it would have. */
CASE(other_faults_are_passed_on)
{
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		struct gesso_mapping guarded, other;
		struct gesso_fault_guard guard = {0};
		int fds[2];
		signal(SIGBUS, SIG_DFL);
		map_new(&guarded, &fds[0]);
		map_new(&other, &fds[1]);
		CHECK(gesso_fault_guard_begin(&guard, &guarded));
		CHECK_EQUAL(ftruncate(fds[1], 0), 0);
		read_byte(&other, 0);
		_exit(0);
	}
	int status;
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}
