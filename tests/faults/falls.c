/* SPDX-License-Identifier: MIT */
/* An allocator refuses, and what is behind it in the list gives the memory. */
#include "case.h"
#include "faulted.h"
#include "report.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	faulted_paint(client, window, &buffer);
	faulted_paint(client, window, &buffer);
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
	faulted_start(&server);
	CHECK_INT(>, fault->hits, 0);
	server_warm_up(&server);
	client_connect(&client, &server);
	const struct client_allocator *refused = client_find_allocator(&client, first);
	const struct client_allocator *taken = client_find_allocator(&client, second);
	CHECK(refused != NULL && taken != NULL);
	CHECK_EQUAL(refused->reason, REASON(PERMISSION_DENIED));
	CHECK_EQUAL(taken->reason, 0);
	faulted_check_told(&client, refused);
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
	faulted_start(&server);
	server_warm_up(&server);
	client_connect(&client, &server);
	window_create(&window, &client, "falls_through_later");
	check_made_by(&client, &window, first);
	for (size_t error = 0; error < FAULT_ERRORS_LEN; error++) {
		fault_set(fault, FAULT_IOCTL, fault_errors[error].error);
		fault_set_device(fault, first);
		check_made_by(&client, &window, second);
		CHECK_EQUAL(fault->hits, 1);
		check_failures(&client, first, error + 1, fault_errors[error].reason);
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
	faulted_check_window(&client, "shm");
	fault_set(fault, FAULT_NONE, 0);
	check_made_by(&client, &window, first);
	window_destroy(&window);
	client_roundtrip(&client);
	client_disconnect(&client);
	server_check_empty(&server);
	server_stop(&server);
	fault_end(fault);
}
