/* SPDX-License-Identifier: MIT */
/* Each refusal of each call that dma-heap, vgem and gbm make: a reason, and nothing left. */
#include "allocators/allocator.h"
#include "case.h"
#include "fake_devices.h"
#include "proc.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BY_ERRNO GESSO_REASON_NONE

/* What every call may say, and what that is to a client. */
static const struct {
	int error;
	enum gesso_reason_code code;
} errors[] = {
	{ENOENT, GESSO_REASON_DEVICE_MISSING},
	{EACCES, GESSO_REASON_PERMISSION_DENIED},
	{EINVAL, GESSO_REASON_KERNEL_ERROR},
	{ENOMEM, GESSO_REASON_NO_MEMORY},
	{EMFILE, GESSO_REASON_NO_DESCRIPTORS},
	{ENOSPC, GESSO_REASON_NO_MEMORY},
};
#define ERRORS_LEN (sizeof(errors) / sizeof(errors[0]))

struct call {
	enum fake_call call;
	enum gesso_reason_code code; /* BY_ERRNO, or always the same */
	const char *words;           /* among the reason's */
};

/* The calls that create and allocate make, each table ended by FAKE_NOTHING. */
struct row {
	const struct gesso_allocator_impl *impl;
	struct call create[6], allocate[8];
};

static const struct row rows[] = {
	{&gesso_dma_heap_allocator,
		{{FAKE_OPEN, BY_ERRNO, "/dev/dma_heap/system: "},
			{FAKE_CALLOC, GESSO_REASON_NO_MEMORY, "no memory"}},
		{{FAKE_HEAP_ALLOC, BY_ERRNO, "DMA_HEAP_IOCTL_ALLOC of "}}},
	{&gesso_vgem_allocator,
		{{FAKE_GET_DEVICES, GESSO_REASON_DEVICE_MISSING, "no DRM device is vgem's"},
			{FAKE_OPEN, BY_ERRNO, "/dev/dri/card0: "},
			{FAKE_VERSION, BY_ERRNO, "DRM_IOCTL_VERSION on /dev/dri/card0: "},
			{FAKE_CALLOC, GESSO_REASON_NO_MEMORY, "no memory"}},
		{{FAKE_CREATE_DUMB, BY_ERRNO, "DRM_IOCTL_MODE_CREATE_DUMB of "},
			{FAKE_EXPORT, BY_ERRNO, "DRM_IOCTL_PRIME_HANDLE_TO_FD of "}}},
	{&gesso_gbm_allocator,
		{{FAKE_GET_DEVICES, GESSO_REASON_DEVICE_MISSING, "no DRM device but vgem's"},
			{FAKE_OPEN, BY_ERRNO, "/dev/dri/card1: "},
			{FAKE_VERSION, BY_ERRNO, "DRM_IOCTL_VERSION on /dev/dri/card1: "},
			{FAKE_CALLOC, GESSO_REASON_NO_MEMORY, "no memory"}},
		{{FAKE_CREATE_BO, BY_ERRNO, "gbm_bo_create of "},
			{FAKE_EXPORT, BY_ERRNO, "DRM_IOCTL_PRIME_HANDLE_TO_FD on "},
			{FAKE_SEEK, BY_ERRNO, "/dev/dri/card1: "},
			{FAKE_MMAP, BY_ERRNO, "mmap of "},
			{FAKE_SYNC_BEGIN, GESSO_REASON_KERNEL_ERROR, "DMA_BUF_IOCTL_SYNC"},
			{FAKE_SYNC_END, GESSO_REASON_KERNEL_ERROR, "DMA_BUF_IOCTL_SYNC"}}},
};
#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))

static bool allocate(
	struct gesso_allocator *allocator, struct gesso_memory *memory, struct gesso_reason *why)
{
	struct gesso_layout layout;
	CHECK(gesso_layout_init(&layout, 37, 29, DRM_FORMAT_XRGB8888, 256));
	*memory = (struct gesso_memory){.fd = -1};
	return gesso_allocator_allocate(allocator, &layout, memory, why);
}

static struct gesso_allocator *create(const struct row *row)
{
	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = row->impl->create(NULL, &why);
	if (allocator == NULL) {
		FAIL("%s: %s", row->impl->name, why.words);
	}
	return allocator;
}

static void fail_calls(enum fake_call call, int error)
{
	fake_devices.fails = call;
	fake_devices.error = error;
	fake_devices.hits = 0;
}

/* Zeroed, CLOEXEC, and nothing but the descriptor is left of making it. */
static void check_good(struct gesso_allocator *allocator)
{
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	if (!allocate(allocator, &memory, &why)) {
		FAIL("%s: %s", allocator->impl->name, why.words);
	}
	CHECK_EQUAL(fcntl(memory.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	CHECK_EQUAL(fake_devices.handles, 0);
	CHECK_EQUAL(fake_devices.bos, 0);
	unsigned char *map = mmap(NULL, memory.size_bytes, PROT_READ, MAP_SHARED, memory.fd, 0);
	CHECK(map != MAP_FAILED);
	for (size_t i = 0; i < memory.size_bytes; i++) {
		CHECK_EQUAL(map[i], 0);
	}
	munmap(map, memory.size_bytes);
	gesso_memory_finish(&memory);
}

static void check_reason(const struct gesso_reason *why, const struct call *call, size_t error)
{
	CHECK_INT(>, fake_devices.hits, 0);
	CHECK_EQUAL(why->code, call->code != BY_ERRNO ? call->code : errors[error].code);
	if (strstr(why->words, call->words) == NULL) {
		FAIL("'%s' does not say '%s'", why->words, call->words);
	}
	if (call->code == BY_ERRNO && strstr(why->words, strerror(errors[error].error)) == NULL) {
		FAIL("'%s' does not say '%s'", why->words, strerror(errors[error].error));
	}
}

static void check_nothing_left(int descriptors)
{
	if (proc_count_descriptors(getpid()) != descriptors) {
		proc_print_descriptors(getpid(), stderr);
		FAIL("a descriptor is left");
	}
	CHECK_EQUAL(fake_devices.handles, 0);
	CHECK_EQUAL(fake_devices.bos, 0);
	CHECK_EQUAL(fake_devices.device_lists, 0);
	CHECK_EQUAL(fake_devices.versions, 0);
}

static void check_create(const struct row *row, const struct call *call, size_t error)
{
	struct gesso_reason why = {0};
	int descriptors = proc_count_descriptors(getpid());
	fail_calls(call->call, errors[error].error);
	CHECK(row->impl->create(NULL, &why) == NULL);
	check_reason(&why, call, error);
	fail_calls(FAKE_NOTHING, 0);
	check_nothing_left(descriptors);
}

CASE(create_is_refused)
{
	for (size_t i = 0; i < ROWS_LEN; i++) {
		for (const struct call *call = rows[i].create; call->call != FAKE_NOTHING; call++) {
			for (size_t error = 0; error < ERRORS_LEN; error++) {
				check_create(&rows[i], call, error);
			}
		}
	}
}

/* The first use of GBM makes its device, so a fault may come before that or later. */
static void check_allocate(
	const struct row *row, const struct call *call, size_t error, bool used_before)
{
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	int outside = proc_count_descriptors(getpid());
	struct gesso_allocator *allocator = create(row);
	if (used_before) {
		check_good(allocator);
	}
	int descriptors = proc_count_descriptors(getpid());
	fail_calls(call->call, errors[error].error);
	CHECK(!allocate(allocator, &memory, &why));
	check_reason(&why, call, error);
	fail_calls(FAKE_NOTHING, 0);
	check_nothing_left(descriptors);
	check_good(allocator);
	row->impl->destroy(allocator);
	check_nothing_left(outside);
	CHECK_EQUAL(fake_devices.gbm_devices, 0);
}

CASE(allocate_is_refused)
{
	for (size_t i = 0; i < ROWS_LEN; i++) {
		for (const struct call *call = rows[i].allocate; call->call != FAKE_NOTHING;
			call++) {
			for (size_t error = 0; error < ERRORS_LEN; error++) {
				check_allocate(&rows[i], call, error, false);
				check_allocate(&rows[i], call, error, true);
			}
		}
	}
}

CASE(gbm_device_is_refused)
{
	static const struct call call = {
		FAKE_CREATE_DEVICE, GESSO_REASON_DEVICE_MISSING, "GBM has no driver"};
	for (size_t error = 0; error < ERRORS_LEN; error++) {
		check_allocate(&rows[2], &call, error, false);
	}
}

/* What the driver lays out is believed only if it can be. */
CASE(gbm_layouts_that_lie)
{
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = create(&rows[2]);
	check_good(allocator);
	int descriptors = proc_count_descriptors(getpid());
	static const unsigned strides[] = {37 * 4 - 1, 1 << 20};
	for (size_t i = 0; i < 2; i++) {
		fake_devices.stride_bytes = strides[i];
		CHECK(!allocate(allocator, &memory, &why));
		CHECK_EQUAL(why.code, GESSO_REASON_KERNEL_ERROR);
		CHECK(strstr(why.words, "stride") != NULL);
		check_nothing_left(descriptors);
	}
	fake_devices.stride_bytes = 0;
	fake_devices.no_format = true;
	CHECK(!allocate(allocator, &memory, &why));
	CHECK_EQUAL(why.code, GESSO_REASON_UNSUPPORTED_FORMAT);
	CHECK(strstr(why.words, "XRGB8888") != NULL);
	check_nothing_left(descriptors);
	allocator->impl->destroy(allocator);
}

/* GBM may hand out what another client painted. */
CASE(gbm_memory_is_zeroed)
{
	fake_devices.dirty = true;
	struct gesso_allocator *allocator = create(&rows[2]);
	check_good(allocator);
	allocator->impl->destroy(allocator);
	CHECK_EQUAL(fake_devices.gbm_devices, 0);
}

static struct gesso_allocator *create_gbm(const char *renderer_node)
{
	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = gesso_gbm_allocator.create(renderer_node, &why);
	CHECK(allocator != NULL);
	return allocator;
}

static void end_gbm(struct gesso_allocator *allocator, int descriptors)
{
	allocator->impl->destroy(allocator);
	check_nothing_left(descriptors);
	CHECK_EQUAL(fake_devices.gbm_devices, 0);
}

/* A card that GBM cannot allocate on is not the end of it. */
CASE(gbm_tries_the_next_card)
{
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	int descriptors = proc_count_descriptors(getpid());
	fake_devices.second_card = true;
	fake_devices.no_gbm_card = 1;
	struct gesso_allocator *allocator = create_gbm(NULL);
	check_good(allocator);
	CHECK_STRING(allocator->device, "/dev/dri/card2");
	end_gbm(allocator, descriptors);

	allocator = create_gbm(NULL);
	fail_calls(FAKE_CREATE_BO, ENOMEM);
	CHECK(!allocate(allocator, &memory, &why));
	CHECK_EQUAL(why.code, GESSO_REASON_NO_MEMORY);
	fail_calls(FAKE_NOTHING, 0);
	fake_devices.no_gbm_card = 2;
	check_good(allocator);
	CHECK_STRING(allocator->device, "/dev/dri/card1");
	end_gbm(allocator, descriptors);
}

CASE(gbm_begins_with_the_renderers_card)
{
	static const char *const nodes[] = {"/dev/dri/renderD129", "/dev/dri/card2"};
	int descriptors = proc_count_descriptors(getpid());
	fake_devices.second_card = true;
	for (size_t i = 0; i < 2; i++) {
		struct gesso_allocator *allocator = create_gbm(nodes[i]);
		CHECK_STRING(allocator->device, "/dev/dri/renderD129");
		check_good(allocator);
		CHECK_STRING(allocator->device, "/dev/dri/card2");
		end_gbm(allocator, descriptors);
	}
}

/* What was proved on one card is no proof once there is another that might be used. */
CASE(gbm_names_its_cards_before_the_first_use)
{
	struct gesso_allocator *one = create_gbm(NULL);
	fake_devices.second_card = true;
	struct gesso_allocator *two = create_gbm(NULL), *again = create_gbm(NULL);
	struct gesso_allocator *other_first = create_gbm("/dev/dri/card2");
	CHECK_STRING(one->device, "/dev/dri/renderD128");
	CHECK(one->devices_key != 0);
	CHECK(two->devices_key != one->devices_key);
	CHECK(two->devices_key == again->devices_key);
	CHECK(strcmp(other_first->device, two->device) != 0);
	struct gesso_allocator *const all[] = {one, two, again, other_first};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		all[i]->impl->destroy(all[i]);
	}
}

/* Whoever opens a card first is its master, which the display needs to be. */
CASE(gbm_gives_the_display_back)
{
	struct gesso_allocator *allocator = create(&rows[2]);
	CHECK(!fake_devices.master);
	allocator->impl->destroy(allocator);
	fail_calls(FAKE_DROP_MASTER, EACCES);
	allocator = create(&rows[2]);
	check_good(allocator);
	allocator->impl->destroy(allocator);
}

/* The memory is the descriptor's by then: a handle that stays is the kernel's fault. */
CASE(vgem_handle_that_stays)
{
	struct gesso_memory memory;
	struct gesso_reason why = {0};
	struct gesso_allocator *allocator = create(&rows[1]);
	fail_calls(FAKE_DESTROY_DUMB, EINVAL);
	CHECK(allocate(allocator, &memory, &why));
	gesso_memory_finish(&memory);
	allocator->impl->destroy(allocator);
}
