/* SPDX-License-Identifier: MIT */
/*
 * Path × renderer × format, each cell tried: shown, or the reason why not. The
 * fixture paths= names the paths, and golden= the file that has the result:
 * tests/golden/formats.txt of the host lane, formats-kernel.txt of the machine,
 * where memory of real devices can be had. Path dmabuf is tried with each modifier that is
 * on offer. tests/golden/refresh writes both anew.
 */
#include "case.h"
#include "dmabuf.h"
#include "shown.h"
#include "stage.h"
#include <drm_fourcc.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sides are odd but for formats of two planes. */
static const struct {
	const char *name;
	uint32_t fourcc;
	int width_px, height_px;
} rows[] = {
	{"XRGB8888", DRM_FORMAT_XRGB8888, 37, 29},
	{"ARGB8888", DRM_FORMAT_ARGB8888, 37, 29},
	{"XBGR8888", DRM_FORMAT_XBGR8888, 37, 29},
	{"ABGR8888", DRM_FORMAT_ABGR8888, 37, 29},
	{"RGB565", DRM_FORMAT_RGB565, 37, 29},
	{"XRGB2101010", DRM_FORMAT_XRGB2101010, 37, 29},
	{"XBGR2101010", DRM_FORMAT_XBGR2101010, 37, 29},
	{"ABGR16161616F", DRM_FORMAT_ABGR16161616F, 37, 29},
	{"NV12", DRM_FORMAT_NV12, 38, 30},
	{"P010", DRM_FORMAT_P010, 38, 30},
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
	buffer_request(
		&buffer, &stage->client, rows[row].width_px, rows[row].height_px, rows[row].fourcc);
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

static bool shm_offers(struct stage *stage, size_t row, char *words, size_t size)
{
	bool offers = client_offers_shm_format(&stage->client, rows[row].fourcc);
	if (!offers) {
		snprintf(words, size, "wl_shm does not offer it: the renderer reads no such %s",
			strcmp(case_fixture("renderer"), "pixman") == 0 ? "memory" : "upload");
	}
	return offers;
}

/* The last refusal on the path; empty if there was none. */
static void find_refusal(struct stage *stage, char *words, size_t size)
{
	struct report report;
	report_read(&report, &stage->client);
	words[0] = '\0';
	for (size_t i = 0; i < report.paths_len; i++) {
		if (report.paths[i].path == GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT) {
			snprintf(words, size, "uploaded: %s", report.paths[i].words);
		}
	}
}

static void try_shm_import(struct stage *stage, size_t row, char *words, size_t size)
{
	if (!shm_offers(stage, row, words, size)) {
		return;
	}
	struct buffer buffer;
	uint32_t stride_bytes =
		(uint32_t)rows[row].width_px * buffer_bytes_per_pixel(rows[row].fourcc);
	uint64_t before = stage_figures(stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT).frames;
	buffer_create_shm_tight(&buffer, &stage->client, rows[row].width_px, rows[row].height_px,
		(stride_bytes + 3) / 4 * 4, rows[row].fourcc);
	buffer.path = NULL; /* the report says which it is */
	check_shown(stage, &buffer, rows[row].name);
	uint64_t frames = stage_figures(stage, GESSO_MEMORY_REPORT_V1_PATH_SHM_IMPORT).frames;
	if (frames == before) {
		find_refusal(stage, words, size);
	} else {
		CHECK_EQUAL(frames, before + 2);
		shown_record_here("shm-import", case_fixture("allocator"));
		snprintf(words, size, "shown");
	}
	buffer_destroy(&buffer);
}

static void try_shm(struct stage *stage, size_t row, char *words, size_t size)
{
	if (!shm_offers(stage, row, words, size)) {
		return;
	}
	struct buffer buffer;
	buffer_create_shm(
		&buffer, &stage->client, rows[row].width_px, rows[row].height_px, rows[row].fourcc);
	enum gesso_memory_report_v1_path path = strcmp(case_fixture("renderer"), "pixman") == 0
		? GESSO_MEMORY_REPORT_V1_PATH_SHM_DIRECT
		: GESSO_MEMORY_REPORT_V1_PATH_SHM_UPLOAD;
	uint64_t before = stage_figures(stage, path).frames;
	check_shown(stage, &buffer, rows[row].name);
	CHECK_EQUAL(stage_figures(stage, path).frames, before + 2);
	buffer_destroy(&buffer);
	snprintf(words, size, "shown");
}

/* What libwayland said last, such as "NAME#7: error 4: WORDS". */
static char last_error[300];

static void keep_error(const char *format, va_list args)
{
	vsnprintf(last_error, sizeof(last_error), format, args);
	last_error[strcspn(last_error, "\n")] = '\0';
}

/* Another client's, since the connection ends by it. */
static void try_dmabuf_error(struct stage *stage, size_t row, char *words, size_t size)
{
	struct dmabuf_claim claim = {rows[row].name, "memfd", 65536, {{0, 0, 256, 0}}, 1,
		rows[row].width_px, rows[row].height_px, rows[row].fourcc, 0};
	wl_log_set_handler_client(keep_error);
	dmabuf_check_claim(&stage->server, &claim, ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT);
	const char *at = strstr(last_error, ": error ");
	CHECK(at != NULL && strchr(at + 2, ':') != NULL);
	snprintf(words, size, "%s", strchr(at + 2, ':') + 2);
}

/* A client's own dma-bufs are had from a device: the host lane has none, whatever is there. */
static void try_dmabuf_with(
	struct stage *stage, size_t row, uint64_t modifier, char *words, size_t size)
{
	if (!client_offers_dmabuf(&stage->client, rows[row].fourcc, modifier)) {
		try_dmabuf_error(stage, row, words, size);
		return;
	}
	if (strcmp(case_fixture("allocator"), "memfd") == 0) {
		snprintf(words, size, "offered; formats-kernel.txt has whether it is shown");
		return;
	}
	struct buffer buffer;
	buffer_create_dmabuf_with(&buffer, &stage->client, case_fixture("allocator"),
		rows[row].width_px, rows[row].height_px, rows[row].fourcc, modifier);
	check_shown(stage, &buffer, rows[row].name);
	buffer_destroy(&buffer);
	snprintf(words, size, "shown");
}

static void try_dmabuf_linear(struct stage *stage, size_t row, char *words, size_t size)
{
	try_dmabuf_with(stage, row, DRM_FORMAT_MOD_LINEAR, words, size);
}

static void try_dmabuf_invalid(struct stage *stage, size_t row, char *words, size_t size)
{
	try_dmabuf_with(stage, row, DRM_FORMAT_MOD_INVALID, words, size);
}

/* Without the name in brackets, which differs with each version and processor. */
static void tell(
	FILE *out, const char *path, const char *format, const char *modifier, const char *words)
{
	fprintf(out, "%s %s %s%s: ", path, case_fixture("renderer"), format, modifier);
	const char *name = strstr(words, " (llvmpipe"), *end = name ? strstr(name, "))") : NULL;
	if (end != NULL) {
		fprintf(out, "%.*s%s\n", (int)(name - words), words, end + 2);
	} else {
		fprintf(out, "%s\n", words);
	}
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
		if (line[0] != '#' && sscanf(line, "%*s %15s", renderer) == 1 &&
			strcmp(renderer, case_fixture("renderer")) == 0) {
			fputs(line, out);
		}
	}
	fclose(out);
	fclose(file);
	return lines;
}

static const struct {
	const char *path, *modifier;
	void (*try_row)(struct stage *stage, size_t row, char *words, size_t size);
} ways[] = {
	{"native", "", try_native},
	{"dmabuf", " LINEAR", try_dmabuf_linear},
	{"dmabuf", " INVALID", try_dmabuf_invalid},
	{"shm-import", "", try_shm_import},
	{"shm-direct", "", try_shm},
	{"shm-upload", "", try_shm},
};

static void try_path(FILE *out, struct stage *stage, const char *path)
{
	bool known = false;
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		if (strcmp(ways[way].path, path) != 0) {
			continue;
		}
		known = true;
		for (size_t row = 0; row < ROWS_LEN; row++) {
			char words[200];
			ways[way].try_row(stage, row, words, sizeof(words));
			tell(out, path, rows[row].name, ways[way].modifier, words);
		}
	}
	CHECK(known);
}

CASE(format_matrix)
{
	char *lines = NULL, paths[64];
	size_t size;
	FILE *out = open_memstream(&lines, &size);
	struct stage stage;
	case_set_deadline(55);
	/* what path shm-upload shows lies so that it cannot be imported */
	stage_begin_with(&stage, "--shm import");
	snprintf(paths, sizeof(paths), "%s", case_fixture("paths"));
	for (char *path = strtok(paths, ","); path != NULL; path = strtok(NULL, ",")) {
		try_path(out, &stage, path);
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
