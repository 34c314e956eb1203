/* SPDX-License-Identifier: MIT */
/* What gesso is started with: options, descriptors, signals, and the command that it starts. */
#include "case.h"
#include "server.h"
#include "workdir.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *log_text(const char *name)
{
	static char content[1 << 18];
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", workdir_path(), name);
	FILE *file = fopen(path, "re");
	CHECK(file != NULL);
	content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
	fclose(file);
	return content;
}

static void write_script(const char *name, const char *text)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/%s", workdir_path(), name);
	FILE *file = fopen(path, "we");
	CHECK(file != NULL);
	CHECK_INT(>=, fputs(text, file), 0);
	CHECK_EQUAL(fclose(file), 0);
}

static void refuses(const char *option, const char *value)
{
	char pair[200];
	snprintf(pair, sizeof(pair), "%s=%s", option, value);
	/* the harness splits at spaces: a tab is a blank too */
	CHECK_EQUAL(server_run("refusal.log", "--backend headless %s", pair), 2);
	CHECK(strstr(log_text("refusal.log"), value) != NULL);
}

CASE(numbers_with_blanks_or_signs)
{
	refuses("--outputs", "+2");
	refuses("--outputs", "\t2");
	refuses("--outputs", "0x2");
	refuses("--budget", "-0");
	refuses("--size", "+64x64");
	refuses("--size", "64x+64");
	refuses("--size", "\t64x64");
	refuses("--size", "64x\t64");
	refuses("--size", "64xx64");
	refuses("--size", "64x64x64");
	refuses("--scale", "+1");
	refuses("--scale", "\t1");
	refuses("--scale", "0x1");
	refuses("--scale", "1.0.0");
	refuses("--scale", "1e0");
}

CASE(outputs_that_find_no_room)
{
	CHECK_EQUAL(server_run("huge.log",
			    "--backend headless --renderer pixman --outputs 2 "
			    "--size 16384x16384"),
		2);
	CHECK(strstr(log_text("huge.log"), "16384x16384 on 2 outputs") != NULL);
}

CASE(ready_fd_that_cannot_be_written_to)
{
	int fd = open("/dev/null", O_RDONLY);
	char value[16];
	snprintf(value, sizeof(value), "%d", fd);
	refuses("--ready-fd", value);
	refuses("--ready-fd", "0"); /* the harness's /dev/null, to be read */
	refuses("--ready-fd", "77");
	close(fd);
}

/* The number must not be taken by a socket or a buffer of gesso's: the command has it too. */
CASE(ready_fd_is_standard_output)
{
	write_script("names.sh", "name=$(readlink /proc/$$/fd/1)\necho \"$name\" >&2\n");
	CHECK_EQUAL(server_run("ready.log",
			    "--backend headless --renderer pixman --allocator none --size 64x64 "
			    "--socket ready-1 --ready-fd 1 --exit-with-command -- sh %s/names.sh",
			    workdir_path()),
		0);
	const char *text = log_text("ready.log");
	const char *name = strstr(text, "\nready-1\n");
	CHECK(name != NULL || strncmp(text, "ready-1\n", 8) == 0);
	CHECK(strstr(text, "\n/dev/null\n") != NULL);
}

/* As under a parent that leaves its children to the kernel. */
CASE(child_signal_ignored_by_the_parent)
{
	const char *program = getenv("GESSO_BIN");
	CHECK(program != NULL);
	char *copy = strdup(program);
	setenv("GESSO_BIN", "/usr/bin/env", 1);
	write_script("seven.sh", "exit 7\n");
	CHECK_EQUAL(server_run("seven.log",
			    "--ignore-signal=CHLD %s --backend headless --renderer pixman "
			    "--allocator none --size 64x64 --exit-with-command -- sh %s/seven.sh",
			    copy, workdir_path()),
		7);
	free(copy);
}

static pid_t wait_for_pid(void)
{
	char path[PATH_MAX];
	snprintf(path, sizeof(path), "%s/pid", workdir_path());
	for (int tries = 0; tries < 50 * case_seconds(10); tries++) {
		FILE *file = fopen(path, "re");
		int pid = 0, matched = file != NULL ? fscanf(file, "%d", &pid) : 0;
		if (file != NULL) {
			fclose(file);
		}
		if (matched == 1) {
			return pid;
		}
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
	}
	FAIL("the command did not start");
}

CASE(command_that_ignores_sigterm)
{
	struct server server;
	write_script("stays.sh",
		"trap '' TERM\necho $$ >pid.new\nmv pid.new pid\nwhile :; do sleep 0.1; done\n");
	CHECK_EQUAL(chdir(workdir_path()), 0);
	server_start(&server, "--renderer pixman --allocator none --size 64x64 -- sh %s/stays.sh",
		workdir_path());
	pid_t pid = wait_for_pid();
	CHECK_EQUAL(kill(pid, 0), 0);
	server_stop(&server);
	CHECK(kill(pid, 0) != 0 && errno == ESRCH);
	CHECK_EQUAL(chdir("/"), 0);
}
