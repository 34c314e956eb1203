/* SPDX-License-Identifier: MIT */
#include "allocators/reason.h"
#include "case.h"
#include "gesso-gpu-memory-buffer-v1-protocol.h"
#include <errno.h>
#include <string.h>

CASE(codes_from_errno)
{
	static const struct {
		int error;
		enum gesso_reason_code code;
	} rows[] = {
		{ENOENT, GESSO_REASON_DEVICE_MISSING},
		{ENODEV, GESSO_REASON_DEVICE_MISSING},
		{ENXIO, GESSO_REASON_DEVICE_MISSING},
		{EACCES, GESSO_REASON_PERMISSION_DENIED},
		{EPERM, GESSO_REASON_PERMISSION_DENIED},
		{ENOMEM, GESSO_REASON_NO_MEMORY},
		{ENOSPC, GESSO_REASON_NO_MEMORY},
		{EMFILE, GESSO_REASON_NO_DESCRIPTORS},
		{ENFILE, GESSO_REASON_NO_DESCRIPTORS},
		{EINVAL, GESSO_REASON_KERNEL_ERROR},
		{EIO, GESSO_REASON_KERNEL_ERROR},
		{0, GESSO_REASON_KERNEL_ERROR},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_EQUAL(gesso_reason_code_from_errno(rows[i].error), rows[i].code);
	}
}

#define SAME(name)                                                                                 \
	CHECK_EQUAL(GESSO_REASON_##name, GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name)

CASE(codes_are_those_of_the_protocol)
{
	SAME(NONE);
	SAME(DISABLED);
	SAME(PENDING);
	SAME(DEVICE_MISSING);
	SAME(PERMISSION_DENIED);
	SAME(UNSUPPORTED_FORMAT);
	SAME(OVER_LIMIT);
	SAME(OVER_BUDGET);
	SAME(NO_MEMORY);
	SAME(NO_DESCRIPTORS);
	SAME(IMPORT_FAILED);
	SAME(PROBE_FAILED);
	SAME(KERNEL_ERROR);
	SAME(RENDERER_LOST);
}

CASE(names)
{
	CHECK_STRING(gesso_reason_name(GESSO_REASON_NONE), "none");
	CHECK_STRING(gesso_reason_name(GESSO_REASON_OVER_BUDGET), "over-budget");
	for (int code = GESSO_REASON_NONE; code <= GESSO_REASON_RENDERER_LOST; code++) {
		CHECK(gesso_reason_name(code)[0] != '\0');
		for (int other = 0; other < code; other++) {
			CHECK(strcmp(gesso_reason_name(code), gesso_reason_name(other)) != 0);
		}
	}
	CHECK(gesso_reason_name(GESSO_REASON_RENDERER_LOST + 1) != NULL);
}

CASE(long_words_are_cut)
{
	struct gesso_reason reason;
	char words[400];
	memset(words, 'x', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	gesso_reason_set(&reason, GESSO_REASON_KERNEL_ERROR, "%s", words);
	CHECK_EQUAL(strlen(reason.words), sizeof(reason.words) - 1);
	CHECK_EQUAL(reason.code, GESSO_REASON_KERNEL_ERROR);
	gesso_reason_set(NULL, GESSO_REASON_KERNEL_ERROR, "%s", words);
}
