/* SPDX-License-Identifier: MIT */
#include "allocators/reason.h"
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

void gesso_reason_set(
	struct gesso_reason *reason, enum gesso_reason_code code, const char *format, ...)
{
	if (reason == NULL) {
		return;
	}
	reason->code = code;
	va_list args;
	va_start(args, format);
	vsnprintf(reason->words, sizeof(reason->words), format, args);
	va_end(args);
}

enum gesso_reason_code gesso_reason_code_from_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return GESSO_REASON_DEVICE_MISSING;
	case EACCES:
	case EPERM:
		return GESSO_REASON_PERMISSION_DENIED;
	case ENOMEM:
	case ENOSPC:
		return GESSO_REASON_NO_MEMORY;
	case EMFILE:
	case ENFILE:
		return GESSO_REASON_NO_DESCRIPTORS;
	default:
		return GESSO_REASON_KERNEL_ERROR;
	}
}

const char *gesso_reason_name(enum gesso_reason_code code)
{
	static const char *const names[] = {
		[GESSO_REASON_NONE] = "none",
		[GESSO_REASON_DISABLED] = "disabled",
		[GESSO_REASON_PENDING] = "pending",
		[GESSO_REASON_DEVICE_MISSING] = "device-missing",
		[GESSO_REASON_PERMISSION_DENIED] = "permission-denied",
		[GESSO_REASON_UNSUPPORTED_FORMAT] = "unsupported-format",
		[GESSO_REASON_OVER_LIMIT] = "over-limit",
		[GESSO_REASON_OVER_BUDGET] = "over-budget",
		[GESSO_REASON_NO_MEMORY] = "no-memory",
		[GESSO_REASON_NO_DESCRIPTORS] = "no-descriptors",
		[GESSO_REASON_IMPORT_FAILED] = "import-failed",
		[GESSO_REASON_PROBE_FAILED] = "probe-failed",
		[GESSO_REASON_KERNEL_ERROR] = "kernel-error",
		[GESSO_REASON_RENDERER_LOST] = "renderer-lost",
		[GESSO_REASON_NOT_MEMFD] = "not-memfd",
		[GESSO_REASON_NOT_SEALED] = "not-sealed",
		[GESSO_REASON_WRITE_SEALED] = "write-sealed",
		[GESSO_REASON_OFFSET_UNALIGNED] = "offset-unaligned",
		[GESSO_REASON_STRIDE_UNALIGNED] = "stride-unaligned",
		[GESSO_REASON_BEYOND_FILE] = "beyond-file",
		[GESSO_REASON_SMALL] = "small",
		[GESSO_REASON_SINGLE_BUFFERED] = "single-buffered",
		[GESSO_REASON_NEW_BUFFERS] = "new-buffers",
		[GESSO_REASON_WATCHING] = "watching",
	};
	if ((size_t)code >= sizeof(names) / sizeof(names[0])) {
		return "unknown";
	}
	return names[code];
}
