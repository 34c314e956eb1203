/* SPDX-License-Identifier: MIT */
/* A client that repaints for every frame, beside others that stop, hoard or flood. */
#include "buffer.h"
#include "case.h"
#include "window.h"
#include <drm_fourcc.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLOT_SECONDS 0.5
#define SLOTS 4
/*
 * A machine with other work loses frames by itself: the more so beside a neighbour that has
 * the compositor at work, which then waits for its turn. The kernel says for how long it
 * could have run and was not let: that is taken off what is expected. The mark must be reached once; the gap not be passed more often than not.
 */
#define ATTEMPTS 10
#define LEAST_SHARE 0.9
#define MOST_GAP_SECONDS 0.5
#define STORM_SIDE_PX 4096 /* of four bytes: 64 MiB */
#define FLOOD_BYTES (64 << 20)

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* In which the process waited for a CPU; 0 where the kernel does not say. */
static double waited_s(pid_t pid)
{
	char path[64];
	unsigned long long waited_ns = 0;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return 0;
	}
	if (fscanf(file, "%*u %llu", &waited_ns) != 1) {
		waited_ns = 0;
	}
	fclose(file);
	return (double)waited_ns / 1e9;
}

static void show_for_ever(struct client *client)
{
	struct window window;
	struct buffer buffer;
	window_create(&window, client, "neighbour");
	buffer_create(&buffer, client, case_fixture("path"), 32, 32, DRM_FORMAT_XRGB8888);
	for (;;) {
		window_show(&window, &buffer);
	}
}

static void allocate_for_ever(struct client *client)
{
	for (;;) {
		struct buffer buffer;
		buffer_request(&buffer, client, STORM_SIDE_PX, STORM_SIDE_PX, DRM_FORMAT_XRGB8888);
		buffer_wait_answer(&buffer);
		CHECK_EQUAL(buffer.state, BUFFER_ALLOCATED);
		buffer_destroy(&buffer);
	}
}

/* False once the compositor has ended the connection. */
static bool send_again_and_again(
	const struct client *client, const uint32_t *request, size_t words, size_t bytes)
{
	static uint32_t requests[6 * 2048];
	int fd = wl_display_get_fd(client->display);
	size_t len = sizeof(requests) / sizeof(uint32_t) / words * words;
	for (size_t i = 0; i < len; i++) {
		requests[i] = request[i % words];
	}
	for (size_t sent = 0; sent < bytes; sent += len * sizeof(uint32_t)) {
		for (size_t at = 0; at < len * sizeof(uint32_t);) {
			struct pollfd ready = {.fd = fd, .events = POLLOUT};
			poll(&ready, 1, -1);
			ssize_t got = send(fd, (char *)requests + at, len * sizeof(uint32_t) - at,
				MSG_NOSIGNAL | MSG_DONTWAIT);
			if (got < 0 && errno != EAGAIN && errno != EINTR) {
				return false;
			}
			at += got > 0 ? (size_t)got : 0;
		}
	}
	return true;
}

/* 64 MiB of wl_surface.damage, and then of wl_display.sync, whose answers nobody reads. */
static void flood_for_ever(const struct server *server, struct client *client)
{
	for (;;) {
		struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
		client_roundtrip(client);
		uint32_t damage[] = {
			wl_proxy_get_id((struct wl_proxy *)surface), 24 << 16 | 2, 1, 2, 30, 40};
		CHECK(send_again_and_again(client, damage, 6, FLOOD_BYTES));
		client_roundtrip(client);
		struct wl_callback *callback = wl_display_sync(client->display);
		uint32_t sync[] = {1, 12 << 16, wl_proxy_get_id((struct wl_proxy *)callback)};
		CHECK(!send_again_and_again(client, sync, 3, FLOOD_BYTES));
		wl_callback_destroy(callback);
		client_disconnect(client);
		client_connect(client, server);
	}
}

static pid_t start_neighbour(const struct server *server, const char *kind)
{
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid > 0) {
		return pid;
	}
	struct client client;
	/* what it takes from the others must not be the scheduler's doing */
	(void)!nice(19);
	client_connect(&client, server);
	raise(SIGSTOP);
	if (strcmp(kind, "stopped") == 0) {
		show_for_ever(&client);
	} else if (strcmp(kind, "storm") == 0) {
		allocate_for_ever(&client);
	}
	CHECK_STRING(kind, "unread");
	flood_for_ever(server, &client);
	_exit(1);
}

struct slot {
	int frames;
	double elapsed_s, waited_s, gap_s; /* between two frames, at most */
};

/* Adds what is seen in one slot to `sum`. */
static void watch(
	const struct server *server, struct window *window, struct buffer *buffer, struct slot *sum)
{
	double waited = waited_s(server->pid);
	double began = now_s(), last = began, now;
	do {
		window_show(window, buffer);
		now = now_s();
		sum->gap_s = now - last > sum->gap_s ? now - last : sum->gap_s;
		last = now;
		sum->frames++;
	} while (now - began < SLOT_SECONDS);
	sum->elapsed_s += now - began;
	sum->waited_s += waited_s(server->pid) - waited;
}

/* Frames in a second that the compositor could run. */
static double rate_of(const struct slot *slot)
{
	double could_run_s = slot->elapsed_s - slot->waited_s;
	double least_s = slot->elapsed_s / 4; /* beyond that nothing can be told */
	return slot->frames / (could_run_s > least_s ? could_run_s : least_s);
}

/* In turn, so that both have what else runs on the machine. */
static double measure(const struct server *server, pid_t pid, struct window *window,
	struct buffer *buffer, double *gap_s)
{
	struct slot slots[2] = {0};
	bool attacks_when_stopped = strcmp(case_fixture("kind"), "stopped") == 0;
	for (int slot = 0; slot < SLOTS; slot++) {
		bool attacked = slot % 2 != 0;
		CHECK_EQUAL(kill(pid, attacked != attacks_when_stopped ? SIGCONT : SIGSTOP), 0);
		window_show(window, buffer);
		watch(server, window, buffer, &slots[attacked]);
	}
	CHECK_EQUAL(waitpid(pid, NULL, WNOHANG), 0);
	printf("%d frames beside it, %d without; no CPU for %.2f s and %.2f s; longest gaps %.0f "
	       "ms "
	       "and %.0f ms\n",
		slots[1].frames, slots[0].frames, slots[1].waited_s, slots[0].waited_s,
		slots[1].gap_s * 1000, slots[0].gap_s * 1000);
	*gap_s = slots[1].gap_s;
	/* its own loss to others must not make up for what it loses to the neighbour */
	double without = slots[0].frames / slots[0].elapsed_s;
	return rate_of(&slots[1]) / without;
}

CASE(frames_beside)
{
	struct server server;
	struct client bystander;
	struct window window;
	struct buffer buffer;
	const char *kind = case_fixture("kind"), *allocator = case_fixture("allocator");
	case_set_deadline(90);
	case_need_allocator(allocator);
	server_start(&server, "--renderer %s --allocator %s --size 200x150",
		case_fixture("renderer"), allocator);
	server_warm_up(&server);
	client_connect(&bystander, &server);
	pid_t pid = start_neighbour(&server, kind);
	CHECK_EQUAL(waitpid(pid, NULL, WUNTRACED), pid);
	window_create(&window, &bystander, "bystander");
	buffer_create(&buffer, &bystander, case_fixture("path"), 32, 32, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	double share = 0, gap_s;
	int attempts = 0, gaps = 0;
	while (attempts < ATTEMPTS && (share < LEAST_SHARE || 2 * gaps > attempts)) {
		double seen = measure(&server, pid, &window, &buffer, &gap_s);
		share = seen > share ? seen : share;
		gaps += gap_s > MOST_GAP_SECONDS;
		attempts++;
	}
	if (2 * gaps > attempts) {
		FAIL("the bystander had no frame for %.1f s in %d of %d attempts", MOST_GAP_SECONDS,
			gaps, attempts);
	}
	if (share < LEAST_SHARE) {
		FAIL("the bystander had nine tenths of its frames in none of %d attempts",
			ATTEMPTS);
	}
	kill(pid, SIGKILL);
	CHECK_EQUAL(waitpid(pid, NULL, 0), pid);
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_roundtrip(&bystander);
	client_disconnect(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}
