/* SPDX-License-Identifier: MIT */
#include "memory/model.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXIT_USAGE 2

struct settings {
	const char *socket;
	bool json, children;
	double watch_s; /* 0: once */
};

struct option_row {
	const char *name;
	int value;
	const char *argument; /* NULL if it takes none */
	const char *help;
};

/* The order is that of the usage text and of gesso-memory(1). */
static const struct option_row option_rows[] = {
	{"children", 'c', NULL, "count each client's descendants with it"},
	{"json", 'j', NULL, "print JSON, all sizes in bytes"},
	{"socket", 's', "NAME", "the compositor's socket, instead of $WAYLAND_DISPLAY"},
	{"watch", 'w', "SECONDS", "print again and again, at this interval"},
	{"help", 'h', NULL, "print this and exit"},
	{"version", 'V', NULL, "print the version and exit"},
};
#define OPTION_ROWS_LEN (sizeof(option_rows) / sizeof(option_rows[0]))

static void print_usage(FILE *out)
{
	fprintf(out,
		"Usage: gesso-memory [OPTION...]\n\n"
		"Prints what each client of a running gesso costs in memory: what the\n"
		"compositor claims beside what the kernel says.\n\n");
	for (size_t i = 0; i < OPTION_ROWS_LEN; i++) {
		char left[48];
		snprintf(left, sizeof(left), "-%c, --%s%s%s", option_rows[i].value,
			option_rows[i].name, option_rows[i].argument ? " " : "",
			option_rows[i].argument ? option_rows[i].argument : "");
		fprintf(out, "  %-22s %s\n", left, option_rows[i].help);
	}
}

static bool parse_interval(const char *text, double *seconds)
{
	char *end;
	errno = 0;
	*seconds = strtod(text, &end);
	if (errno != 0 || end == text || *end != '\0' || !(*seconds >= 0.1 && *seconds <= 86400)) {
		fprintf(stderr,
			"gesso-memory: --watch '%s': a number of seconds from 0.1 to 86400 is "
			"allowed\n",
			text);
		return false;
	}
	return true;
}

/* getopt's own messages do not say what is allowed. */
static void print_wrong_option(int value, const char *word)
{
	fprintf(stderr, "gesso-memory: option '%s' %s; allowed:", word,
		value == ':' ? "needs an argument" : "is not one, or takes no argument");
	for (size_t i = 0; i < OPTION_ROWS_LEN; i++) {
		fprintf(stderr, "%s --%s%s%s", i > 0 ? "," : "", option_rows[i].name,
			option_rows[i].argument ? " " : "",
			option_rows[i].argument ? option_rows[i].argument : "");
	}
	fprintf(stderr, "\n");
}

/* The exit status, or -1 to go on. */
static int apply_option(struct settings *settings, int value, const char *argument)
{
	switch (value) {
	case 'c':
		settings->children = true;
		return -1;
	case 'j':
		settings->json = true;
		return -1;
	case 's':
		settings->socket = argument;
		return -1;
	case 'w':
		return parse_interval(argument, &settings->watch_s) ? -1 : EXIT_USAGE;
	case 'h':
		print_usage(stdout);
		return EXIT_SUCCESS;
	case 'V':
		printf("gesso-memory %s\n", GESSO_VERSION);
		return EXIT_SUCCESS;
	default:
		return EXIT_USAGE;
	}
}

static int parse_options(struct settings *settings, int argc, char *argv[])
{
	struct option options[OPTION_ROWS_LEN + 1] = {0};
	char letters[2 * OPTION_ROWS_LEN + 2] = ":";
	for (size_t i = 0; i < OPTION_ROWS_LEN; i++) {
		const struct option_row *row = &option_rows[i];
		options[i] = (struct option){row->name,
			row->argument ? required_argument : no_argument, NULL, row->value};
		char letter[] = {(char)row->value, row->argument ? ':' : '\0', '\0'};
		strcat(letters, letter);
	}
	int status = -1, value, word = 1;
	opterr = 0;
	while (status == -1 && (value = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (value == ':' || value == '?') {
			print_wrong_option(value, argv[word]);
		}
		status = apply_option(settings, value, optarg);
		word = optind;
	}
	if (status == -1 && optind < argc) {
		fprintf(stderr,
			"gesso-memory: unexpected argument '%s'; only options are allowed\n",
			argv[optind]);
		status = EXIT_USAGE;
	}
	return status;
}

static bool print_once(
	struct report_connection *connection, const struct settings *settings, char *why)
{
	struct report *report = report_connection_take(connection, why);
	if (!report) {
		return false;
	}
	struct memory_model *model = memory_model_create(report, "/proc", settings->children);
	if (!model) {
		snprintf(why, REPORT_WHY_LEN, "no memory");
		return false;
	}
	bool written = true;
	if (settings->json) {
		written = memory_print_json(stdout, model, settings->watch_s > 0);
	} else {
		memory_print_table(stdout, model);
	}
	memory_model_destroy(model);
	if (!written || ferror(stdout)) {
		snprintf(why, REPORT_WHY_LEN, "cannot write: %s", strerror(errno));
		return false;
	}
	return true;
}

static void pause_for(double seconds)
{
	struct timespec left = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9),
	};
	while (nanosleep(&left, &left) < 0 && errno == EINTR) {
	}
}

int main(int argc, char *argv[])
{
	struct settings settings = {0};
	char why[REPORT_WHY_LEN] = "";
	int status = parse_options(&settings, argc, argv);
	if (status != -1) {
		return status;
	}
	signal(SIGPIPE, SIG_DFL);
	struct report_connection *connection = report_connection_open(settings.socket, why);
	bool printed = connection != NULL;
	while (printed) {
		printed = print_once(connection, &settings, why);
		if (settings.watch_s == 0) {
			break;
		}
		if (printed) {
			pause_for(settings.watch_s);
			fputs(settings.json ? "" : "\n", stdout);
		}
	}
	if (!printed) {
		fprintf(stderr, "gesso-memory: %s\n", why);
	}
	report_connection_close(connection);
	return printed ? EXIT_SUCCESS : EXIT_FAILURE;
}
