/* SPDX-License-Identifier: MIT */
#include "case.h"
#include "renderer/probe_answer.h"
#include <drm_fourcc.h>
#include <string.h>

#define ALL_PROVED                                                                                 \
	"proved XRGB8888 4 1\nproved ARGB8888 4 1\nproved XBGR8888 64 1\nproved ABGR8888 4 1\n"    \
	"proved RGB565 4 1\nproved XRGB2101010 4 1\nproved XBGR2101010 4 1\n"                      \
	"proved NV12 4 1\nproved P010 4 1\n"

CASE(a_whole_answer)
{
	struct probe_answer answer;
	probe_answer_parse(
		&answer, ALL_PROVED "refused ABGR16161616F 5 pixman takes none\nreads 101\ndone\n");
	CHECK(answer.complete);
	int half = gesso_format_index(DRM_FORMAT_ABGR16161616F);
	CHECK_EQUAL(answer.formats, ((1u << GESSO_FORMATS_LEN) - 1) & ~(1u << half));
	CHECK_EQUAL(answer.refusals[half].code, GESSO_REASON_UNSUPPORTED_FORMAT);
	CHECK_STRING(answer.refusals[half].words, "pixman takes none");
	CHECK_EQUAL(answer.measure.stride_align_bytes, 64);
	CHECK_EQUAL(answer.measure.read_cost_percent, 101);
	CHECK(answer.measure.offset);
	CHECK(probe_answer_is_whole(&answer));
	CHECK(!probe_answer_is_passing(&answer));
}

CASE(one_offset_that_failed_counts)
{
	struct probe_answer answer;
	probe_answer_parse(&answer, "proved XRGB8888 4 0\nproved ARGB8888 4 1\n");
	CHECK(!answer.measure.offset);
	probe_answer_parse(&answer, "proved XRGB8888 4 1\nproved ARGB8888 4 0\n");
	CHECK(!answer.measure.offset);
}

CASE(less_than_a_whole_answer)
{
	static const char *const rows[] = {
		"",
		"done\n",
		ALL_PROVED,
		ALL_PROVED "done\n",
		ALL_PROVED "refused ABGR16161616F 5 no\n",
		"failed 4 /dev/udmabuf: Permission denied\n",
		"\n\n\nproved\nproved XRGB8888\nrefused\nreads\ndone",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct probe_answer answer;
		probe_answer_parse(&answer, rows[i]);
		if (answer.complete) {
			FAIL("'%s' was taken for a whole answer", rows[i]);
		}
	}
}

/* A driver may crash on two planes: what it did before stands. */
CASE(two_planes_come_last)
{
	static const char one_plane[] =
		"proved XRGB8888 4 1\nproved ARGB8888 4 1\nproved XBGR8888 64 1\n"
		"proved ABGR8888 4 1\nproved RGB565 4 1\nproved XRGB2101010 4 1\n"
		"proved XBGR2101010 4 1\nproved ABGR16161616F 4 1\nreads 100\ndone\n"
		"proved NV12 4 1\n";
	int nv12 = gesso_format_index(DRM_FORMAT_NV12), p010 = gesso_format_index(DRM_FORMAT_P010);
	struct probe_answer answer;
	struct gesso_reason why;
	probe_answer_parse(&answer, one_plane);
	CHECK(answer.complete);
	CHECK(!probe_answer_is_whole(&answer));
	gesso_reason_set(&why, GESSO_REASON_PROBE_FAILED, "import probe crashed");
	probe_answer_refuse_rest(&answer, &why);
	CHECK(probe_answer_is_whole(&answer));
	CHECK_EQUAL(answer.refusals[nv12].code, GESSO_REASON_NONE);
	CHECK_STRING(answer.refusals[p010].words, "import probe crashed");
	CHECK_EQUAL(answer.formats, ((1u << GESSO_FORMATS_LEN) - 1) & ~(1u << p010));
}

CASE(a_failure_keeps_its_words)
{
	struct probe_answer answer;
	probe_answer_parse(&answer, "failed 4 /dev/udmabuf: Permission denied\n");
	CHECK_EQUAL(answer.why.code, GESSO_REASON_PERMISSION_DENIED);
	CHECK_STRING(answer.why.words, "/dev/udmabuf: Permission denied");
}

CASE(lack_of_memory_passes)
{
	struct probe_answer answer;
	probe_answer_parse(&answer, ALL_PROVED "refused ABGR16161616F 8 no memory\ndone\n");
	CHECK(answer.complete);
	CHECK(probe_answer_is_passing(&answer));
}
