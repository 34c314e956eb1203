/* SPDX-License-Identifier: MIT */
/* Each call of an allocator into the kernel fails, each way: one path down, nothing else. */
#include "buffer.h"
#include "capture.h"
#include "case.h"
#include "client.h"
#include "fault.h"
#include "proc.h"
#include "report.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON(name) GESSO_GPU_MEMORY_BUFFER_MANAGER_V1_REASON_##name

static const struct {
	int error;
	uint32_t reason;
} errors[] = {
	{ENOENT, REASON(DEVICE_MISSING)},
	{EACCES, REASON(PERMISSION_DENIED)},
	{EPERM, REASON(PERMISSION_DENIED)},
	{EINVAL, REASON(KERNEL_ERROR)},
	{ENOMEM, REASON(NO_MEMORY)},
	{EMFILE, REASON(NO_DESCRIPTORS)},
	{ENOSPC, REASON(NO_MEMORY)},
};
#define ERRORS_LEN (sizeof(errors) / sizeof(errors[0]))
#define SIDE_PX 64

static volatile struct fault *fault_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/fault", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct fault)), 0);
	void *map = mmap(NULL, sizeof(struct fault), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	setenv("GESSO_FAULT", path, 1);
	/* a directory that others may read is no place to keep answers: each start probes anew */
	snprintf(path, sizeof(path), "%s/gesso-probe", getenv("XDG_RUNTIME_DIR"));
	CHECK_EQUAL(mkdir(path, 0755), 0);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_FAULT_SO"), 1);
	return map;
}

static void fault_set(volatile struct fault *fault, enum fault_call call, int error)
{
	fault->call = FAULT_NONE;
	fault->error = error;
	fault->hits = fault->seen = 0;
	fault->call = (int32_t)call;
}

/* Of the allocator with that name only, where it is to open its device or make memory. */
static void fault_set_device(volatile struct fault *fault, const char *allocator)
{
	const char *device = strcmp(allocator, "udmabuf") == 0 ? "/dev/udmabuf"
		: strcmp(allocator, "dma-heap") == 0           ? "/dev/dma_heap/"
							       : "/dev/dri/";
	snprintf((char *)fault->only, sizeof(fault->only), "%s", device);
}

/* The memory is there by then, or Mesa does without. */
static bool is_tolerated(enum fault_call call)
{
	return call == FAULT_DESTROY || call == FAULT_MASTER || call == FAULT_MAP_DUMB ||
		call == FAULT_MAP_NODE;
}

static void fault_end(volatile struct fault *fault)
{
	munmap((void *)fault, sizeof(*fault));
}

static void start(struct server *server)
{
	server_start(server, "--renderer %s --allocator %s --size %dx%d --fullscreen",
		case_fixture("renderer"), case_fixture("allocator"), SIDE_PX, SIDE_PX);
}

/* Paints noise into a buffer of the output's size and looks for it on the screen. */
static void paint_and_check(struct client *client, struct window *window, struct buffer *buffer)
{
	static uint32_t seed;
	struct picture painted, shown;
	picture_init(&painted, SIDE_PX, SIDE_PX, 0);
	picture_fill(&painted, ++seed, false);
	buffer_begin_paint(buffer);
	picture_encode(&painted, buffer->pixels, buffer->stride_bytes, buffer->fourcc);
	buffer_end_paint(buffer);
	window_show(window, buffer);
	capture_output(&shown, client, 0);
	picture_check(&shown, &painted, 0, "window");
	picture_finish(&shown);
	picture_finish(&painted);
}

static void check_window_on(struct client *client, const char *path)
{
	struct window window;
	struct buffer buffer;
	window_create(&window, client, path);
	buffer_create(&buffer, client, path, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	paint_and_check(client, &window, &buffer);
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(client);
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

/* The report says of an allocator what the batch says. */
static void check_told(struct client *client, const struct client_allocator *told)
{
	bool found = false;
	static struct report report;
	report_read(&report, client);
	for (size_t i = 0; i < report.allocators_len; i++) {
		if (strcmp(report.allocators[i].name, told->name) == 0) {
			CHECK_STRING(report.allocators[i].words, told->words);
			found = true;
		}
	}
	CHECK(found);
}

/* The reason is in the batch, in the report, and in the answer to a request. */
static void check_refused(struct client *client, enum fault_call call, size_t error)
{
	uint32_t reason = errors[error].reason;
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

	check_told(client, told);
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
	fault_set(fault, call, errors[error].error);
	start(&server);
	bool hit = fault->hits > 0;
	server_warm_up(&server);
	client_connect(&client, &server);
	if (hit && !is_tolerated(call)) {
		check_refused(&client, call, error);
	} else {
		CHECK_INT(>, client.batch.formats_len, 0);
	}
	check_window_on(&client, "shm");
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
		size_t first = (size_t)call % ERRORS_LEN;
		bool hit = check_start(fault, (enum fault_call)call, first);
		CHECK(hit);
		printf("call %d is failed at the start\n", call);
		for (size_t i = 0; call == FAULT_OPEN && i < ERRORS_LEN; i++) {
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
	fault_set(fault, call, errors[error].error);
	buffer_request(&buffer, client, 33, 17, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	bool hit = fault->hits > 0;
	fault->call = FAULT_NONE;
	if (hit && !is_tolerated(call) && call != FAULT_SYNC) {
		CHECK_EQUAL(buffer.state, BUFFER_FAILED);
		check_reason(buffer.reason, errors[error].reason, call);
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
		check_window_on(client, "native");
		check_window_on(client, "shm");
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
	start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	CHECK_INT(>, client.batch.formats_len, 0);
	CHECK(!check_request(&client, fault, FAULT_NONE, 0));
	uint32_t seen = fault->seen;
	for (int call = first_call(); call < FAULT_CALLS_LEN; call++) {
		for (size_t error = 0; error < ERRORS_LEN; error++) {
			if ((seen & (1u << call)) != 0) {
				calls +=
					check_request(&client, fault, (enum fault_call)call, error);
			}
		}
	}
	CHECK_INT(>=, calls, (is_gles2() ? 1 : 2) * (int)ERRORS_LEN);
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
	start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "shown");
	buffer_create(&buffer, &client, "native", SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	paint_and_check(&client, &window, &buffer);
	for (int call = first_call(); call < FAULT_CALLS_LEN; call++) {
		for (size_t error = 0; error < ERRORS_LEN; error++) {
			fault_set(fault, (enum fault_call)call, errors[error].error);
			surface_commit_wait(&client, window.surface, &buffer);
			fault_set(fault, FAULT_NONE, 0);
			paint_and_check(&client, &window, &buffer);
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

/* The two names of fixture allocator=. */
static const char *split_pair(char first[32])
{
	snprintf(first, 32, "%s", case_fixture("allocator"));
	char *second = strchr(first, ',');
	CHECK(second != NULL);
	*second = '\0';
	case_need_allocator(second + 1);
	return second + 1;
}

static void check_made_by(struct client *client, struct window *window, const char *allocator)
{
	struct buffer buffer;
	buffer_create(&buffer, client, "native", SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	CHECK_STRING(buffer.allocator, allocator);
	paint_and_check(client, window, &buffer);
	paint_and_check(client, window, &buffer);
	buffer_destroy(&buffer);
}

/* The chain's failures are told in the report: of `allocator` so many, the last for `reason`. */
static void check_failures(
	struct client *client, const char *allocator, uint64_t failures, uint32_t reason)
{
	static struct report report;
	report_read(&report, client);
	const struct report_order *order = report_find_order(&report, allocator);
	CHECK_EQUAL(order->failures, failures);
	CHECK_EQUAL(order->reason, reason);
	CHECK(order->words[0] != '\0');
}

/* One allocator of the list refuses: what it would have made is made by the one behind it. */
CASE(falls_through)
{
	char first[32];
	const char *second = split_pair(first);
	volatile struct fault *fault = fault_begin();
	struct server server;
	struct client client;
	struct window window;
	fault_set(fault, FAULT_OPEN, EPERM);
	fault_set_device(fault, first);
	start(&server);
	CHECK_INT(>, fault->hits, 0);
	server_warm_up(&server);
	client_connect(&client, &server);
	const struct client_allocator *refused = client_find_allocator(&client, first);
	const struct client_allocator *taken = client_find_allocator(&client, second);
	CHECK(refused != NULL && taken != NULL);
	CHECK_EQUAL(refused->reason, REASON(PERMISSION_DENIED));
	CHECK_EQUAL(taken->reason, 0);
	check_told(&client, refused);
	window_create(&window, &client, "falls_through");
	check_made_by(&client, &window, second);
	window_destroy(&window);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	fault_end(fault);
}

/* Both are proved; then the first refuses its ioctl, and at last the second does too. */
CASE(falls_through_later)
{
	char first[32];
	const char *second = split_pair(first);
	case_need_allocator(first);
	volatile struct fault *fault = fault_begin();
	struct server server;
	struct client client;
	struct window window;
	start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "falls_through_later");
	check_made_by(&client, &window, first);
	for (size_t error = 0; error < ERRORS_LEN; error++) {
		fault_set(fault, FAULT_IOCTL, errors[error].error);
		fault_set_device(fault, first);
		check_made_by(&client, &window, second);
		CHECK_EQUAL(fault->hits, 1);
		check_failures(&client, first, error + 1, errors[error].reason);
	}
	struct buffer buffer;
	fault_set(fault, FAULT_IOCTL, ENOMEM);
	fault->only[0] = '\0';
	buffer_request(&buffer, &client, SIDE_PX, SIDE_PX, DRM_FORMAT_XRGB8888);
	buffer_wait_answer(&buffer);
	CHECK_EQUAL(buffer.state, BUFFER_FAILED);
	CHECK_EQUAL(buffer.reason, REASON(NO_MEMORY));
	buffer_destroy(&buffer);
	check_failures(&client, second, 1, REASON(NO_MEMORY));
	check_window_on(&client, "shm");
	fault_set(fault, FAULT_NONE, 0);
	check_made_by(&client, &window, first);
	window_destroy(&window);
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
	for (size_t error = 0; error < ERRORS_LEN; error++) {
		fault_set(fault, FAULT_IOCTL, errors[error].error);
		CHECK_EQUAL(show_shm(&client, &window), errors[error].reason);
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
