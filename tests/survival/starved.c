/* SPDX-License-Identifier: MIT */
/* Memory is refused now and then: a client may be ended, the compositor goes on. */
#include "case.h"
#include "server.h"
#include "starve.h"
#include "victim.h"
#include "victim_wire.h"
#include "workdir.h"
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_FULL 20

static volatile struct starve *starve;

static void starve_begin(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/starve", workdir_path());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK_INT(>=, fd, 0);
	CHECK_EQUAL(ftruncate(fd, sizeof(struct starve)), 0);
	void *map = mmap(NULL, sizeof(struct starve), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	CHECK(map != MAP_FAILED);
	setenv("GESSO_STARVE", path, 1);
	setenv("GESSO_TEST_PRELOAD", getenv("GESSO_STARVE_SO"), 1);
	starve = map;
}

static void begin_refusing(void)
{
	starve->every = atoi(case_fixture("every"));
}

static int servers; /* that were started */

static void start(struct server *server)
{
	starve->only_own = 0;
	server_start(server, "--renderer %s --allocator memfd --size %dx%d",
		case_fixture("renderer"), VICTIM_OUTPUT_WIDTH_PX, VICTIM_OUTPUT_HEIGHT_PX);
	servers++;
	server_warm_up(server);
	starve->only_own = strcmp(case_fixture("of"), "gesso") == 0;
}

/* What docs/upstream-faults.md lists; a static function has its library's name only. */
static bool is_listed(const char *frame)
{
	static const char *const places[] = {"libwlroots-0.18.so(wlr_scene_output_build_state+",
		"libwlroots-0.18.so(wlr_surface_synced_init+",
		"libwlroots-0.18.so(wlr_scene_tree_create+",
		"libwlroots-0.18.so(wlr_scene_surface_create+",
		"libwlroots-0.18.so(wlr_scene_buffer_create+",
		"libwlroots-0.18.so(wlr_xcursor_theme_load+"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strstr(frame, places[i]) != NULL) {
			return true;
		}
	}
	return false;
}

/* The subsurface's calloc: wlroots' own, answered by the assertion that is listed. */
static bool asserts_listed(const char *text)
{
	return strstr(text, "subsurface_tree.c") != NULL && strstr(text, "addon != NULL") != NULL;
}

/* The last refusal was in a library, below no call of gesso's, at a place that is listed. */
static bool ended_as_listed(int server_number)
{
	static char text[4 << 20];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/gesso-%d.log", workdir_path(), server_number);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	char *frame = strstr(text, "starve: ended after"), *rest = NULL;
	if (frame == NULL) {
		return false;
	}
	bool asserted = asserts_listed(text);
	strtok_r(frame, "\n", &rest);
	while ((frame = strtok_r(NULL, "\n", &rest)) != NULL &&
		strstr(frame, "/compositor/gesso(") == NULL) {
		if (is_listed(frame) || (asserted && strstr(frame, "libwlroots-0.18.so") != NULL)) {
			printf("ended at %s\n", frame);
			return true;
		}
	}
	return false;
}

/*
 * Does all that a client does, and memory is refused from a point on; it may be ended then.
 * What it says of that is not kept. False if there is no such point.
 */
static bool run_client(struct server *server, int point)
{
	int status, ended = 0;
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		struct victim victim = {.server = server,
			.path = case_fixture("path"),
			.point = point,
			.reached = begin_refusing};
		if (freopen("/dev/null", "w", stderr) == NULL) {
			_exit(1);
		}
		alarm(1); /* where an answer is missing: it often is, and this is waited out */
		_exit(victim_run(&victim) > point ? 0 : 2);
	}
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	starve->every = 0;
	if (waitpid(server->pid, &ended, WNOHANG) != 0) {
		if (strcmp(case_fixture("of"), "all") == 0 && ended_as_listed(servers)) {
			start(server);
			return true;
		}
		FAIL("the compositor has ended (signal %d, status %d), with memory refused from "
		     "point %d on",
			WIFSIGNALED(ended) ? WTERMSIG(ended) : 0,
			WIFEXITED(ended) ? WEXITSTATUS(ended) : 0, point);
	}
	return !WIFEXITED(status) || WEXITSTATUS(status) != 2;
}

static int refuse_from_each_point(struct server *server)
{
	int point = 0;
	while (run_client(server, point)) {
		point++;
	}
	server_check_alive(server);
	return point;
}

CASE(memory_is_refused)
{
	struct server server;
	int rounds = case_times(atoi(case_fixture("rounds")), ROUNDS_FULL);
	starve_begin();
	case_set_deadline(60 + 30 * rounds);
	start(&server);
	int points = 0;
	for (int round = 0; round < rounds; round++) {
		points = refuse_from_each_point(&server);
	}
	printf("every %s. call of %s, from each of %d points, %d times: %d calls were refused\n",
		case_fixture("every"), case_fixture("of"), points, rounds, starve->refused);
	CHECK_INT(>, starve->refused, 0);
	server_check_empty(&server);
	server_stop(&server);
	munmap((void *)starve, sizeof(*starve));
	unsetenv("GESSO_TEST_PRELOAD");
}
