/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "case.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FLOOD_SECONDS 2.5
#define MOST_LINES_A_SECOND 10

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct counts {
	double elapsed_s;
	int lines, sums;
	unsigned long told_left_out, logged;
};

/* Logs for some seconds as fast as it can, and counts what was printed. */
static struct counts flood(double seconds)
{
	char line[256];
	struct counts counts = {0};
	int kept = dup(STDERR_FILENO), file = memfd_create("log", MFD_CLOEXEC);
	CHECK(kept >= 0 && file >= 0);
	CHECK_EQUAL(dup2(file, STDERR_FILENO), STDERR_FILENO);
	for (double began = now_s(); counts.elapsed_s < seconds; counts.logged++) {
		wlr_log(WLR_INFO, "flood");
		counts.elapsed_s = now_s() - began;
	}
	CHECK_EQUAL(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(kept);
	FILE *in = fdopen(file, "r");
	CHECK(in != NULL);
	rewind(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		unsigned long left_out;
		const char *sum = strstr(line, "log: ");
		counts.lines++;
		if (sum != NULL && sscanf(sum, "log: %lu lines were left out", &left_out) == 1) {
			counts.sums++;
			counts.told_left_out += left_out;
		}
	}
	fclose(in);
	return counts;
}

CASE(flood_is_bounded)
{
	log_init(WLR_INFO);
	flood(0.1); /* what may come at once */
	struct counts counts = flood(FLOOD_SECONDS);
	printf("%d lines in %.1f s, %d of which sum up\n", counts.lines, counts.elapsed_s,
		counts.sums);
	CHECK_INT(<=, counts.lines, counts.elapsed_s * MOST_LINES_A_SECOND);
	CHECK_INT(>=, counts.lines, counts.elapsed_s * LOG_LINES_A_SECOND / 2);
	CHECK(counts.sums >= 1 && counts.sums <= (int)counts.elapsed_s + 1);
	CHECK(counts.told_left_out > 0);
}

/* Debugging is asked for by name, and wants all of it. */
CASE(debug_is_not_bounded)
{
	log_init(WLR_DEBUG);
	struct counts counts = flood(0.1);
	CHECK_EQUAL(counts.lines, counts.logged);
}
