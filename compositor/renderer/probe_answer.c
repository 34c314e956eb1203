/* SPDX-License-Identifier: MIT */
#include "renderer/probe_answer.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static int format_by_name(const char *name)
{
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if (strcmp(gesso_formats[i].name, name) == 0) {
			return i;
		}
	}
	return -1;
}

static void note_proved(
	struct probe_answer *answer, const char *name, unsigned align_bytes, int offset)
{
	int format = format_by_name(name);
	if (format < 0) {
		return;
	}
	struct gesso_allocator_measure *measure = &answer->measure;
	measure->offset = offset != 0 && (measure->offset || answer->formats == 0);
	if (align_bytes > measure->stride_align_bytes) {
		measure->stride_align_bytes = align_bytes;
	}
	measure->format_align_bytes[format] = align_bytes;
	answer->formats |= 1u << format;
}

static void parse_line(struct probe_answer *answer, const char *line)
{
	char name[16];
	unsigned number;
	int code, offset, words_at = 0;
	if (strcmp(line, "done") == 0) {
		answer->complete = true;
	} else if (sscanf(line, "proved %15s %u %d", name, &number, &offset) == 3) {
		note_proved(answer, name, number, offset);
	} else if (sscanf(line, "reads %u", &number) == 1) {
		answer->measure.read_cost_percent = number;
	} else if (sscanf(line, "refused %15s %d %n", name, &code, &words_at) == 2 &&
		words_at > 0) {
		struct gesso_reason why;
		int format = format_by_name(name);
		gesso_reason_set(&why, (enum gesso_reason_code)code, "%s", line + words_at);
		if (format >= 0) {
			answer->refusals[format] = why;
		}
		if (answer->why.code == GESSO_REASON_NONE) {
			answer->why = why;
		}
	} else if (sscanf(line, "failed %d %n", &code, &words_at) == 1 && words_at > 0) {
		gesso_reason_set(&answer->why, (enum gesso_reason_code)code, "%s", line + words_at);
	}
}

static bool is_told(const struct probe_answer *answer, int format)
{
	return (answer->formats & (1u << format)) != 0 ||
		answer->refusals[format].code != GESSO_REASON_NONE;
}

void probe_answer_parse(struct probe_answer *answer, const char *text)
{
	*answer = (struct probe_answer){0};
	while (*text != '\0') {
		char line[256];
		size_t len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		parse_line(answer, line);
		text += len + (text[len] == '\n');
	}
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		bool first_part = gesso_format_planes(gesso_formats[i].fourcc) == 1;
		answer->complete = answer->complete && (!first_part || is_told(answer, i));
	}
}

bool probe_answer_is_whole(const struct probe_answer *answer)
{
	bool whole = answer->complete;
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		whole = whole && is_told(answer, i);
	}
	return whole;
}

void probe_answer_refuse_rest(struct probe_answer *answer, const struct gesso_reason *why)
{
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if (!is_told(answer, i)) {
			answer->refusals[i] = *why;
		}
	}
}

bool probe_answer_is_passing(const struct probe_answer *answer)
{
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		switch (answer->refusals[i].code) {
		case GESSO_REASON_NONE:
		case GESSO_REASON_UNSUPPORTED_FORMAT:
		case GESSO_REASON_IMPORT_FAILED:
		case GESSO_REASON_PROBE_FAILED:
			break;
		default:
			return true;
		}
	}
	return false;
}

void probe_answer_enter(
	const struct probe_answer *answer, struct gesso_allocator_chain *chain, size_t index)
{
	assert(answer->complete);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		gesso_allocator_chain_refuse_format(chain, index, i, &answer->refusals[i]);
	}
	gesso_allocator_chain_set_proved(chain, index, answer->formats, &answer->why);
	gesso_allocator_chain_set_measure(chain, index, &answer->measure);
}
