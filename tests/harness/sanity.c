/* SPDX-License-Identifier: MIT */
/* The harness itself: each case that is named must_fail_… is expected to fail. */
#include "case.h"
#include "picture.h"
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

CASE(passes)
{
	CHECK(1 + 1 == 2);
	CHECK_EQUAL(2, 2);
	CHECK_STRING("gesso", "gesso");
}

CASE(pictures_round_trip)
{
	uint32_t memory[7 * 9];
	struct picture picture, decoded;
	picture_init(&picture, 7, 9, 0);
	picture_fill(&picture, 1, true);
	picture_encode(&picture, memory, sizeof(memory) / 9, 0x34324241);
	picture_decode(&decoded, memory, sizeof(memory) / 9, 0x34324241, 7, 9);
	picture_check(&decoded, &picture, 0, "ABGR8888");
	picture_finish(&picture);
	picture_finish(&decoded);
}

CASE(must_fail_check)
{
	CHECK(1 + 1 == 3);
}

CASE(must_fail_equal)
{
	CHECK_EQUAL(2, 3);
}

CASE(must_fail_string)
{
	CHECK_STRING("gesso", "size");
}

CASE(must_fail_crash)
{
	raise(SIGSEGV);
}

CASE(must_fail_deadline)
{
	alarm(1);
	pause();
}

CASE(must_fail_descriptor_leak)
{
	CHECK_INT(>=, open("/dev/null", O_RDONLY), 0);
}

CASE(must_fail_closed_descriptor)
{
	close(0);
}

CASE(must_fail_process_left)
{
	if (fork() == 0) {
		pause();
	}
}

CASE(must_fail_missing_fixture)
{
	case_fixture("no-such-key");
}

CASE(must_fail_one_pixel)
{
	struct picture left, right;
	picture_init(&left, 5, 5, 0xff102030);
	picture_init(&right, 5, 5, 0xff102030);
	right.pixels[24] ^= 1;
	picture_check(&left, &right, 0, "one pixel");
}

CASE(skip_has_its_status)
{
	pid_t pid = fork();
	if (pid == 0) {
		case_skip("on purpose");
	}
	int status;
	CHECK_EQUAL(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_EQUAL(WEXITSTATUS(status), 77);
}
