/* SPDX-License-Identifier: MIT */
#include "options.h"
#include "options_values.h"
#include <string.h>

static const struct option_spec specs[] = {
	{"path", "auto|native|shm|dmabuf", "how pixels reach the compositor", options_set_path,
		"auto, native, shm, dmabuf"},
	{"size", "WxH", "size of each window in pixels", options_set_size,
		"WxH, each 1 to 16384, such as 1280x720"},
	{"windows", "N", "number of windows", options_set_windows, "1 to 256"},
	{"buffers", "N", "buffers of a window: 1 single, 2 double", options_set_buffers, "1 to 4"},
	{"in-turn", NULL, "use and keep all buffers, even where fewer would do",
		options_set_in_turn, NULL},
	{"format", "FORMAT", "pixel format", options_set_format,
		"xrgb8888, argb8888, xbgr8888, abgr8888, rgb565"},
	{"scene", "full|caret", "paint a scene instead of documents", options_set_scene,
		"full, caret"},
	{"frames", "N", "paint again and again, end after N frames", options_set_frames,
		"1 to 1000000000"},
	{"warm-up", "N", "paint N frames before, and wait for SIGUSR1 between", options_set_warm_up,
		"1 to 1000000000"},
	{"rate", "HZ", "frames a second; 0 as frame callbacks come", options_set_rate, "0 to 1000"},
	{"duration", "S", "end after S seconds", options_set_duration, "0.001 to 1000000"},
	{"still", NULL, "paint once and stay", options_set_still, NULL},
	{"fullscreen", NULL, "ask for the whole screen", options_set_fullscreen, NULL},
	{"zoom", "FACTOR", "enlarge the document", options_set_zoom, "0.05 to 32"},
	{"scroll", "X,Y", "begin at this place of the document", options_set_scroll,
		"X,Y, each 0 to 1000000, such as 0,250"},
	{"stats", "text|json|none", "form of the figures printed at the end", options_set_stats,
		"text, json, none"},
	{"print-ready", NULL, "print 'ready' when the first frame was shown",
		options_set_print_ready, NULL},
	{"help", NULL, "print this and end", NULL, NULL},
	{"version", NULL, "print the version and end", NULL, NULL},
};

#define SPECS_LEN (sizeof(specs) / sizeof(specs[0]))

static void print_usage(FILE *out)
{
	fprintf(out,
		"Usage: gesso-demo [OPTION...] [--] DOCUMENT...\n"
		"       gesso-demo [OPTION...] --scene full|caret\n\n"
		"Paints SVG, PNG, JPEG, PDF or text straight into a compositor's buffers.\n\n");
	for (size_t i = 0; i < SPECS_LEN; i++) {
		char left[48];
		snprintf(left, sizeof(left), "--%s %s", specs[i].name,
			specs[i].argument ? specs[i].argument : "");
		fprintf(out, "  %-24s %s\n", left, specs[i].help);
	}
	fprintf(out,
		"\nKeys: arrows, Page Up, Page Down and Home scroll, + and - zoom, q ends.\n"
		"See gesso-demo(1).\n");
}

static const struct option_spec *find_spec(const char *name, size_t name_len)
{
	for (size_t i = 0; i < SPECS_LEN; i++) {
		if (strlen(specs[i].name) == name_len &&
			strncmp(specs[i].name, name, name_len) == 0)
			return &specs[i];
	}
	return NULL;
}

static enum options_result wrong_name(const char *argument, FILE *err)
{
	fprintf(err, "gesso-demo: unknown option '%s'; allowed:", argument);
	for (size_t i = 0; i < SPECS_LEN; i++)
		fprintf(err, " --%s", specs[i].name);
	fprintf(err, "\n");
	return OPTIONS_WRONG;
}

static enum options_result print_and_end(const struct option_spec *spec, FILE *out)
{
	if (strcmp(spec->name, "version") == 0)
		fprintf(out, "gesso-demo %s\n", GESSO_VERSION);
	else
		print_usage(out);
	return OPTIONS_DONE;
}

/* `argv[*at]` is the option; a value after it moves `*at` on. */
static enum options_result parse_one(
	struct options *options, int argc, char **argv, int *at, FILE *out, FILE *err)
{
	const char *name = argv[*at] + 2;
	const char *equals = strchr(name, '=');
	size_t name_len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_spec *spec = find_spec(name, name_len);
	if (!spec)
		return wrong_name(argv[*at], err);
	if (!spec->argument && equals) {
		fprintf(err, "gesso-demo: --%s takes no value\n", spec->name);
		return OPTIONS_WRONG;
	}
	if (!spec->set)
		return print_and_end(spec, out);
	const char *value = equals ? equals + 1 : NULL;
	if (spec->argument && !value && *at + 1 < argc)
		value = argv[++*at];
	if (spec->argument && !value) {
		fprintf(err, "gesso-demo: --%s needs a value; allowed: %s\n", spec->name,
			spec->allowed);
		return OPTIONS_WRONG;
	}
	if (!spec->set(options, value)) {
		fprintf(err, "gesso-demo: --%s '%s' is wrong; allowed: %s\n", spec->name, value,
			spec->allowed);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

static const char *find_conflict(const struct options *options)
{
	if (options->still && (options->frames || options->rate_given))
		return "--still cannot be had with --frames or --rate";
	if (options->warm_up && !options->frames)
		return "--warm-up cannot be had without --frames";
	if (options->scene != SCENE_DOCUMENT && options->documents_len > 0)
		return "--scene cannot be had with a document";
	if (options->scene == SCENE_DOCUMENT && options->documents_len == 0)
		return "no document; name an SVG, PNG, JPEG, PDF or text file, or give --scene "
		       "full or --scene caret";
	return NULL;
}

static void set_defaults(struct options *options)
{
	*options = (struct options){
		.width_px = 800,
		.height_px = 600,
		.buffers = 2,
		.zoom = 1,
		.format = &pixel_formats[0],
	};
}

enum options_result options_parse(
	struct options *options, int argc, char **argv, FILE *out, FILE *err)
{
	set_defaults(options);
	options->documents = argv + 1;
	bool only_documents = false;
	for (int i = 1; i < argc; i++) {
		bool is_option = !only_documents && argv[i][0] == '-' && argv[i][1] != '\0';
		if (!is_option) {
			options->documents[options->documents_len++] = argv[i];
		} else if (strcmp(argv[i], "--") == 0) {
			only_documents = true;
		} else if (argv[i][1] != '-') {
			return wrong_name(argv[i], err);
		} else {
			enum options_result result = parse_one(options, argc, argv, &i, out, err);
			if (result != OPTIONS_RUN)
				return result;
		}
	}
	const char *conflict = find_conflict(options);
	if (conflict) {
		fprintf(err, "gesso-demo: %s\n", conflict);
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}
