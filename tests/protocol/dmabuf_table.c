/* SPDX-License-Identifier: MIT */
/*
 * linux-dmabuf-v1, row by row of dmabuf-table.txt, by create and by create_immed, while
 * another client is shown. source=NAME says where dma-bufs are from; without it the rows
 * with other descriptors are asked.
 */
#include "bystander.h"
#include "case.h"
#include "dmabuf.h"
#include <drm_fourcc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DMABUF_BYTES 16384
#define ROWS_PER_CHECK 10

static const struct {
	const char *name;
	int code;
} answers[] = {
	{"created", DMABUF_CREATED},
	{"failed", DMABUF_FAILED},
	{"plane_idx", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_IDX},
	{"plane_set", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_PLANE_SET},
	{"incomplete", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INCOMPLETE},
	{"invalid_format", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_FORMAT},
	{"invalid_dimensions", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_INVALID_DIMENSIONS},
	{"out_of_bounds", ZWP_LINUX_BUFFER_PARAMS_V1_ERROR_OUT_OF_BOUNDS},
};

static const struct {
	const char *name;
	uint32_t fourcc;
} formats[] = {
	{"XRGB8888", DRM_FORMAT_XRGB8888},
	{"ARGB8888", DRM_FORMAT_ARGB8888},
	{"XBGR8888", DRM_FORMAT_XBGR8888},
	{"ABGR8888", DRM_FORMAT_ABGR8888},
	{"RGB565", DRM_FORMAT_RGB565},
	{"YUYV", DRM_FORMAT_YUYV},
	{"NV12", DRM_FORMAT_NV12},
	{"NV21", DRM_FORMAT_NV21},
	{"P010", DRM_FORMAT_P010},
	{"R8", DRM_FORMAT_R8},
	{"RGB888", DRM_FORMAT_RGB888},
};

struct row {
	char line[256], kind[16], planes[128];
	struct dmabuf_claim claim;
	int expected;
};

static uint32_t find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(formats[i].name, name) == 0) {
			return formats[i].fourcc;
		}
	}
	CHECK_EQUAL(strncmp(name, "0x", 2), 0);
	return (uint32_t)strtoul(name, NULL, 16);
}

static int find_answer(const char *name)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (strcmp(answers[i].name, name) == 0) {
			return answers[i].code;
		}
	}
	FAIL("'%s' is no answer", name);
}

static uint64_t find_modifier(const char *name)
{
	if (strcmp(name, "linear") == 0) {
		return DRM_FORMAT_MOD_LINEAR;
	}
	return strcmp(name, "implied") == 0 ? DRM_FORMAT_MOD_INVALID : strtoull(name, NULL, 16);
}

static void parse_planes(struct row *row, uint64_t modifier)
{
	const char *at = row->planes;
	struct dmabuf_plane plane = {.modifier = modifier};
	int length;
	while (sscanf(at, " %u:%u+%u%n", &plane.index, &plane.offset_bytes, &plane.stride_bytes,
		       &length) == 3) {
		CHECK_INT(<, row->claim.planes_len, DMABUF_PLANES_MAX);
		row->claim.planes[row->claim.planes_len++] = plane;
		at += length;
	}
	CHECK_EQUAL(at[strspn(at, " \n")], '\0');
}

static void parse_row(struct row *row)
{
	char format[16], modifier[24], answer[24], flags[16];
	row->claim = (struct dmabuf_claim){.what = row->line, .size_bytes = DMABUF_BYTES};
	row->planes[0] = '\0';
	CHECK_INT(>=,
		sscanf(row->line, "%15s %15s %dx%d %15s %23s %23s%127[^\n]", row->kind, format,
			&row->claim.width_px, &row->claim.height_px, flags, modifier, answer,
			row->planes),
		7);
	row->claim.source = row->kind;
	row->claim.fourcc = find_format(format);
	row->claim.flags = (uint32_t)strtoul(flags, NULL, 0);
	row->expected = find_answer(answer);
	parse_planes(row, find_modifier(modifier));
}

static size_t check_rows(const struct server *server, struct bystander *bystander)
{
	const char *source = case_try_fixture("source");
	FILE *file = fopen(case_fixture("table"), "re");
	CHECK(file != NULL);
	size_t checked = 0;
	struct row row;
	while (fgets(row.line, sizeof(row.line), file) != NULL) {
		if (row.line[0] == '#' || row.line[0] == '\n') {
			continue;
		}
		row.line[strcspn(row.line, "\n")] = '\0';
		parse_row(&row);
		if ((strcmp(row.kind, "dmabuf") == 0) != (source != NULL)) {
			continue;
		}
		if (source != NULL) {
			row.claim.source = source;
		}
		dmabuf_check_claim(server, &row.claim, row.expected);
		bystander_serve(bystander);
		if (++checked % ROWS_PER_CHECK == 0) {
			bystander_check_shown(bystander);
		}
	}
	fclose(file);
	return checked;
}

CASE(dmabuf_table)
{
	struct server server;
	struct bystander bystander;
	case_set_deadline(60);
	server_start(
		&server, "--renderer %s --allocator none --size 64x64", case_fixture("renderer"));
	server_warm_up(&server);
	bystander_begin(&bystander, &server);
	size_t checked = check_rows(&server, &bystander);
	CHECK_INT(>=, checked, case_try_fixture("source") != NULL ? 100 : 200);
	printf("%zu rows, each twice; the bystander had %llu frames\n", checked,
		(unsigned long long)bystander.frames);
	bystander_check_shown(&bystander);
	bystander_end(&bystander);
	server_check_empty(&server);
	server_stop(&server);
}
