/* SPDX-License-Identifier: MIT */
#include "allocators/allocator.h"
#include "case.h"
#include "fake_kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct gesso_allocator *open_allocator(const struct gesso_allocator_impl *impl)
{
	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = impl->create(NULL, &why);
	if (allocator == NULL) {
		FAIL("%s: %s", impl->name, why.words);
	}
	CHECK(allocator->impl == impl);
	return allocator;
}

static void check_memory(const struct gesso_memory *memory, size_t wanted_bytes)
{
	struct stat status;
	CHECK_EQUAL(fstat(memory->fd, &status), 0);
	CHECK_EQUAL(memory->inode, status.st_ino);
	CHECK_EQUAL(memory->size_bytes, status.st_size);
	CHECK_EQUAL(memory->size_bytes % (size_t)sysconf(_SC_PAGESIZE), 0);
	CHECK_INT(>=, memory->size_bytes, wanted_bytes);
	CHECK_INT(<, memory->size_bytes, wanted_bytes + (size_t)sysconf(_SC_PAGESIZE));
	CHECK_EQUAL(fcntl(memory->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);

	unsigned char *map =
		mmap(NULL, memory->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	CHECK(map != MAP_FAILED);
	for (size_t i = 0; i < memory->size_bytes; i++) {
		CHECK_EQUAL(map[i], 0);
	}
	munmap(map, memory->size_bytes);
}

CASE(memfd_gives_zeroed_sealed_pages)
{
	static const size_t sizes[] = {1, 4095, 4096, 4097, 37 * 29 * 4, 3686400};
	struct gesso_allocator *allocator = open_allocator(&gesso_memfd_allocator);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct gesso_memory memory;
		struct gesso_reason why = {0};
		CHECK(allocator->impl->allocate(allocator, sizes[i], &memory, &why));
		check_memory(&memory, sizes[i]);
		CHECK_EQUAL(
			fcntl(memory.fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
		CHECK(ftruncate(memory.fd, 0) < 0 && errno == EPERM);
		CHECK(ftruncate(memory.fd, (off_t)memory.size_bytes * 2) < 0 && errno == EPERM);
		gesso_memory_finish(&memory);
		CHECK_EQUAL(memory.fd, -1);
	}
	allocator->impl->destroy(allocator);
}

static void check_refused(
	struct gesso_allocator *allocator, size_t size_bytes, enum gesso_reason_code code)
{
	struct gesso_memory memory = {.fd = -1};
	struct gesso_reason why = {0};
	CHECK(!allocator->impl->allocate(allocator, size_bytes, &memory, &why));
	CHECK_EQUAL(why.code, code);
	CHECK(why.words[0] != '\0');
}

CASE(memfd_failures_have_reasons)
{
	struct gesso_allocator *allocator = open_allocator(&gesso_memfd_allocator);
	fake_kernel.memfd_create = EMFILE;
	check_refused(allocator, 4096, GESSO_REASON_NO_DESCRIPTORS);
	fake_kernel.memfd_create = ENOMEM;
	check_refused(allocator, 4096, GESSO_REASON_NO_MEMORY);
	fake_kernel.memfd_create = 0;
	fake_kernel.ftruncate = ENOSPC;
	check_refused(allocator, 4096, GESSO_REASON_NO_MEMORY);
	fake_kernel.ftruncate = 0;
	fake_kernel.add_seals = EINVAL;
	check_refused(allocator, 4096, GESSO_REASON_KERNEL_ERROR);
	fake_kernel.add_seals = 0;
	check_refused(allocator, SIZE_MAX, GESSO_REASON_OVER_LIMIT);
	allocator->impl->destroy(allocator);
}

CASE(udmabuf_device_failures_have_reasons)
{
	static const struct {
		int error;
		enum gesso_reason_code code;
	} rows[] = {
		{ENOENT, GESSO_REASON_DEVICE_MISSING},
		{ENODEV, GESSO_REASON_DEVICE_MISSING},
		{EACCES, GESSO_REASON_PERMISSION_DENIED},
		{EMFILE, GESSO_REASON_NO_DESCRIPTORS},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct gesso_reason why = {0};
		fake_kernel.open_udmabuf = rows[i].error;
		CHECK(gesso_udmabuf_allocator.create(NULL, &why) == NULL);
		CHECK_EQUAL(why.code, rows[i].code);
		CHECK(strstr(why.words, "/dev/udmabuf") != NULL);
	}
}

CASE(udmabuf_wraps_a_memfd)
{
	fake_kernel.open_udmabuf = -1;
	struct gesso_allocator *allocator = open_allocator(&gesso_udmabuf_allocator);
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	CHECK(allocator->impl->allocate(allocator, 5000, &memory, &why));
	CHECK_EQUAL(fake_kernel.created_bytes, 8192);
	check_memory(&memory, 5000);
	gesso_memory_finish(&memory);
	allocator->impl->destroy(allocator);
}

CASE(udmabuf_failures_have_reasons)
{
	fake_kernel.open_udmabuf = -1;
	struct gesso_allocator *allocator = open_allocator(&gesso_udmabuf_allocator);
	fake_kernel.udmabuf_create = ENOMEM;
	check_refused(allocator, 4096, GESSO_REASON_NO_MEMORY);
	fake_kernel.udmabuf_create = EINVAL;
	check_refused(allocator, 4096, GESSO_REASON_KERNEL_ERROR);
	fake_kernel.udmabuf_create = EMFILE;
	check_refused(allocator, 4096, GESSO_REASON_NO_DESCRIPTORS);
	fake_kernel.udmabuf_create = 0;
	fake_kernel.memfd_create = ENFILE;
	check_refused(allocator, 4096, GESSO_REASON_NO_DESCRIPTORS);
	allocator->impl->destroy(allocator);
}

CASE(finish_takes_nothing)
{
	struct gesso_memory memory = {.fd = -1};
	gesso_memory_finish(&memory);
	gesso_memory_finish(&memory);
}
