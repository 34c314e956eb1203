/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "allocators/chain.h"
#include "option_limits.h"
#include "option_value.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEBIBYTE (UINT64_C(1) << 20)

struct option_spec {
	const char *name;
	const char *argument; /* NULL if the option takes none */
	const char *help;
	/* `value` is NULL if the option takes no argument. */
	bool (*parse)(struct options *options, const char *value, struct complaint *complaint);
};

#define BACKEND_NAMES "auto|headless|wayland|x11|drm"
static bool parse_backend(struct options *options, const char *value, struct complaint *complaint)
{
	int index;
	bool ok = option_value_name(BACKEND_NAMES, value, &index, complaint);
	options->backend = (enum options_backend)index;
	return ok;
}

#define RENDERER_NAMES "auto|pixman|gles2|gles2-software"
static bool parse_renderer(struct options *options, const char *value, struct complaint *complaint)
{
	if (strcmp(value, "gles2-node") == 0) { /* for tests, and so not told */
		options->renderer = GESSO_RENDERER_GLES2_NODE;
		return true;
	}
	int index;
	bool ok = option_value_name(RENDERER_NAMES, value, &index, complaint);
	options->renderer = (enum gesso_renderer_choice)index;
	return ok;
}

static bool parse_allocator(struct options *options, const char *value, struct complaint *complaint)
{
	struct gesso_reason why = {0};
	bool ok = gesso_allocator_chain_check_names(value, &why);
	snprintf(complaint->words, sizeof(complaint->words), "%s", why.words);
	options->allocators = value;
	return ok;
}

#define SHM_NAMES "auto|import|upload"
static bool parse_shm(struct options *options, const char *value, struct complaint *complaint)
{
	int index;
	bool ok = option_value_name(SHM_NAMES, value, &index, complaint);
	options->shm = (enum gesso_shm_choice)index;
	return ok;
}

static bool parse_outputs(struct options *options, const char *value, struct complaint *complaint)
{
	long number;
	bool ok = option_value_number(value, 1, 16, &number, complaint);
	options->outputs = (int)number;
	return ok;
}

static bool parse_size(struct options *options, const char *value, struct complaint *complaint)
{
	int end = 0, matched = 0;
	const char *x = strchr(value, 'x');
	if (option_value_consists_of(value, DIGITS "x") && value[0] != 'x' && x != NULL &&
		x[1] != 'x') {
		matched = sscanf(value, "%5dx%5d%n", &options->width_px, &options->height_px, &end);
	}
	if (matched != 2 || value[end] != '\0' || options->width_px < 1 || options->height_px < 1 ||
		options->width_px > GESSO_MAX_SIDE_PX || options->height_px > GESSO_MAX_SIDE_PX) {
		return option_value_complain(complaint, value,
			"WIDTHxHEIGHT in pixels, each from 1 to 16384, such as 1280x720");
	}
	return true;
}

static bool parse_scale(struct options *options, const char *value, struct complaint *complaint)
{
	char *end;
	options->scale = strtof(value, &end);
	if (!option_value_consists_of(value, DIGITS ".") || *end != '\0' ||
		!(options->scale >= 0.25f && options->scale <= 8.0f)) {
		return option_value_complain(complaint, value, "a number from 0.25 to 8");
	}
	return true;
}

static bool parse_budget(struct options *options, const char *value, struct complaint *complaint)
{
	long number;
	bool ok = option_value_number(value, 1, 1 << 20, &number, complaint);
	options->limits.limits[GESSO_BUDGET_BYTES] = (uint64_t)number * MEBIBYTE;
	return ok;
}

static bool parse_limits(struct options *options, const char *value, struct complaint *complaint)
{
	return option_limits_parse(&options->limits, value, complaint);
}

static bool parse_probe_timeout(
	struct options *options, const char *value, struct complaint *complaint)
{
	long number;
	bool ok = option_value_number(value, 1, 600000, &number, complaint);
	options->probe_timeout_ms = (int)number;
	return ok;
}

static bool parse_probe_wait(
	struct options *options, const char *value, struct complaint *complaint)
{
	long number;
	bool ok = option_value_number(value, 0, 3600000, &number, complaint);
	options->probe_wait_ms = (int)number;
	return ok;
}

static bool parse_socket(struct options *options, const char *value, struct complaint *complaint)
{
	if (value[0] == '\0' || strchr(value, '/') != NULL) {
		return option_value_complain(
			complaint, value, "a file name in XDG_RUNTIME_DIR, without '/'");
	}
	options->socket = value;
	return true;
}

static bool parse_probe(struct options *options, const char *value, struct complaint *complaint)
{
	options->probe = true;
	return true;
}

static bool parse_json(struct options *options, const char *value, struct complaint *complaint)
{
	options->json = true;
	return true;
}

static bool parse_no_report(struct options *options, const char *value, struct complaint *complaint)
{
	options->report = false;
	return true;
}

static bool parse_ready_fd(struct options *options, const char *value, struct complaint *complaint)
{
	long number;
	if (!option_value_number(value, 0, INT32_MAX, &number, complaint)) {
		return false;
	}
	int flags = fcntl((int)number, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || (flags & O_PATH) != 0) {
		return option_value_complain(
			complaint, value, "a descriptor that is open for writing");
	}
	if (number > STDERR_FILENO) {
		fcntl((int)number, F_SETFD, FD_CLOEXEC);
	}
	options->ready_fd = (int)number;
	return true;
}

static bool parse_maximize(struct options *options, const char *value, struct complaint *complaint)
{
	options->window = OPTIONS_WINDOW_MAXIMIZED;
	return true;
}

static bool parse_fullscreen(
	struct options *options, const char *value, struct complaint *complaint)
{
	options->window = OPTIONS_WINDOW_FULLSCREEN;
	return true;
}

static bool parse_exit_with_command(
	struct options *options, const char *value, struct complaint *complaint)
{
	options->exit_with_command = true;
	return true;
}

#define LOG_LEVEL_NAMES "error|info|debug"
static bool parse_log_level(struct options *options, const char *value, struct complaint *complaint)
{
	static const enum wlr_log_importance levels[] = {WLR_ERROR, WLR_INFO, WLR_DEBUG};
	int index;
	if (!option_value_name(LOG_LEVEL_NAMES, value, &index, complaint)) {
		return false;
	}
	options->log_level = levels[index];
	options->log_level_from_environment = false;
	return true;
}

/* These two end the run, and so have no parser. */
#define HELP_OPTION "help"
#define VERSION_OPTION "version"

static const struct option_spec specs[] = {
	{"backend", BACKEND_NAMES, "where to show: auto takes the session it is started in",
		parse_backend},
	{"renderer", RENDERER_NAMES, "what draws: auto takes gles2 on a GPU, else pixman",
		parse_renderer},
	{"allocator", "LIST", "what path native is made of: auto, none, or names with commas",
		parse_allocator},
	{"shm", SHM_NAMES, "wl_shm on gles2: auto imports where that pays and can be proved",
		parse_shm},
	{"outputs", "N", "how many outputs, headless or nested (1)", parse_outputs},
	{"size", "WxH", "size of each output in pixels (1280x720)", parse_size},
	{"scale", "S", "scale of each output (1)", parse_scale},
	{"maximize", NULL, "new windows are maximized", parse_maximize},
	{"fullscreen", NULL, "new windows fill their output", parse_fullscreen},
	{"budget", "MIB", "on native, dmabuf and shm-import, for each client (512)", parse_budget},
	{"limits", "LIST", "on what each client has, and all: names with values: see gesso(1)",
		parse_limits},
	{"probe-timeout", "MS", "time for each allocator's probe, at most (10000)",
		parse_probe_timeout},
	{"probe-wait", "MS", "how long all of them hold up COMMAND and --ready-fd, at most (250)",
		parse_probe_wait},
	{"probe", NULL, "print which allocators are proved, and why others are not, and end",
		parse_probe},
	{"json", NULL, "with --probe: print it as JSON", parse_json},
	{"no-report", NULL, "offer no memory report to clients", parse_no_report},
	{"socket", "NAME", "name of the Wayland socket (the first free wayland-N)", parse_socket},
	{"ready-fd", "FD", "write the socket's name to FD once all is ready", parse_ready_fd},
	{"exit-with-command", NULL, "end with COMMAND, and with its status",
		parse_exit_with_command},
	{"log-level", LOG_LEVEL_NAMES, "what is logged to standard error (info)", parse_log_level},
	{HELP_OPTION, NULL, "print this and end", NULL},
	{VERSION_OPTION, NULL, "print the version and end", NULL},
};
#define SPECS_LEN (sizeof(specs) / sizeof(specs[0]))

static void print_help(void)
{
	printf("Usage: gesso [OPTION...] [-- COMMAND [ARGUMENT...]]\n"
	       "A small Wayland compositor whose clients paint where the renderer reads.\n\n");
	for (size_t i = 0; i < SPECS_LEN; i++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s%s%s", specs[i].name,
			specs[i].argument != NULL ? " " : "",
			specs[i].argument != NULL ? specs[i].argument : "");
		if (strlen(left) > 24) {
			printf("  %s\n  %-24s  %s\n", left, "", specs[i].help);
		} else {
			printf("  %-24s  %s\n", left, specs[i].help);
		}
	}
	printf("\nSee gesso(1).\n");
}

/* The spec of "--name" or "--name=value"; `value` is set in the second case. */
static const struct option_spec *find_spec(const char *word, const char **value)
{
	size_t len = strcspn(word + 2, "=");
	*value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
	for (size_t i = 0; i < SPECS_LEN; i++) {
		if (strlen(specs[i].name) == len && strncmp(specs[i].name, word + 2, len) == 0) {
			return &specs[i];
		}
	}
	return NULL;
}

static bool parse_environment(struct options *options)
{
	const char *level = getenv("GESSO_LOG");
	struct complaint complaint;
	if (level == NULL) {
		return true;
	}
	if (!parse_log_level(options, level, &complaint)) {
		fprintf(stderr, "gesso: GESSO_LOG: %s\n", complaint.words);
		return false;
	}
	options->log_level_from_environment = true;
	return true;
}

/* Takes one option off the front of `words`. Returns how many words it was, 0 if it is wrong. */
static int parse_option(struct options *options, char *words[])
{
	const char *value;
	const struct option_spec *spec =
		strncmp(words[0], "--", 2) == 0 ? find_spec(words[0], &value) : NULL;
	if (spec == NULL) {
		bool option = words[0][0] == '-';
		fprintf(stderr, "gesso: %s '%s'%s\n", option ? "unknown option" : "unexpected word",
			words[0],
			option ? ": gesso --help lists them" : ": a command goes after --");
		return 0;
	}
	int taken = spec->argument != NULL && value == NULL ? 2 : 1;
	value = taken == 2 ? words[1] : value;
	if ((spec->argument != NULL) != (value != NULL)) {
		fprintf(stderr, "gesso: --%s takes %s\n", spec->name,
			spec->argument != NULL ? spec->argument : "no value");
		return 0;
	}
	struct complaint complaint = {0};
	if (spec->parse != NULL && !spec->parse(options, value, &complaint)) {
		fprintf(stderr, "gesso: --%s: %s\n", spec->name, complaint.words);
		return 0;
	}
	return taken;
}

/* What one option says of another. */
static enum options_outcome finish(struct options *options)
{
	if (options->probe && options->backend == OPTIONS_BACKEND_AUTO) {
		options->backend = OPTIONS_BACKEND_HEADLESS;
	}
	if (options->json && !options->probe) {
		fprintf(stderr, "gesso: --json: give --probe too\n");
		return OPTIONS_WRONG;
	}
	int64_t outputs = options->outputs > 0 ? options->outputs : 1;
	if (outputs * options->width_px * options->height_px > OPTIONS_MAX_PIXELS) {
		fprintf(stderr,
			"gesso: --size: %dx%d on %d outputs is too much: "
			"all outputs together may have %lld pixels\n",
			options->width_px, options->height_px, options->outputs,
			(long long)OPTIONS_MAX_PIXELS);
		return OPTIONS_WRONG;
	}
	if (options->exit_with_command && options->command == NULL) {
		fprintf(stderr, "gesso: --exit-with-command: give the command after --\n");
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

enum options_outcome options_parse(struct options *options, int argc, char *argv[])
{
	*options = (struct options){
		.allocators = "auto",
		.width_px = 1280,
		.height_px = 720,
		.limits = {.limits = {[GESSO_BUDGET_BYTES] = 512 * MEBIBYTE}},
		.probe_timeout_ms = 10000,
		.probe_wait_ms = 250,
		.report = true,
		.ready_fd = -1,
		.log_level = WLR_INFO,
	};
	if (!parse_environment(options)) {
		return OPTIONS_WRONG;
	}
	for (int i = 1; i < argc;) {
		if (strcmp(argv[i], "--") == 0) {
			options->command = argv[i + 1] != NULL ? &argv[i + 1] : NULL;
			break;
		}
		if (strcmp(argv[i], "--" HELP_OPTION) == 0) {
			print_help();
			return OPTIONS_ANSWERED;
		}
		if (strcmp(argv[i], "--" VERSION_OPTION) == 0) {
			printf("gesso %s\n", GESSO_VERSION);
			return OPTIONS_ANSWERED;
		}
		int taken = parse_option(options, &argv[i]);
		if (taken == 0) {
			return OPTIONS_WRONG;
		}
		i += taken;
	}
	return finish(options);
}
