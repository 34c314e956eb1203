/* SPDX-License-Identifier: MIT */
/* Clients killed at every point of the protocol: what they had is given back. */
#include "case.h"
#include "proc.h"
#include "server.h"
#include "victim.h"
#include "victim_wire.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LEAST_POINTS 40
#define MOST_POINTS 100
#define KILLS_FULL 25
#define AT_ONCE 12

static pid_t start_victim(struct victim victim)
{
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		case_set_deadline(60);
		_exit(victim_run(&victim));
	}
	return pid;
}

/* One that lives tells how many points there are. */
static int count_points(struct victim victim)
{
	int status;
	victim.point = MOST_POINTS;
	victim.names = true;
	printf("the points:\n");
	pid_t pid = start_victim(victim);
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(>=, WEXITSTATUS(status), LEAST_POINTS);
	return WEXITSTATUS(status);
}

static void wait_killed(pid_t pid, int point)
{
	int status;
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
		FAIL("the victim of point %d was not killed there", point);
	}
}

/* One victim for each point, some at a time. */
static void kill_round(struct victim victim, int points, int round)
{
	pid_t pids[MOST_POINTS];
	for (int point = 0; point < points; point++) {
		if (point >= AT_ONCE) {
			wait_killed(pids[point - AT_ONCE], point - AT_ONCE);
		}
		victim.point = point;
		victim.end = (enum victim_end)((round + point) % VICTIM_ENDS_LEN);
		pids[point] = start_victim(victim);
	}
	for (int point = points > AT_ONCE ? points - AT_ONCE : 0; point < points; point++) {
		wait_killed(pids[point], point);
	}
}

static bool has_dmabufs(void)
{
	return access("/sys/kernel/debug/dma_buf/bufinfo", R_OK) == 0;
}

static struct proc_dmabufs count_dmabufs(void)
{
	return has_dmabufs() ? proc_dmabufs() : (struct proc_dmabufs){0};
}

static void check_dmabufs(struct proc_dmabufs wanted)
{
	struct proc_dmabufs now = count_dmabufs();
	for (int tries = 0; tries < 20 * case_seconds(10) && now.count != wanted.count; tries++) {
		nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
		now = count_dmabufs();
	}
	CHECK_EQUAL(now.count, wanted.count);
	CHECK_EQUAL(now.size_bytes, wanted.size_bytes);
}

CASE(killed_at_every_point)
{
	struct server server;
	int rounds = case_times(atoi(case_fixture("rounds")), KILLS_FULL);
	case_set_deadline(60 + 20 * rounds);
	case_need_allocator(case_fixture("allocator"));
	server_start(&server, "--renderer %s --allocator %s --shm %s --size %dx%d",
		case_fixture("renderer"), case_fixture("allocator"), case_fixture("shm"),
		VICTIM_OUTPUT_WIDTH_PX, VICTIM_OUTPUT_HEIGHT_PX);
	server_warm_up(&server);
	struct victim victim = {.server = &server, .path = case_fixture("path")};
	struct proc_dmabufs before = count_dmabufs();
	int points = count_points(victim);
	for (int round = 0; round < rounds; round++) {
		kill_round(victim, points, round);
		server_check_empty(&server);
		check_dmabufs(before);
	}
	printf("%s, --shm %s, %s: %d points, %d kills each: descriptors +0, ledger +0, dma-bufs "
	       "%s\n",
		victim.path, case_fixture("shm"), case_fixture("renderer"), points, rounds,
		has_dmabufs() ? "+0" : "not told by this kernel");
	server_stop(&server);
}
