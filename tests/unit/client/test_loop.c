/* SPDX-License-Identifier: MIT */
/* What a loop that is not the library's own relies on: no wakeup is lost, nothing waits. */
#include "check.h"
#include "frames.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

static void sleep_ms(int ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* Lets the server answer what was sent, and leaves the answer to be read. */
static void let_answer(struct fake_server *server)
{
	wl_display_flush(server->client_display);
	wl_event_loop_dispatch(wl_display_get_event_loop(server->display), 0);
	wl_display_flush_clients(server->display);
}

static int timeout_ms(const struct fake_server *server)
{
	return gesso_client_next_timeout_ms(server->gesso);
}

static struct gesso_swapchain *create_moving(struct fake_server *server)
{
	struct gesso_swapchain *swapchain =
		gesso_swapchain_create(server->gesso, server->surface, 33, 17, DRM_FORMAT_XRGB8888,
			&(struct gesso_swapchain_options){.still_timeout_ms = -1});
	CHECK(swapchain);
	return swapchain;
}

/* What window a has dispatched is what window b waits for: the loop must not sleep on it. */
static void test_taken_by_another(void)
{
	struct fake_server server = {0};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *a = create_moving(&server), *b = create_moving(&server);
	fake_pump(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame(b, &frame), GESSO_BUSY);
	let_answer(&server);
	wl_display_prepare_read(server.client_display);
	wl_display_read_events(server.client_display);
	CHECK_EQUAL(gesso_swapchain_begin_frame(a, &frame), GESSO_BUSY);
	CHECK_EQUAL(timeout_ms(&server), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(gesso_swapchain_begin_frame(b, &frame), GESSO_OK);
	CHECK(timeout_ms(&server) != 0);
	gesso_swapchain_destroy(b);
	frames_finish(&server, a);
}

/* The same when a has waited. */
static void test_taken_by_a_wait(void)
{
	struct fake_server server = {0};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *a = create_moving(&server), *b = create_moving(&server);
	fake_pump(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame(b, &frame), GESSO_BUSY);
	CHECK_EQUAL(gesso_swapchain_begin_frame(a, &frame), GESSO_BUSY);
	let_answer(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(a, 1000, &frame), GESSO_OK);
	CHECK_EQUAL(timeout_ms(&server), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(gesso_swapchain_begin_frame(b, &frame), GESSO_OK);
	gesso_swapchain_destroy(b);
	frames_finish(&server, a);
}

/* Another reader has emptied the socket: poll would not wake. */
static void test_read_by_another(void)
{
	struct fake_server server = {0};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *swapchain = create_moving(&server);
	fake_pump(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_BUSY);
	CHECK(timeout_ms(&server) > 0);
	let_answer(&server);
	CHECK_EQUAL(wl_display_prepare_read(server.client_display), 0);
	CHECK_EQUAL(wl_display_read_events(server.client_display), 0);
	struct pollfd socket = {.fd = wl_display_get_fd(server.client_display), .events = POLLIN};
	CHECK_EQUAL(poll(&socket, 1, 0), 0);
	/* asked with a read prepared, as the contract says */
	CHECK_EQUAL(wl_display_prepare_read(server.client_display), 0);
	CHECK_EQUAL(timeout_ms(&server), 0);
	wl_display_cancel_read(server.client_display);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_OK);
	frames_finish(&server, swapchain);
}

/* A deadline that passes between begin_frame and the poll is still one to wake for. */
static void test_deadline_before_poll(void)
{
	struct fake_server server = {0};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *swapchain = create_moving(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_BUSY);
	sleep_ms(250);
	CHECK_EQUAL(timeout_ms(&server), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(timeout_ms(&server), -1);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_ERROR_UNAVAILABLE);
	frames_finish(&server, swapchain);
}

/* The wait for the compositor's probe ends, and does not come back every turn. */
static void test_probe_before_poll(void)
{
	struct fake_server server = {.pending = true};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *swapchain =
		gesso_swapchain_create(server.gesso, server.surface, 9, 9, DRM_FORMAT_XRGB8888,
			&(struct gesso_swapchain_options){
				.still_timeout_ms = -1, .pending_timeout_ms = 30});
	CHECK_EQUAL(frames_begin(&server, swapchain, &frame), GESSO_BUSY);
	CHECK(timeout_ms(&server) > 0);
	sleep_ms(40);
	CHECK_EQUAL(timeout_ms(&server), 0);
	CHECK_EQUAL(gesso_client_dispatch(server.gesso), GESSO_OK);
	CHECK_EQUAL(timeout_ms(&server), -1);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	frames_end(&server, swapchain, NULL);
	CHECK(!frames_info(swapchain).would_move);
	fake_send_batch(&server, true);
	fake_pump(&server);
	CHECK(frames_info(swapchain).would_move);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK(!frames_info(swapchain).would_move);
	frames_finish(&server, swapchain);
}

/* A compositor that was stopped past the deadline answers after all. */
static void test_late_answer(void)
{
	struct fake_server server = {0};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *swapchain = create_moving(&server);
	fake_pump(&server);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_BUSY);
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).reason, GESSO_CLIENT_REASON_NO_ANSWER);
	gesso_swapchain_cancel_frame(swapchain);
	/* no second request while the first is owed */
	CHECK_EQUAL(gesso_swapchain_resize(swapchain, 40, 20), GESSO_OK);
	CHECK_EQUAL(gesso_swapchain_begin_frame(swapchain, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	frames_end(&server, swapchain, NULL);
	CHECK_EQUAL(server.requests, 1);
	CHECK(frames_info(swapchain).would_move);
	frames_paint(&server, swapchain);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(server.requests, 2);
	CHECK_EQUAL(server.undefined_contents, 0);
	frames_finish(&server, swapchain);
}

struct reader {
	struct wl_display *display;
	struct wl_event_queue *queue;
	volatile bool end;
};

/* A thread as the contract has it: prepares, polls, and reads or cancels. */
static void *read_events(void *data)
{
	struct reader *reader = data;
	while (!reader->end) {
		if (wl_display_prepare_read_queue(reader->display, reader->queue) == 0) {
			struct pollfd socket = {
				.fd = wl_display_get_fd(reader->display), .events = POLLIN};
			if (poll(&socket, 1, 20) > 0)
				wl_display_read_events(reader->display);
			else
				wl_display_cancel_read(reader->display);
		}
		wl_display_dispatch_queue_pending(reader->display, reader->queue);
	}
	return NULL;
}

/* Waits end in time while another thread reads too. */
static void test_beside_a_reader(void)
{
	struct fake_server server = {.answer = FAKE_ANSWER_NEVER};
	struct gesso_frame frame;
	fake_start(&server);
	struct gesso_swapchain *swapchain = create_moving(&server);
	struct reader reader = {.display = server.client_display};
	reader.queue = wl_display_create_queue(server.client_display);
	pthread_t thread;
	CHECK_EQUAL(pthread_create(&thread, NULL, read_events, &reader), 0);
	for (int i = 0; i < 20; i++) {
		let_answer(&server);
		CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 5, &frame), GESSO_BUSY);
	}
	CHECK_EQUAL(gesso_swapchain_begin_frame_wait(swapchain, 2000, &frame), GESSO_OK);
	CHECK_EQUAL(frames_info(swapchain).path, GESSO_CLIENT_PATH_SHM);
	reader.end = true;
	CHECK_EQUAL(pthread_join(thread, NULL), 0);
	wl_event_queue_destroy(reader.queue);
	frames_finish(&server, swapchain);
}

static const struct check_case cases[] = {
	{"taken-by-another", test_taken_by_another},
	{"taken-by-a-wait", test_taken_by_a_wait},
	{"read-by-another", test_read_by_another},
	{"deadline-before-poll", test_deadline_before_poll},
	{"probe-before-poll", test_probe_before_poll},
	{"late-answer", test_late_answer},
	{"beside-a-reader", test_beside_a_reader},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
