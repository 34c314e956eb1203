/* SPDX-License-Identifier: MIT */
#include "process.h"
#include "case.h"
#include "workdir.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGUMENTS 48

static void split(const char *program, char *text, const char *arguments[MAX_ARGUMENTS])
{
	size_t length = 0;
	arguments[length++] = program;
	for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
		CHECK_INT(<, length, MAX_ARGUMENTS - 1);
		arguments[length++] = word;
	}
	arguments[length] = NULL;
}

pid_t process_spawn(const char *program, char *text, const char *log_name, const char *preload)
{
	const char *arguments[MAX_ARGUMENTS];
	CHECK(program != NULL);
	split(program, text, arguments);
	char log_path[PATH_MAX];
	snprintf(log_path, sizeof(log_path), "%s/%s", workdir_path(), log_name);
	fflush(NULL);
	pid_t pid = fork();
	CHECK_INT(>=, pid, 0);
	if (pid > 0) {
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	alarm(0);
	int in = open("/dev/null", O_RDONLY);
	int out = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (preload != NULL) {
		setenv("LD_PRELOAD", preload, 1);
	}
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0) {
		_exit(126);
	}
	close(in);
	close(out);
	execvp(program, (char *const *)arguments);
	fprintf(stderr, "%s: %s\n", program, strerror(errno));
	_exit(127);
}

void process_read_line(int fd, char *line, size_t size_bytes, const char *what)
{
	size_t length = 0;
	while (length < size_bytes - 1) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int count = poll(&ready, 1, case_seconds(25) * 1000);
		if (count < 0 && errno == EINTR) {
			continue;
		}
		if (count <= 0) {
			FAIL("%s was not ready in time", what);
		}
		ssize_t got = read(fd, line + length, 1);
		if (got <= 0) {
			FAIL("%s ended before it was ready", what);
		}
		if (line[length] == '\n') {
			line[length] = '\0';
			return;
		}
		length++;
	}
	FAIL("%s says too much: %.*s", what, (int)length, line);
}

bool process_wait_end(pid_t pid, int seconds, int *status)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	CHECK_INT(>=, pidfd, 0);
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int count;
	do {
		count = poll(&ended, 1, seconds * 1000);
	} while (count < 0 && errno == EINTR);
	close(pidfd);
	return count > 0 && waitpid(pid, status, 0) == pid;
}
