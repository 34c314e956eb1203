/* SPDX-License-Identifier: MIT */
/* A small table of descriptors, and clients that would have all of it. */
#include "../hostile/scene.h"
#include "bystander.h"
#include "case.h"
#include "proc.h"
#include "virtual-keyboard-unstable-v1-client-protocol.h"
#include "workdir.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* One more of what keeps a descriptor open in the compositor. */
struct taker {
	const char *kind;
	struct client *client;
	int fd; /* of pools */
	struct zwp_virtual_keyboard_manager_v1 *keyboards;
};

static void taker_begin(struct taker *taker, struct client *client)
{
	*taker = (struct taker){.kind = case_fixture("kind"), .client = client};
	taker->fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(taker->fd, 4096), 0);
	if (strcmp(taker->kind, "keyboards") == 0) {
		taker->keyboards =
			scene_bind(client, &zwp_virtual_keyboard_manager_v1_interface, 1);
		CHECK(taker->keyboards != NULL);
	}
}

static void take_one(struct taker *taker)
{
	struct client *client = taker->client;
	if (strcmp(taker->kind, "pools") == 0) {
		wl_shm_create_pool(client->shm, taker->fd, 4096);
	} else if (strcmp(taker->kind, "native") == 0) {
		/* and no wl_buffer of it; refused, not ended, when there are no more */
		gesso_gpu_memory_buffer_manager_v1_create_buffer(
			client->manager, 8, 8, DRM_FORMAT_XRGB8888);
	} else {
		CHECK_STRING(taker->kind, "keyboards");
		zwp_virtual_keyboard_manager_v1_create_virtual_keyboard(
			taker->keyboards, client->seat);
	}
}

/* Takes one after the other, and comes back when it is ended; holds what it has in the end. */
static void hoard(const struct server *server, int lives)
{
	int files = atoi(case_fixture("files"));
	while (lives-- > 0) {
		struct client client;
		struct taker taker;
		client_connect(&client, server);
		taker_begin(&taker, &client);
		/* the last life stays below what it may have */
		int most = lives == 0 ? files / 3 : 2 * files;
		for (int i = 0; i < most && wl_display_get_error(client.display) == 0; i++) {
			take_one(&taker);
			if (i % 8 == 0) {
				wl_display_roundtrip(client.display);
			}
		}
		close(taker.fd);
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

static void connect_crowd(const struct server *server, int sockets[], int len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", workdir_path(),
		server->socket);
	for (int i = 0; i < len; i++) {
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

struct usage {
	double at_s, cpu_s;
	long lines;
};

static struct usage usage_now(const struct server *server)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (struct usage){(double)now.tv_sec + (double)now.tv_nsec / 1e9,
		cpu_seconds(server->pid), log_lines()};
}

/* Says what it took since `before`. */
static void check_usage(const struct server *server, const struct usage *before, const char *when)
{
	struct usage now = usage_now(server);
	double elapsed_s = now.at_s - before->at_s;
	double share = (now.cpu_s - before->cpu_s) / elapsed_s;
	double lines_a_second = (double)(now.lines - before->lines) / elapsed_s;
	printf("RLIMIT_NOFILE %s, %s, %s: %d descriptors in use, %.1f %% of a CPU, %.1f lines a "
	       "second\n",
		case_fixture("files"), case_fixture("kind"), when,
		proc_count_descriptors(server->pid), share * 100, lines_a_second);
	if (strcmp(when, "hoarding") != 0) {
		CHECK(share < MOST_SHARE);
		CHECK(lines_a_second < MOST_LINES_A_SECOND);
	}
}

/* While all hold what they have and nobody does anything. */
static void check_rest(const struct server *server, const char *when)
{
	struct usage before = usage_now(server);
	sleep(SECONDS);
	check_usage(server, &before, when);
}

static void start_limited(struct server *server, const char *options)
{
	rlim_t files = (rlim_t)atoi(case_fixture("files"));
	CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &(struct rlimit){files, files}), 0);
	setenv("GESSO_LOG", "info", 1);
	case_set_deadline(60);
	server_start(server, "--renderer pixman --allocator memfd --size 64x64%s", options);
	server_warm_up(server);
}

/* With more than the least that a client may be ended for, and far from having most. */
static void begin_bystander(struct bystander *bystander, const struct server *server)
{
	bystander_begin(bystander, server);
	int fd = memfd_create("test-shm", MFD_CLOEXEC);
	CHECK_EQUAL(ftruncate(fd, 4096), 0);
	for (int i = 0; i < 12; i++) {
		wl_shm_create_pool(bystander->client.shm, fd, 4096);
	}
	close(fd);
	bystander_check_answered(bystander);
}

CASE(table_that_is_hoarded)
{
	struct server server;
	struct bystander bystander;
	pid_t pids[HOARDERS];
	int ready_fds[HOARDERS], crowd[CROWD];
	start_limited(&server, "");
	begin_bystander(&bystander, &server);
	struct usage before = usage_now(&server);
	connect_crowd(&server, crowd, CROWD / 2);
	for (int i = 0; i < HOARDERS; i++) {
		pids[i] = start_hoarder(&server, &ready_fds[i]);
	}
	for (int i = 0; i < HOARDERS; i++) {
		char byte;
		bystander_check_shown(&bystander);
		CHECK_EQUAL(read(ready_fds[i], &byte, 1), 1);
		close(ready_fds[i]);
		server_check_alive(&server);
	}
	check_usage(&server, &before, "hoarding");
	connect_crowd(&server, crowd + CROWD / 2, CROWD - CROWD / 2);
	bystander_check_shown(&bystander);
	check_rest(&server, "at rest");
	bystander_check_shown(&bystander);
	server_check_alive(&server);

	for (int i = 0; i < CROWD; i++) {
		close(crowd[i]);
	}
	for (int i = 0; i < HOARDERS; i++) {
		CHECK_EQUAL(kill(pids[i], SIGKILL), 0);
		CHECK_EQUAL(waitpid(pids[i], NULL, 0), pids[i]);
	}
	bystander_end(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}

#define FILLERS 3
#define FILLING_MESSAGES 5
#define FILLING_DESCRIPTORS 28 /* as many as libwayland takes with one message */

/* A byte of a message that is never whole, and descriptors that nobody has counted. */
static void send_descriptors(int socket)
{
	int fds[FILLING_DESCRIPTORS];
	char byte = 0, control[CMSG_SPACE(sizeof(fds))] = {0};
	for (int i = 0; i < FILLING_DESCRIPTORS; i++) {
		fds[i] = STDERR_FILENO;
	}
	struct iovec data = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(header), fds, sizeof(fds));
	CHECK_EQUAL(sendmsg(socket, &message, MSG_NOSIGNAL), 1);
}

static void fill_table(
	const struct server *server, struct bystander *bystander, const int sockets[])
{
	int files = atoi(case_fixture("files"));
	for (int message = 0; message < FILLING_MESSAGES; message++) {
		for (int i = 0; i < FILLERS; i++) {
			send_descriptors(sockets[i]);
		}
		/* one read takes no second message's along */
		bystander_check_answered(bystander);
		bystander_check_answered(bystander);
	}
	CHECK_INT(>=, proc_count_descriptors(server->pid), files - 1);
}

/* Those who connect then are served as soon as there is room, and nothing spins until then. */
CASE(table_that_is_full)
{
	struct server server;
	struct bystander bystander;
	int fillers[FILLERS], crowd[CROWD];
	start_limited(&server, "");
	bystander_begin(&bystander, &server);
	connect_crowd(&server, fillers, FILLERS);
	server_check_alive(&server);
	fill_table(&server, &bystander, fillers);
	connect_crowd(&server, crowd, CROWD);
	check_rest(&server, "full");
	bystander_check_shown(&bystander);
	for (int i = 0; i < FILLERS; i++) {
		close(fillers[i]);
	}
	server_check_alive(&server);
	for (int i = 0; i < CROWD; i++) {
		close(crowd[i]);
	}
	bystander_end(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}
