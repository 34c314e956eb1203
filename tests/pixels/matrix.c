/* SPDX-License-Identifier: MIT */
/*
 * Path × renderer × format, each cell tried: shown, or the reason why not. The
 * result is tests/golden/formats.txt; tests/golden/refresh writes it anew.
 */
#include "case.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_PX 37
#define HEIGHT_PX 29

static const struct {
	const char *name;
	uint32_t fourcc;
} rows[] = {
	{"XRGB8888", DRM_FORMAT_XRGB8888},
	{"ARGB8888", DRM_FORMAT_ARGB8888},
	{"XBGR8888", DRM_FORMAT_XBGR8888},
	{"ABGR8888", DRM_FORMAT_ABGR8888},
	{"RGB565", DRM_FORMAT_RGB565},
	{"XRGB2101010", DRM_FORMAT_XRGB2101010},
	{"XBGR2101010", DRM_FORMAT_XBGR2101010},
	{"ABGR16161616F", DRM_FORMAT_ABGR16161616F},
	{"NV12", DRM_FORMAT_NV12},
	{"P010", DRM_FORMAT_P010},
};
#define ROWS_LEN (sizeof(rows) / sizeof(rows[0]))

/* Painted, shown and compared; then the same again in the same memory. */
static void check_shown(struct stage *stage, struct buffer *buffer, const char *name)
{
	struct layer layer;
	layer_create(&layer, &stage->window, 11, 13);
	bool exact = buffer->fourcc == DRM_FORMAT_XRGB8888 || buffer->fourcc == DRM_FORMAT_XBGR8888;
	for (uint32_t round = 0; round < 2; round++) {
		struct picture picture;
		stage_repaint(buffer, &picture, 70 + round);
		layer_show(&layer, buffer);
		stage_check(stage, &picture, 11, 13, exact ? 0 : 1, name);
		picture_finish(&picture);
	}
	layer_destroy(&layer);
}

static void try_native(struct stage *stage, size_t row, char *words, size_t size)
{
	struct buffer buffer;
	buffer_request(&buffer, &stage->client, WIDTH_PX, HEIGHT_PX, rows[row].fourcc);
	buffer_wait_answer(&buffer);
	if (buffer.state == BUFFER_ALLOCATED) {
		buffer_map(&buffer);
		check_shown(stage, &buffer, rows[row].name);
		snprintf(words, size, "shown");
	} else {
		CHECK(!client_offers_format(&stage->client, rows[row].fourcc));
		snprintf(words, size, "%s", buffer.words);
	}
	buffer_destroy(&buffer);
}

static void try_shm(struct stage *stage, size_t row, char *words, size_t size)
{
	if (!client_offers_shm_format(&stage->client, rows[row].fourcc)) {
		snprintf(words, size, "wl_shm does not offer it: the renderer reads no such %s",
			strcmp(case_fixture("renderer"), "pixman") == 0 ? "memory" : "upload");
		return;
	}
	struct buffer buffer;
	buffer_create_shm(&buffer, &stage->client, WIDTH_PX, HEIGHT_PX, rows[row].fourcc);
	check_shown(stage, &buffer, rows[row].name);
	buffer_destroy(&buffer);
	snprintf(words, size, "shown");
}

static void tell(FILE *out, const char *path, const char *format, const char *words)
{
	fprintf(out, "%s %s %s: %s\n", path, case_fixture("renderer"), format, words);
}

/* The golden file's lines of this renderer. */
static char *read_golden(const char *path)
{
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		FAIL("%s cannot be read", path);
	}
	char line[256], renderer[16], *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%*s %15s", renderer) == 1 &&
			strcmp(renderer, case_fixture("renderer")) == 0) {
			fputs(line, out);
		}
	}
	fclose(out);
	fclose(file);
	return lines;
}

CASE(format_matrix)
{
	bool pixman = strcmp(case_fixture("renderer"), "pixman") == 0;
	char *lines = NULL, words[200];
	size_t size;
	FILE *out = open_memstream(&lines, &size);
	struct stage stage;
	case_set_deadline(55);
	stage_begin(&stage);
	for (size_t row = 0; row < ROWS_LEN; row++) {
		try_native(&stage, row, words, sizeof(words));
		tell(out, "native", rows[row].name, words);
	}
	for (size_t row = 0; row < ROWS_LEN; row++) {
		try_shm(&stage, row, words, sizeof(words));
		tell(out, pixman ? "shm-direct" : "shm-upload", rows[row].name, words);
	}
	stage_end(&stage);
	fclose(out);
	char *golden = read_golden(case_fixture("golden"));
	fputs(lines, stdout);
	if (strcmp(lines, golden) != 0) {
		FAIL("%s says otherwise; if it is out of date, run tests/golden/refresh. It "
		     "has\n%s",
			case_fixture("golden"), golden);
	}
	free(golden);
	free(lines);
}
