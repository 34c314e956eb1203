/* SPDX-License-Identifier: MIT */
#include "renderer/probe_print.h"
#include "allocators/chain.h"
#include "renderer/render_context.h"

static const char *permission(const struct gesso_allocator_state *state)
{
	if (state->device == NULL) {
		return "not needed";
	}
	switch (state->refusal.code) {
	case GESSO_REASON_PERMISSION_DENIED:
		return "denied";
	case GESSO_REASON_DEVICE_MISSING:
	case GESSO_REASON_DISABLED:
		return "unknown";
	default:
		return "granted";
	}
}

static bool is_offered(const struct gesso_allocator_state *state)
{
	return state->refusal.code == GESSO_REASON_NONE;
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

void gesso_probe_print_table(FILE *out, const struct gesso_allocator_chain *chain,
	const struct gesso_render_context *context)
{
	fprintf(out, "renderer %s: %s\n", context->name, context->why);
	fprintf(out, "%-10s %-8s %-10s %-8s %s\n", "allocator", "offered", "permission", "kind",
		"device");
	for (size_t i = 0; i < gesso_allocator_chain_length(chain); i++) {
		struct gesso_allocator_state state = gesso_allocator_chain_state(chain, i);
		fprintf(out, "%-10s %-8s %-10s %-8s %s\n", state.impl->name,
			is_offered(&state) ? "yes" : "no", permission(&state),
			state.impl->kind == GESSO_DESCRIPTOR_DMABUF ? "dma-buf" : "memfd",
			state.device != NULL ? state.device : "-");
		if (is_offered(&state)) {
			print_formats(out, chain, i);
			print_measures(out, &state);
		} else {
			fprintf(out, "    because   %s (%s)\n", state.refusal.words,
				gesso_reason_name(state.refusal.code));
		}
	}
	fprintf(out,
		"\nAllocators are asked in this order: what was proved before what was not, "
		"cached memory\nbefore memory that is slow to read, unless --allocator names "
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

/* 0 means that it was not measured. */
static void print_number(FILE *out, const char *name, uint32_t value)
{
	fprintf(out, ", \"%s\": ", name);
	if (value != 0) {
		fprintf(out, "%u", value);
	} else {
		fputs("null", out);
	}
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

static void print_json_link(FILE *out, const struct gesso_allocator_chain *chain, size_t index)
{
	struct gesso_allocator_state state = gesso_allocator_chain_state(chain, index);
	bool offered = is_offered(&state);
	fprintf(out, "{\"name\": ");
	print_string(out, state.impl->name);
	print_member(out, "device", state.device);
	print_member(out, "permission", permission(&state));
	print_member(
		out, "kind", state.impl->kind == GESSO_DESCRIPTOR_DMABUF ? "dma-buf" : "memfd");
	fprintf(out, ", \"offered\": %s", bool_name(offered));
	print_json_formats(out, chain, index);
	print_number(out, "stride_align_bytes", state.measure.stride_align_bytes);
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
