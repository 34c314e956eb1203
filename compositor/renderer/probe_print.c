/* SPDX-License-Identifier: MIT */
#include "renderer/probe_print.h"
#include "allocators/chain.h"
#include "renderer/render_context.h"

static bool is_offered(const struct gesso_allocator_state *state)
{
	return state->refusal.code == GESSO_REASON_NONE;
}

/* The node, where one is known, else what is wanted. */
static const char *device_name(
	const struct gesso_allocator_state *state, const struct gesso_allocator_access *access)
{
	return access->node[0] != '\0' ? access->node : state->device != NULL ? state->device : "-";
}

/* Who may open the device, whether or not this process may. */
static void print_access(FILE *out, const struct gesso_allocator_access *access)
{
	if (access->group[0] != '\0') {
		fprintf(out, "    access    group %s may open %s\n", access->group, access->node);
	} else if (access->rule != NULL) {
		fprintf(out,
			"    access    only its owner may open %s: the udev rule %s grants it\n",
			access->node, access->rule);
	}
}

static void print_measures(FILE *out, const struct gesso_allocator_state *state)
{
	fprintf(out, "    rows      ");
	if (state->measure.stride_align_bytes != 0) {
		fprintf(out, "held at multiples of %u bytes, %s an offset\n",
			state->measure.stride_align_bytes,
			state->measure.offset ? "and at" : "not at");
	} else {
		fprintf(out, "laid out by the device\n");
	}
	fprintf(out, "    memory    %s",
		state->cached                 ? "cached"
			: state->impl->cached ? "slow to read"
					      : "mapped write-combined by its driver");
	if (state->measure.read_cost_percent != 0) {
		fprintf(out, "; measured here, a read takes %.2f times that of the heap",
			state->measure.read_cost_percent / 100.0);
	}
	fputc('\n', out);
}

static void print_formats(FILE *out, const struct gesso_allocator_chain *chain, size_t index)
{
	fprintf(out, "    formats  ");
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		if (gesso_allocator_chain_format_refusal(chain, index, i).code ==
			GESSO_REASON_NONE) {
			fprintf(out, " %s", gesso_formats[i].name);
		}
	}
	fputc('\n', out);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		struct gesso_reason why = gesso_allocator_chain_format_refusal(chain, index, i);
		if (why.code != GESSO_REASON_NONE) {
			fprintf(out, "    not       %s: %s\n", gesso_formats[i].name, why.words);
		}
	}
}

static void print_link(FILE *out, const struct gesso_allocator_chain *chain, size_t index)
{
	struct gesso_allocator_state state = gesso_allocator_chain_state(chain, index);
	struct gesso_allocator_access access;
	char order[GESSO_PLACE_WORDS_BYTES];
	gesso_allocator_chain_access(chain, index, &access);
	fprintf(out, "%-10s %-8s %-10s %-8s %s\n", state.impl->name,
		is_offered(&state) ? "yes" : "no", access.permission,
		state.impl->kind == GESSO_DESCRIPTOR_DMABUF ? "dma-buf" : "memfd",
		device_name(&state, &access));
	if (gesso_allocator_chain_place(chain, index, order) > 0) {
		fprintf(out, "    asked     %s\n", order);
		print_formats(out, chain, index);
		print_measures(out, &state);
	} else {
		fprintf(out, "    because   %s (%s)\n", state.refusal.words,
			gesso_reason_name(state.refusal.code));
	}
	print_access(out, &access);
}

void gesso_probe_print_table(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context)
{
	fprintf(out, "renderer %s: %s\n", context->name, context->why);
	fprintf(out, "%-10s %-8s %-10s %-8s %s\n", "allocator", "offered", "permission", "kind",
		"device");
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		print_link(out, chain, i);
	}
	fprintf(out,
		"\nAllocators are asked in this order: what was proved before what was not, "
		"cached memory\nbefore memory that is slow to read, rows that may lie close "
		"before others, and what\nis cheap to read first, unless --allocator names "
		"another.\n");
	fflush(out);
}

/* A JSON string, or null. */
static void print_string(FILE *out, const char *text)
{
	if (text == NULL) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '"' || byte == '\\') {
			fprintf(out, "\\%c", byte);
		} else if (byte < 0x20) {
			fprintf(out, "\\u%04x", byte);
		} else {
			fputc(byte, out);
		}
	}
	fputc('"', out);
}

static void print_member(FILE *out, const char *name, const char *value)
{
	fprintf(out, ", \"%s\": ", name);
	print_string(out, value);
}

static void print_count(FILE *out, uint32_t value)
{
	if (value != 0) {
		fprintf(out, "%u", value);
	} else {
		fputs("null", out);
	}
}

/* 0 means that it was not measured. */
static void print_number(FILE *out, const char *name, uint32_t value)
{
	fprintf(out, ", \"%s\": ", name);
	print_count(out, value);
}

static const char *bool_name(bool value)
{
	return value ? "true" : "false";
}

static void print_json_formats(FILE *out, const struct gesso_allocator_chain *chain, size_t index)
{
	fputs(", \"formats\": {", out);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		struct gesso_reason why = gesso_allocator_chain_format_refusal(chain, index, i);
		fprintf(out, "%s\"%s\": ", i > 0 ? ", " : "", gesso_formats[i].name);
		if (why.code == GESSO_REASON_NONE) {
			fputs("true", out);
		} else {
			print_string(out, why.words);
		}
	}
	fputc('}', out);
}

/* null where the device lays out the rows, or nothing was proved. */
static void print_json_alignment(FILE *out, const struct gesso_allocator_state *state)
{
	fputs(", \"alignment_bytes\": {", out);
	for (int i = 0; i < GESSO_FORMATS_LEN; i++) {
		fputs(i > 0 ? ", " : "", out);
		print_string(out, gesso_formats[i].name);
		fputs(": ", out);
		print_count(out, state->measure.format_align_bytes[i]);
	}
	fputc('}', out);
}

static void print_json_link(FILE *out, const struct gesso_allocator_chain *chain, size_t index)
{
	struct gesso_allocator_state state = gesso_allocator_chain_state(chain, index);
	bool offered = is_offered(&state);
	struct gesso_allocator_access access;
	char order[GESSO_PLACE_WORDS_BYTES];
	gesso_allocator_chain_access(chain, index, &access);
	int place = gesso_allocator_chain_place(chain, index, order);
	fprintf(out, "{\"name\": ");
	print_string(out, state.impl->name);
	print_member(
		out, "device", state.impl->device == NULL ? NULL : device_name(&state, &access));
	print_member(out, "permission", access.permission);
	print_member(out, "group", access.group[0] != '\0' ? access.group : NULL);
	print_member(out, "rule", access.rule);
	print_member(
		out, "kind", state.impl->kind == GESSO_DESCRIPTOR_DMABUF ? "dma-buf" : "memfd");
	fprintf(out, ", \"offered\": %s", bool_name(offered));
	print_json_formats(out, chain, index);
	print_number(out, "place", (uint32_t)place);
	print_member(out, "order", place > 0 ? order : NULL);
	print_number(out, "stride_align_bytes", state.measure.stride_align_bytes);
	print_json_alignment(out, &state);
	fprintf(out, ", \"offset\": %s, \"cached\": %s", bool_name(state.measure.offset),
		bool_name(state.cached));
	print_number(out, "read_cost_percent", state.measure.read_cost_percent);
	print_member(out, "reason", offered ? NULL : gesso_reason_name(state.refusal.code));
	print_member(out, "words", offered ? NULL : state.refusal.words);
	fputc('}', out);
}

void gesso_probe_print_json(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context)
{
	fputs("{\"renderer\": ", out);
	print_string(out, context->name);
	print_member(out, "renderer_reason", context->why);
	fprintf(out, ", \"software\": %s, \"allocators\": [", bool_name(context->software));
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		fputs(i > 0 ? ",\n  " : "\n  ", out);
		print_json_link(out, chain, i);
	}
	fputs("\n]}\n", out);
	fflush(out);
}
