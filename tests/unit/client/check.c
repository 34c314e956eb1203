/* SPDX-License-Identifier: MIT */
#include "check.h"
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#define ALARM_S 30

static int count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	CHECK(directory);
	int count = 0;
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Mappings of memory that the library shares with a compositor. */
static int count_shared_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	CHECK(maps);
	char line[4096];
	int count = 0;
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, "/memfd:") != NULL;
	fclose(maps);
	return count;
}

static int run_case(const struct check_case *check_case)
{
	int descriptors = count_descriptors();
	int mappings = count_shared_mappings();
	alarm(ALARM_S);
	check_case->run();
	CHECK_EQUAL(count_descriptors(), descriptors);
	CHECK_EQUAL(count_shared_mappings(), mappings);
	return 0;
}

int check_main(int argc, char **argv, const struct check_case *cases, size_t cases_len)
{
	for (size_t i = 0; i < cases_len; i++) {
		if (argc == 2 && strcmp(cases[i].name, argv[1]) == 0)
			return run_case(&cases[i]);
	}
	fprintf(stderr, "usage: %s CASE; the cases are:\n", argv[0]);
	for (size_t i = 0; i < cases_len; i++)
		fprintf(stderr, "  %s\n", cases[i].name);
	return 2;
}
