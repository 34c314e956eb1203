/* SPDX-License-Identifier: MIT */
#ifndef GESSO_REASON_H
#define GESSO_REASON_H

/*
 * Why something was refused: a code for programs and words for people. Made
 * where errno is fresh, kept by whoever was refused, and passed on unchanged to
 * the log, the memory report and the client.
 */

/*
 * The values to RENDERER_LOST are those of gesso_gpu_memory_buffer_manager_v1.reason,
 * those after it of gesso_memory_report_v1.shm_reason.
 */
enum gesso_reason_code {
	GESSO_REASON_NONE = 0,
	GESSO_REASON_DISABLED = 1,
	GESSO_REASON_PENDING = 2,
	GESSO_REASON_DEVICE_MISSING = 3,
	GESSO_REASON_PERMISSION_DENIED = 4,
	GESSO_REASON_UNSUPPORTED_FORMAT = 5,
	GESSO_REASON_OVER_LIMIT = 6,
	GESSO_REASON_OVER_BUDGET = 7,
	GESSO_REASON_NO_MEMORY = 8,
	GESSO_REASON_NO_DESCRIPTORS = 9,
	GESSO_REASON_IMPORT_FAILED = 10,
	GESSO_REASON_PROBE_FAILED = 11,
	GESSO_REASON_KERNEL_ERROR = 12,
	GESSO_REASON_RENDERER_LOST = 13,
	/* why a wl_shm buffer is not imported */
	GESSO_REASON_NOT_MEMFD = 14,
	GESSO_REASON_NOT_SEALED = 15,
	GESSO_REASON_WRITE_SEALED = 16,
	GESSO_REASON_OFFSET_UNALIGNED = 17,
	GESSO_REASON_STRIDE_UNALIGNED = 18,
	GESSO_REASON_BEYOND_FILE = 19,
	GESSO_REASON_SMALL = 20,
	GESSO_REASON_SINGLE_BUFFERED = 21,
	GESSO_REASON_NEW_BUFFERS = 22,
	GESSO_REASON_WATCHING = 23,
};

struct gesso_reason {
	enum gesso_reason_code code;
	char words[160]; /* one line, no full stop, empty when code is NONE */
};

/* Sets both. Cuts words that do not fit. `reason` may be NULL. */
void gesso_reason_set(struct gesso_reason *reason, enum gesso_reason_code code, const char *format,
	...) __attribute__((format(printf, 3, 4)));

/*
 * The code that stands for an errno value: ENOENT, ENODEV, ENXIO give
 * DEVICE_MISSING; EACCES, EPERM PERMISSION_DENIED; ENOMEM, ENOSPC NO_MEMORY;
 * EMFILE, ENFILE NO_DESCRIPTORS; all others KERNEL_ERROR.
 */
enum gesso_reason_code gesso_reason_code_from_errno(int error);

/* Short lower-case name, such as "over-budget". Never NULL. */
const char *gesso_reason_name(enum gesso_reason_code code);

#endif
