/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "options.h"
#include <string.h>

#define ARGUMENTS_MAX 24

/* Parses the words of `line`; what is printed is in `printed`. */
static enum options_result parse(struct options *options, const char *line, char **printed)
{
	static char words[512];
	static char *argv[ARGUMENTS_MAX + 1];
	int argc = 0;
	size_t printed_size;
	snprintf(words, sizeof(words), "gesso-demo %s", line);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		CHECK(argc < ARGUMENTS_MAX);
		argv[argc++] = word;
	}
	FILE *out = open_memstream(printed, &printed_size);
	enum options_result result = options_parse(options, argc, argv, out, out);
	fclose(out);
	return result;
}

static void expect_wrong(const char *line, const char *named, const char *allowed)
{
	struct options options;
	char *printed;
	CHECK_EQUAL(parse(&options, line, &printed), OPTIONS_WRONG);
	if (!strstr(printed, named) || !strstr(printed, allowed)) {
		fprintf(stderr, "%s: '%s' does not name '%s' and '%s'\n", line, printed, named,
			allowed);
		exit(1);
	}
	CHECK(strchr(printed, '\n') == printed + strlen(printed) - 1);
	free(printed);
}

static struct options expect_run(const char *line)
{
	struct options options;
	char *printed;
	CHECK_EQUAL(parse(&options, line, &printed), OPTIONS_RUN);
	CHECK_EQUAL(strlen(printed), 0);
	free(printed);
	return options;
}

static void test_defaults(void)
{
	struct options options = expect_run("a.svg b.txt");
	CHECK_EQUAL(options.path, GESSO_CLIENT_PATH_AUTO);
	CHECK_EQUAL(options.width_px, 800);
	CHECK_EQUAL(options.height_px, 600);
	CHECK_EQUAL(options.buffers, 2);
	CHECK_EQUAL(options.documents_len, 2);
	CHECK(strcmp(options.documents[1], "b.txt") == 0);
	CHECK(strcmp(options.format->name, "xrgb8888") == 0);
}

static void test_values(void)
{
	struct options options = expect_run(
		"a.svg --path=native --size 1280x720 --windows 8 --frames 60 --rate 0 -- --b.txt");
	CHECK_EQUAL(options.path, GESSO_CLIENT_PATH_NATIVE);
	CHECK_EQUAL(options.width_px, 1280);
	CHECK_EQUAL(options.windows, 8);
	CHECK_EQUAL(options.frames, 60);
	CHECK(options.rate_given && options.rate_hz == RATE_FRAME_CALLBACKS);
	CHECK_EQUAL(options.documents_len, 2);
	CHECK(strcmp(options.documents[0], "a.svg") == 0);
	CHECK(strcmp(options.documents[1], "--b.txt") == 0);
	options = expect_run("--scene full --format rgb565 --zoom 0.5 --scroll 10,2.5 --stats json "
			     "--fullscreen --print-ready --duration 1.5 --buffers 1");
	CHECK_EQUAL(options.scene, SCENE_FULL);
	CHECK_EQUAL(options.format->bytes_per_pixel, 2);
	CHECK(options.zoom == 0.5 && options.scroll_x == 10 && options.scroll_y == 2.5);
	CHECK_EQUAL(options.stats, STATS_JSON);
	CHECK(options.fullscreen && options.print_ready && options.duration_s == 1.5);
	CHECK_EQUAL(expect_run("--scene caret --path shm").scene, SCENE_CARET);
	CHECK_EQUAL(expect_run("a.svg --path dmabuf").path, GESSO_CLIENT_PATH_DMABUF);
	CHECK_EQUAL(expect_run("--scene full --warm-up 5 --frames 9").warm_up, 5);
}

static void test_wrong(void)
{
	expect_wrong("", "no document", "--scene full");
	expect_wrong("--nope a.svg", "--nope", "--path");
	expect_wrong("-x a.svg", "-x", "--path");
	expect_wrong("--path fast a.svg", "'fast'", "auto, native, shm, dmabuf");
	expect_wrong("a.svg --path", "--path", "auto, native, shm");
	expect_wrong("--size 0x600 a.svg", "'0x600'", "1 to 16384");
	expect_wrong("--size 800 a.svg", "'800'", "WxH");
	expect_wrong("--size 800x600x a.svg", "'800x600x'", "WxH");
	expect_wrong("--size 99999x1 a.svg", "'99999x1'", "1 to 16384");
	expect_wrong("--windows -1 a.svg", "'-1'", "1 to 256");
	expect_wrong("--buffers 5 a.svg", "'5'", "1 to 4");
	expect_wrong("--frames 1e3 a.svg", "'1e3'", "1 to");
	expect_wrong("--frames 99999999999999999999 a.svg", "--frames", "1 to");
	expect_wrong("--warm-up 0 --frames 9 a.svg", "'0'", "1 to");
	expect_wrong("--warm-up 5 a.svg", "--warm-up", "--frames");
	expect_wrong("--rate nan a.svg", "'nan'", "0 to 1000");
	expect_wrong("--zoom 0 a.svg", "'0'", "0.05 to 32");
	expect_wrong("--scroll 5 a.svg", "'5'", "X,Y");
	expect_wrong("--format rgb888 a.svg", "'rgb888'", "rgb565");
	expect_wrong("--scene half", "'half'", "full, caret");
	expect_wrong("--stats xml a.svg", "'xml'", "text, json");
	expect_wrong("--still=yes a.svg", "--still", "no value");
	expect_wrong("--still --frames 3 a.svg", "--still", "--frames");
	expect_wrong("--scene full a.svg", "--scene", "document");
}

/* Each option of the table has an entry in the manual page, and the other way round. */
static void test_man_page(void)
{
	struct options options;
	char *help, line[512], name[64], entry[80];
	CHECK_EQUAL(parse(&options, "--help", &help), OPTIONS_DONE);
	FILE *page = fopen(getenv("GESSO_DEMO_PAGE"), "re");
	CHECK(page);
	static char text[65536];
	CHECK(fread(text, 1, sizeof(text) - 1, page) > 0);
	rewind(page);
	int documented = 0, listed = 0;
	while (fgets(line, sizeof(line), page)) {
		if (sscanf(line, "*%63[-a-z]*", name) != 1 || strncmp(name, "--", 2) != 0)
			continue;
		snprintf(entry, sizeof(entry), "\n  %s ", name);
		CHECK(strstr(help, entry));
		documented++;
	}
	fclose(page);
	for (char *at = help; (at = strstr(at, "\n  --")); at++) {
		CHECK_EQUAL(sscanf(at, " %63[-a-z]", name), 1);
		snprintf(entry, sizeof(entry), "\n*%s*", name);
		CHECK(strstr(text, entry));
		listed++;
	}
	CHECK(listed > 10);
	CHECK_EQUAL(documented, listed);
	free(help);
}

static const struct check_case cases[] = {
	{"defaults", test_defaults},
	{"values", test_values},
	{"wrong", test_wrong},
	{"man-page", test_man_page},
};

int main(int argc, char **argv)
{
	return check_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
