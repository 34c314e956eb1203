/* SPDX-License-Identifier: MIT */
/* Each call of an allocator into the kernel fails, each way: one path down, nothing else. */
#include "case.h"
#include "faulted.h"
#include "proc.h"
#include "report.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The memory is there by then, or Mesa does without. */
static bool is_tolerated(enum fault_call call)
{
	return call == FAULT_DESTROY || call == FAULT_ABILITY || call == FAULT_MASTER ||
		call == FAULT_MAP_DUMB || call == FAULT_MAP_NODE;
}

/*
 * Which error it was is lost where Mesa calls on after the one that failed, and where
 * a bracket fails, which the helper or the allocator only knows to have failed.
 */
static void check_reason(uint32_t told, uint32_t expected, enum fault_call call)
{
	bool gbm = strcmp(case_fixture("allocator"), "gbm") == 0;
	bool lost = call == FAULT_SYNC || call == FAULT_SEEK ||
		(gbm && (call == FAULT_IOCTL || call == FAULT_ABILITY));
	if (!lost || told != REASON(KERNEL_ERROR)) {
		CHECK_EQUAL(told, expected);
	}
}

/* The reason is in the batch, in the report, and in the answer to a request. */
static void check_refused(struct client *client, enum fault_call call, size_t error)
{
	uint32_t reason = fault_errors[error].reason;
	const char *name = case_fixture("allocator");
	const struct client_allocator *told = client_find_allocator(client, name);
	CHECK(told != NULL);
	if (call == FAULT_SYNC && told->reason == REASON(PROBE_FAILED)) {
		reason = told->reason; /* it is the helper that reads */
	}
	check_reason(told->reason, reason, call);
	reason = told->reason;
	CHECK(told->words[0] != '\0');
	CHECK_EQUAL(client->batch.formats_len, 0);

	faulted_check_told(client, told);
	struct buffer buffer;
	buffer_request(&buffer, client, 16, 16, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	CHECK_EQUAL(buffer.reason, reason);
	buffer_destroy(&buffer);
	client_roundtrip(client);
}

/* True if the call is one of this allocator's. */
static bool check_start(volatile struct fault *fault, enum fault_call call, size_t error)
{
	struct server server;
	struct client client;
	fault_set(fault, call, fault_errors[error].error);
	faulted_start(&server);
	bool hit = fault->hits > 0;
	server_warm_up(&server);
	client_connect(&client, &server);
	if (hit && !is_tolerated(call)) {
		check_refused(&client, call, error);
	} else {
		CHECK_INT(>, client.batch.formats_len, 0);
	}
	faulted_check_window(&client, "shm");
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	return hit;
}

CASE(at_the_start)
{
	case_need_allocator(case_fixture("allocator"));
	volatile struct fault *fault = fault_begin();
	int calls = 0;
	case_set_deadline(100);
	CHECK(!check_start(fault, FAULT_NONE, 0));
	uint32_t seen = fault->seen;
	for (int call = FAULT_NONE + 1; call < FAULT_CALLS_LEN; call++) {
		if ((seen & (1u << call)) == 0) {
			continue; /* no call of this allocator's */
		}
		/* Only an open happens nowhere else: the others have all errors below. */
		size_t first = (size_t)call % FAULT_ERRORS_LEN;
		bool hit = check_start(fault, (enum fault_call)call, first);
		CHECK(hit);
		printf("call %d is failed at the start\n", call);
		for (size_t i = 0; call == FAULT_OPEN && i < FAULT_ERRORS_LEN; i++) {
			if (i != first) {
				CHECK(check_start(fault, FAULT_OPEN, i));
			}
		}
		calls += hit;
	}
	CHECK_INT(>=, calls, 2);
	fault_end(fault);
}

static bool is_gles2(void)
{
	return strcmp(case_fixture("renderer"), "gles2") == 0;
}

/* What comes before the import is the same on all renderers. */
static int first_call(void)
{
	return is_gles2() ? FAULT_MMAP : FAULT_OPEN + 1;
}

/* One request that meets the fault, and one after it that does not. True if it was met. */
static bool check_request(
	struct client *client, volatile struct fault *fault, enum fault_call call, size_t error)
{
	struct buffer buffer;
	fault_set(fault, call, fault_errors[error].error);
	buffer_request(&buffer, client, 33, 17, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	bool hit = fault->hits > 0;
	fault->call = FAULT_NONE;
	if (hit && !is_tolerated(call) && call != FAULT_SYNC) {
		CHECK_EQUAL(buffer.state, BUFFER_FAILED);
		check_reason(buffer.reason, fault_errors[error].reason, call);
		CHECK(buffer.words[0] != '\0');
	} else if (buffer.state == BUFFER_FAILED) {
		CHECK_EQUAL(call, FAULT_SYNC);
		CHECK_EQUAL(buffer.reason, REASON(KERNEL_ERROR));
	} else {
		CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
		buffer_map(&buffer);
	}
	buffer_destroy(&buffer);
	if (hit) {
		faulted_check_window(client, "native");
		faulted_check_window(client, "shm");
	}
	return hit;
}

CASE(later)
{
	case_need_allocator(case_fixture("allocator"));
	volatile struct fault *fault = fault_begin();
	struct server server;
	struct client client;
	int calls = 0;
	faulted_start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	CHECK_INT(>, client.batch.formats_len, 0);
	CHECK(!check_request(&client, fault, FAULT_NONE, 0));
	uint32_t seen = fault->seen;
	for (int call = first_call(); call < FAULT_CALLS_LEN; call++) {
		for (size_t error = 0; error < FAULT_ERRORS_LEN; error++) {
			if ((seen & (1u << call)) != 0) {
				calls +=
					check_request(&client, fault, (enum fault_call)call, error);
			}
		}
	}
	CHECK_INT(>=, calls, (is_gles2() ? 1 : 2) * (int)FAULT_ERRORS_LEN);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	fault_end(fault);
}

/*
 * The fault comes while a native window is shown, at the compositor's own reading: that
 * frame may lack it, the next one has it, and nothing else is lost.
 */
CASE(while_shown)
{
	case_need_allocator(case_fixture("allocator"));
	volatile struct fault *fault = fault_begin();
	struct server server;
	struct client client;
	struct window window;
	struct buffer buffer;
	case_set_deadline(100);
	faulted_start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "shown");
	buffer_create(&buffer, &client, "native", SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	faulted_paint(&client, &window, &buffer);
	for (int call = first_call(); call < FAULT_CALLS_LEN; call++) {
		for (size_t error = 0; error < FAULT_ERRORS_LEN; error++) {
			fault_set(fault, (enum fault_call)call, fault_errors[error].error);
			surface_commit_wait(&client, window.surface, &buffer);
			fault_set(fault, FAULT_NONE, 0);
			faulted_paint(&client, &window, &buffer);
		}
	}
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	fault_end(fault);
}

/* Shows a new buffer of the client's own; the reason why it was uploaded, 0 if it was not. */
static uint32_t show_shm(struct client *client, struct window *window)
{
	struct buffer buffer;
	struct report report;
	buffer_create_shm_tight(&buffer, client, 64, 64, 64 * 4, DRM_FORMAT_XRGB8888);
	window_show(window, &buffer);
	report_read(&report, client);
	const struct report_surface *surface = report_find_surface(&report, 64, 64);
	CHECK(surface != NULL);
	CHECK_EQUAL(surface->path,
		surface->reason == 0 ? GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT
				     : GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD);
	buffer_destroy(&buffer);
	return surface->reason;
}

/* Where a client's pool cannot be wrapped its window is uploaded, and the next one is not. */
CASE(shm_import)
{
	case_need_allocator(case_fixture("allocator"));
	volatile struct fault *fault = fault_begin();
	struct server server;
	struct client client;
	struct window window;
	server_start(&server, "--renderer gles2 --allocator %s --shm import --size 64x64",
		case_fixture("allocator"));
	server_warm_up(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "shm");
	CHECK_EQUAL(show_shm(&client, &window), 0);
	for (size_t error = 0; error < FAULT_ERRORS_LEN; error++) {
		fault_set(fault, FAULT_IOCTL, fault_errors[error].error);
		CHECK_EQUAL(show_shm(&client, &window), fault_errors[error].reason);
		CHECK_EQUAL(fault->hits, 1);
		fault_set(fault, FAULT_NONE, 0);
		CHECK_EQUAL(show_shm(&client, &window), 0);
	}
	fault_set(fault, FAULT_MMAP, ENOMEM);
	CHECK_EQUAL(show_shm(&client, &window), REASON(NO_MEMORY));
	CHECK_INT(>, fault->hits, 0);
	fault_set(fault, FAULT_NONE, 0);
	CHECK_EQUAL(show_shm(&client, &window), 0);
	struct buffer last;
	buffer_create_shm(&last, &client, 64, 64, DRM_FORMAT_XRGB8888);
	window_show(&window, &last); /* llvmpipe keeps the last import until it draws another */
	buffer_destroy(&last);
	window_destroy(&window);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	fault_end(fault);
}
