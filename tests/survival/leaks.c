/* SPDX-License-Identifier: MIT */
/* The compositor under valgrind, with a client that does all that clients do. */
#include "case.h"
#include "server.h"
#include "victim.h"
#include "victim_wire.h"
#include "workdir.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define POINT_NEVER 1000
#define NOT_FOUND 127

static void need_valgrind(void)
{
	int status = system("valgrind --version >/dev/null 2>&1");
	if (WEXITSTATUS(status) == NOT_FOUND) {
		case_skip("valgrind is not installed");
	}
	CHECK_EQUAL(status, 0);
}

/* In the place of gesso: the same process in the end. */
static void wrap_program(void)
{
	char path[PATH_MAX];
	const char *program = getenv("GESSO_BIN");
	CHECK(program != NULL);
	snprintf(path, sizeof(path), "%s/under-valgrind", workdir_path());
	FILE *file = fopen(path, "we");
	CHECK(file != NULL);
	fprintf(file,
		"#!/bin/sh\nexec valgrind --leak-check=full --show-leak-kinds=definite "
		"--num-callers=40 --error-exitcode=9 --errors-for-leak-kinds=none "
		"--log-file='%s/valgrind.log' '%s' \"$@\"\n",
		workdir_path(), program);
	CHECK_EQUAL(fclose(file), 0);
	CHECK_EQUAL(chmod(path, 0700), 0);
	CHECK_EQUAL(setenv("GESSO_BIN", path, 1), 0);
}

static void run_client(const struct server *server, const char *path)
{
	int status;
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid == 0) {
		struct victim victim = {.server = server, .path = path, .point = POINT_NEVER};
		_exit(victim_run(&victim) > 0 ? 0 : 1);
	}
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK_EQUAL(status, 0);
}

static bool is_allocator(const char *frame)
{
	static const char *const names[] = {": malloc ", ": calloc ", ": realloc ",
		": reallocarray ", ": strdup ", ": strndup ", ": vasprintf", ": asprintf "};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strstr(frame, names[i]) != NULL) {
			return true;
		}
	}
	return false;
}

/*
 * A leak is ours where the first function that is no allocator is: valgrind names its
 * source file, and of a library without debugging symbols the library.
 */
static int count_leaks(int *ours)
{
	char path[PATH_MAX], line[1024];
	bool in_record = false, told = false;
	int leaks = 0;
	snprintf(path, sizeof(path), "%s/valgrind.log", workdir_path());
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	*ours = 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strstr(line, "definitely lost in loss record") != NULL) {
			in_record = true;
			leaks++;
		} else if (in_record && strstr(line, "0x") != NULL && !is_allocator(line)) {
			*ours += strstr(line, "(in /") == NULL;
			in_record = false;
		}
		told |= strstr(line, "ERROR SUMMARY:") != NULL;
	}
	fclose(file);
	CHECK(told);
	return leaks;
}

CASE(nothing_is_lost)
{
	struct server server;
	int ours;
	need_valgrind();
	case_set_deadline(90);
	wrap_program();
	server_start(&server, "--renderer pixman --allocator memfd --size %dx%d",
		VICTIM_OUTPUT_WIDTH_PX, VICTIM_OUTPUT_HEIGHT_PX);
	run_client(&server, "native");
	run_client(&server, "shm");
	server_check_alive(&server);
	server_stop(&server);
	int leaks = count_leaks(&ours);
	printf("under valgrind: no access that is wrong, %d definite leaks of ours, %d of "
	       "libraries\n",
		ours, leaks - ours);
	CHECK_EQUAL(ours, 0);
}
