/* SPDX-License-Identifier: MIT */
#include "trace.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define LINES 200

static struct {
	char text[240];
	size_t length;
} lines[LINES];
static size_t begun;
static bool print_all;

static void append(const char *format, va_list arguments)
{
	char *text = lines[begun % LINES].text;
	size_t *length = &lines[begun % LINES].length, size = sizeof(lines[0].text);
	int count = vsnprintf(text + *length, size - *length, format, arguments);
	*length += count < 0 ? 0 : (size_t)count;
	*length = *length < size ? *length : size - 1;
}

void trace_add(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	append(format, arguments);
	va_end(arguments);
}

void trace_begin(
	uint32_t peer, uint64_t message, const char *interface, uint32_t id, const char *request)
{
	if (print_all && begun > 0) {
		fprintf(stderr, "%s\n", lines[begun % LINES].text);
	}
	begun++;
	lines[begun % LINES].length = 0;
	trace_add("%u.%" PRIu64 " %s#%u.%s", peer, message, interface, id, request);
}

void trace_print_all(void)
{
	print_all = true;
}

void trace_print(void)
{
	for (size_t i = begun > LINES ? begun - LINES + 1 : 1; i <= begun; i++) {
		fprintf(stderr, "  %s\n", lines[i % LINES].text);
	}
}
