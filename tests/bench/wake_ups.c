/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * What a frame costs a compositor on this machine before it has done anything: one wake-up
 * for a client's commit, which is read and answered, one for the time of the frame, which is
 * told to the client. No compositor that is woken twice a frame can cost less.
 *
 *   bench-wake-ups FRAMES HZ      prints 'FRAMES frames at HZ: N ms a frame'
 */

#define NS_PER_SECOND 1000000000L
#define NS_PER_MS 1e6
#define WARM_UP_FRAMES 20
#define MESSAGE_BYTES 64
#define FRAME 'f'
#define RELEASE 'r'

struct server {
	int socket, timer, epoll;
	long period_ns;
};

static void check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(EXIT_FAILURE);
	}
}

/* Commits in the middle of each frame, until the server has gone. */
static _Noreturn void run_client(int socket, long period_ns)
{
	char message[MESSAGE_BYTES];
	struct timespec half = {.tv_nsec = period_ns / 2};
	while (recv(socket, message, sizeof(message), 0) > 0) {
		if (message[0] != FRAME)
			continue;
		nanosleep(&half, NULL);
		if (send(socket, message, sizeof(message), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(EXIT_SUCCESS);
}

static void watch(const struct server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
	check(epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void arm(const struct server *server)
{
	struct itimerspec at = {
		.it_value = {.tv_sec = server->period_ns / NS_PER_SECOND,
			.tv_nsec = server->period_ns % NS_PER_SECOND},
	};
	check(timerfd_settime(server->timer, 0, &at, NULL), "timerfd_settime");
}

static void tell(const struct server *server, char what)
{
	check((int)send(server->socket, &what, 1, MSG_DONTWAIT | MSG_NOSIGNAL), "send");
}

/* As libwayland, which reads until there is nothing more. How many commits it were. */
static long read_commits(const struct server *server)
{
	char message[MESSAGE_BYTES];
	ssize_t bytes;
	long commits = 0;
	while ((bytes = recv(server->socket, message, sizeof(message), MSG_DONTWAIT)) > 0)
		commits++;
	if (bytes == 0 || errno != EAGAIN)
		check(-1, "recv");
	tell(server, RELEASE);
	return commits;
}

/* A frame is one that the client commits. */
static void run_frames(const struct server *server, long frames)
{
	while (frames > 0) {
		struct epoll_event event;
		int events = epoll_wait(server->epoll, &event, 1, -1);
		if (events < 0 && errno == EINTR)
			continue;
		check(events, "epoll_wait");
		if (event.data.fd == server->socket) {
			frames -= read_commits(server);
			continue;
		}
		arm(server);
		tell(server, FRAME);
	}
}

static double cpu_ms(void)
{
	struct timespec now;
	check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), "clock_gettime");
	return ((double)now.tv_sec * NS_PER_SECOND + (double)now.tv_nsec) / NS_PER_MS;
}

int main(int argc, char **argv)
{
	long frames = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	long hz = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (frames < 1 || hz < 1 || hz > 1000) {
		fprintf(stderr, "usage: %s FRAMES HZ, frames at least 1, Hz 1 to 1000\n", argv[0]);
		return EXIT_FAILURE;
	}
	struct server server = {.period_ns = NS_PER_SECOND / hz};
	int sockets[2];
	check(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), "socketpair");
	pid_t client = fork();
	check(client, "fork");
	if (client == 0) {
		close(sockets[0]);
		run_client(sockets[1], server.period_ns);
	}
	close(sockets[1]);
	server.socket = sockets[0];
	check(server.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		"timerfd_create");
	check(server.epoll = epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	watch(&server, server.socket);
	watch(&server, server.timer);
	arm(&server);
	run_frames(&server, WARM_UP_FRAMES);
	double before_ms = cpu_ms();
	run_frames(&server, frames);
	printf("%ld frames at %ld: %.4f ms a frame\n", frames, hz,
		(cpu_ms() - before_ms) / (double)frames);
	kill(client, SIGKILL);
	waitpid(client, NULL, 0);
	return EXIT_SUCCESS;
}
