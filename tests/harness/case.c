/* SPDX-License-Identifier: MIT */
#include "case.h"
#include "proc.h"
#include "shown.h"
#include "workdir.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	EXIT_SKIPPED = 77,
};

/* LeakSanitizer's hook: what a client that ends at once leaves behind is left on purpose. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}

static struct test_case *cases;
static char **fixtures;
static volatile sig_atomic_t running_group;
static void (*on_failure)(void);

void case_register(struct test_case *test_case)
{
	test_case->next = cases;
	cases = test_case;
}

const char *case_try_fixture(const char *key)
{
	size_t length = strlen(key);
	for (char **argument = fixtures; *argument != NULL; argument++) {
		if (strncmp(*argument, key, length) == 0 && (*argument)[length] == '=') {
			return *argument + length + 1;
		}
	}
	return NULL;
}

const char *case_fixture(const char *key)
{
	const char *value = case_try_fixture(key);
	if (value == NULL) {
		FAIL("the case needs an argument %s=", key);
	}
	return value;
}

void case_need_device(const char *path)
{
	if (access(path, R_OK | W_OK) != 0) {
		case_skip("%s: %s", path, strerror(errno));
	}
}

void case_need_allocator(const char *name)
{
	if (strcmp(name, "udmabuf") == 0) {
		case_need_device("/dev/udmabuf");
	} else if (strcmp(name, "dma-heap") == 0) {
		case_need_device("/dev/dma_heap/system");
	} else if (strcmp(name, "vgem") == 0 && access("/sys/module/vgem", F_OK) != 0) {
		case_skip("the kernel module vgem is not loaded");
	}
}

int case_seconds(int seconds)
{
	int factor = 3;
#ifdef __SANITIZE_ADDRESS__
	factor = 6;
#endif
	if (getenv("GESSO_MACHINE") != NULL) {
		factor = 6;
	}
	const char *slow = getenv("GESSO_TEST_SLOW");
	return seconds * (slow != NULL && atoi(slow) > 0 ? atoi(slow) : factor);
}

int case_times(int few, int full)
{
	return getenv("GESSO_TEST_FULL") != NULL ? full : few;
}

void case_set_deadline(int seconds)
{
	alarm((unsigned)case_seconds(seconds));
}

void case_on_failure(void (*say)(void))
{
	on_failure = say;
}

void check_failed(const char *file, int line, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	if (on_failure != NULL) {
		void (*say)(void) = on_failure;
		on_failure = NULL;
		say();
	}
	fflush(NULL);
	_exit(EXIT_FAILURE);
}

void case_skip(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("skipped: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	fflush(NULL);
	_exit(EXIT_SKIPPED);
}

static void run_in_child(const struct test_case *test_case)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	case_set_deadline(30);
	int before = proc_count_descriptors(getpid());
	test_case->run();
	int after = proc_count_descriptors(getpid());
	if (before != after) {
		proc_print_descriptors(getpid(), stderr);
		FAIL("the case began with %d descriptors and ended with %d", before, after);
	}
	shown_write();
	exit(EXIT_SUCCESS);
}

static void end_group(int signal_number)
{
	if (running_group > 0) {
		kill(-running_group, SIGKILL);
	}
	if (signal_number != 0) {
		_exit(EXIT_FAILURE);
	}
}

/* As the reaper of all descendants, the runner sees what a case has left behind. */
static bool anything_left(void)
{
	for (int tries = 0; tries < 50 * case_seconds(1); tries++) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD) {
			return false;
		}
		if (pid == 0) {
			nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
		}
	}
	return true;
}

static bool in_kernel_lane(void)
{
	const char *lane = getenv("GESSO_LANE");
	return getenv("GESSO_MACHINE") != NULL || (lane != NULL && strcmp(lane, "kernel") == 0);
}

static int verdict(int status)
{
	if (WIFSIGNALED(status)) {
		fprintf(stderr, "the case ended by signal %d (%s)%s\n", WTERMSIG(status),
			strsignal(WTERMSIG(status)),
			WTERMSIG(status) == SIGALRM ? ": past its deadline" : "");
		return EXIT_FAILURE;
	}
	if (WEXITSTATUS(status) == EXIT_SKIPPED && in_kernel_lane()) {
		fprintf(stderr, "a skip is a failure in the kernel lane\n");
		return EXIT_FAILURE;
	}
	return WEXITSTATUS(status);
}

static int run(const struct test_case *test_case)
{
	workdir_create();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGTERM, end_group);
	signal(SIGINT, end_group);
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0) {
		perror("fork");
		return EXIT_FAILURE;
	}
	if (pid == 0) {
		run_in_child(test_case);
	}
	setpgid(pid, pid);
	running_group = pid;

	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
	int result = verdict(status);
	if (result != EXIT_SUCCESS) {
		end_group(0);
	}
	if (anything_left()) {
		fprintf(stderr, "the case left a process running\n");
		end_group(0);
		result = EXIT_FAILURE;
	}
	if (result == EXIT_FAILURE) {
		workdir_print_logs(stderr);
	}
	workdir_remove();
	return result;
}

/* Weak: a program that only wants to be a client has one of its own. */
__attribute__((weak)) int main(int argc, char *argv[])
{
	for (struct test_case *test_case = cases; test_case != NULL; test_case = test_case->next) {
		if (argc == 1) {
			puts(test_case->name);
		} else if (strcmp(argv[1], test_case->name) == 0) {
			fixtures = &argv[2];
			return run(test_case);
		}
	}
	if (argc > 1) {
		fprintf(stderr,
			"%s: there is no case '%s'; without arguments the cases are listed\n",
			argv[0], argv[1]);
	}
	return EXIT_USAGE;
}
