/* SPDX-License-Identifier: MIT */
/* A small table of descriptors, and clients that would have all of it. */
#include "buffer.h"
#include "case.h"
#include "proc.h"
#include "window.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOARDERS 3
#define CROWD 20
#define SECONDS 3
#define MOST_SHARE 0.05
#define MOST_LINES_A_SECOND 10

/* Takes pool after pool, and comes back when it is ended; holds what it has in the end. */
static void hoard(const struct server *server, int lives)
{
	while (lives-- > 0) {
		struct client client;
		client_connect(&client, server);
		int fd = memfd_create("test-shm", MFD_CLOEXEC);
		CHECK_EQUAL(ftruncate(fd, 4096), 0);
		/* the last life stays below what it may have */
		int most = lives == 0 ? atoi(case_fixture("files")) / 3 : INT_MAX;
		for (int i = 0; i < most && wl_display_get_error(client.display) == 0; i++) {
			wl_shm_create_pool(client.shm, fd, 4096);
			if (i % 8 == 0) {
				wl_display_roundtrip(client.display);
			}
		}
		close(fd);
		if (lives == 0) {
			wl_display_roundtrip(client.display);
			return;
		}
		client_disconnect(&client);
	}
}

static pid_t start_hoarder(const struct server *server, int *ready_fd)
{
	int ready[2];
	CHECK_EQUAL(pipe(ready), 0);
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		hoard(server, 3);
		(void)!write(ready[1], "", 1);
		pause();
	}
	close(ready[1]);
	*ready_fd = ready[0];
	return pid;
}

static void connect_crowd(const struct server *server, int sockets[CROWD])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", workdir_path(),
		server->socket);
	for (int i = 0; i < CROWD; i++) {
		sockets[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		CHECK_INT(>=, sockets[i], 0);
		CHECK_EQUAL(connect(sockets[i], (struct sockaddr *)&address, sizeof(address)), 0);
	}
}

static double cpu_seconds(pid_t pid)
{
	char path[64];
	unsigned long user = 0, system = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	CHECK_EQUAL(fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			    &user, &system),
		2);
	fclose(file);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long log_lines(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-1.log", workdir_path());
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	long lines = 0;
	for (int byte; (byte = getc(file)) != EOF;) {
		lines += byte == '\n';
	}
	fclose(file);
	return lines;
}

/* While all hold what they have and nobody does anything. */
static void check_rest(const struct server *server)
{
	double cpu = cpu_seconds(server->pid);
	long lines = log_lines();
	sleep(SECONDS);
	double share = (cpu_seconds(server->pid) - cpu) / SECONDS;
	double lines_a_second = (double)(log_lines() - lines) / SECONDS;
	printf("RLIMIT_NOFILE %s: %d descriptors in use, %.1f %% of a CPU, %.1f lines a second\n",
		case_fixture("files"), proc_count_descriptors(server->pid), share * 100,
		lines_a_second);
	CHECK(share < MOST_SHARE);
	CHECK(lines_a_second < MOST_LINES_A_SECOND);
}

CASE(table_that_is_hoarded)
{
	struct server server;
	struct client bystander;
	struct window window;
	struct buffer buffer;
	pid_t pids[HOARDERS];
	int ready_fds[HOARDERS], crowd[CROWD];
	rlim_t files = (rlim_t)atoi(case_fixture("files"));
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){files, files}), 0);
	setenv("GESSO_LOG", "info", 1);
	case_set_deadline(60);
	server_start(&server, "--renderer pixman --allocator memfd --size 64x64");
	server_warm_up(&server);
	client_connect(&bystander, &server);
	window_create(&window, &bystander, "bystander");
	buffer_create_shm(&buffer, &bystander, 32, 32, DRM_FORMAT_XRGB8888);
	window_show(&window, &buffer);
	for (int i = 0; i < HOARDERS; i++) {
		char byte;
		pids[i] = start_hoarder(&server, &ready_fds[i]);
		window_show(&window, &buffer);
		CHECK_EQUAL(read(ready_fds[i], &byte, 1), 1);
		close(ready_fds[i]);
		server_check_alive(&server);
	}
	connect_crowd(&server, crowd);
	window_show(&window, &buffer);
	check_rest(&server);
	window_show(&window, &buffer);
	server_check_alive(&server);

	for (int i = 0; i < CROWD; i++) {
		close(crowd[i]);
	}
	for (int i = 0; i < HOARDERS; i++) {
		CHECK_EQUAL(kill(pids[i], SIGKILL), 0);
		CHECK_EQUAL(waitpid(pids[i], NULL, 0), pids[i]);
	}
	window_destroy(&window);
	buffer_destroy(&buffer);
	client_disconnect(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}
