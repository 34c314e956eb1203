/* SPDX-License-Identifier: MIT */
#include "loop.h"
#include "library/clock.h"
#include "seat.h"
#include "window.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct loop {
	struct connection *connection;
	const struct options *options;
	struct stats *stats;
	int signal_fd;
	int64_t end_ns;
	bool ready_printed;
	/* with a warm-up */
	bool counts; /* it is over */
	bool waits;  /* for SIGUSR1 when it is over, for a signal to end after the frames */
};

static sigset_t end_signals(void)
{
	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	return signals;
}

void loop_block_signals(void)
{
	sigset_t signals = end_signals();
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

/* -1 on an error, which was printed. */
static int open_signals(void)
{
	sigset_t signals = end_signals();
	int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		fprintf(stderr, "gesso-demo: signalfd: %s\n", strerror(errno));
	return fd;
}

static void begin_counting(struct loop *loop)
{
	struct window *window;
	wl_list_for_each(window, &loop->connection->windows, link)
		window_begin_frames(window, loop->options->frames);
	loop->counts = true;
	loop->waits = false;
}

static bool end_signal_came(struct loop *loop)
{
	struct signalfd_siginfo info;
	if (read(loop->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo != SIGUSR1 || !loop->options->warm_up)
		return true;
	if (loop->waits && !loop->counts)
		begin_counting(loop);
	return false;
}

static void remove_window(struct loop *loop, struct window *window)
{
	stats_add(loop->stats, window);
	seat_forget_window(loop->connection->seat, window);
	window_destroy(window);
}

static void remove_closed_windows(struct loop *loop)
{
	struct window *window, *tmp;
	wl_list_for_each_safe(window, tmp, &loop->connection->windows, link) {
		if (window->closed)
			remove_window(loop, window);
	}
}

static bool paint_windows(struct loop *loop)
{
	struct window *window;
	wl_list_for_each(window, &loop->connection->windows, link) {
		enum gesso_result result = window_try_paint(window);
		if (result == GESSO_ERROR_CONNECTION)
			connection_print_error(loop->connection);
		if (result != GESSO_OK)
			return false;
	}
	return true;
}

static void print_ready(struct loop *loop)
{
	const struct window *window;
	if (!loop->options->print_ready || loop->ready_printed)
		return;
	wl_list_for_each(window, &loop->connection->windows, link) {
		if (!window_is_shown(window))
			return;
	}
	loop->ready_printed = true;
	printf("ready\n");
	fflush(stdout);
}

static bool all_are_done(const struct loop *loop)
{
	const struct window *window;
	wl_list_for_each(window, &loop->connection->windows, link) {
		if (!window_is_done(window))
			return false;
	}
	return true;
}

static void wait_between(struct loop *loop)
{
	if (!loop->options->warm_up || loop->waits || !all_are_done(loop))
		return;
	loop->waits = true;
	printf("%s\n", loop->counts ? "done" : "warm");
	fflush(stdout);
}

static bool is_over(const struct loop *loop)
{
	const struct connection *connection = loop->connection;
	if (wl_list_empty(&connection->windows) || clock_now_ns() >= loop->end_ns ||
		(connection->seat && connection->seat->quit))
		return true;
	return loop->options->frames && !loop->options->warm_up && all_are_done(loop);
}

static int64_t next_deadline_ns(const struct loop *loop)
{
	int64_t next_ns = clock_earlier(loop->end_ns, seat_next_repeat_ns(loop->connection->seat));
	const struct window *window;
	wl_list_for_each(window, &loop->connection->windows, link)
		next_ns = clock_earlier(next_ns, window_next_frame_ns(window));
	return next_ns;
}

static bool serve(struct loop *loop)
{
	while (!is_over(loop) && !end_signal_came(loop)) {
		if (!paint_windows(loop))
			return false;
		if (!connection_dispatch(
			    loop->connection, next_deadline_ns(loop), loop->signal_fd)) {
			connection_print_error(loop->connection);
			return false;
		}
		seat_repeat(loop->connection->seat);
		print_ready(loop);
		wait_between(loop);
		remove_closed_windows(loop);
	}
	return true;
}

bool loop_run(struct connection *connection, const struct options *options, struct stats *stats)
{
	struct loop loop = {
		.connection = connection,
		.options = options,
		.stats = stats,
		.end_ns = CLOCK_NEVER,
		.signal_fd = open_signals(),
	};
	if (options->duration_s > 0)
		loop.end_ns = clock_now_ns() + (int64_t)(options->duration_s * 1e9);
	bool served = loop.signal_fd >= 0 && serve(&loop);
	struct window *window, *tmp;
	wl_list_for_each_safe(window, tmp, &connection->windows, link)
		remove_window(&loop, window);
	if (loop.signal_fd >= 0)
		close(loop.signal_fd);
	return served;
}
