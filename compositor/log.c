/* SPDX-License-Identifier: MIT */
#include "log.h"
#include "memory/clock.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Written by the one thread that logs. */
static struct {
	enum wlr_log_importance level;
	int64_t began_ms, refilled_ms, summed_ms;
	unsigned lines_left, left_out;
} state;

static void print_start(const char *level)
{
	int64_t ms = clock_now_ms() - state.began_ms;
	fprintf(stderr, "%02d:%02d:%02d.%03d [%s] ", (int)(ms / 3600000), (int)(ms / 60000 % 60),
		(int)(ms / 1000 % 60), (int)(ms % 1000), level);
}

static void refill(int64_t now)
{
	int64_t earned = (now - state.refilled_ms) * LOG_LINES_A_SECOND / 1000;
	if (earned > 0) {
		int64_t lines = state.lines_left + earned;
		state.lines_left = lines < LOG_BURST_LINES ? (unsigned)lines : LOG_BURST_LINES;
		state.refilled_ms += earned * 1000 / LOG_LINES_A_SECOND;
	}
}

/* Whether a line may be printed; says once a second how many were not, in a line's place. */
static bool take_line(void)
{
	int64_t now = clock_now_ms();
	refill(now);
	bool sums = state.left_out > 0 && now - state.summed_ms >= 1000;
	unsigned needed = sums ? 2 : 1;
	if (state.lines_left < needed) {
		state.left_out++;
		return false;
	}
	state.lines_left -= needed;
	if (sums) {
		print_start("INFO");
		fprintf(stderr, "log: %u lines were left out\n", state.left_out);
		state.left_out = 0;
		state.summed_ms = now;
	}
	return true;
}

static void log_handle_line(enum wlr_log_importance level, const char *format, va_list arguments)
{
	static const char *const names[] = {"SILENT", "ERROR", "INFO", "DEBUG"};
	if (level > state.level || (state.level < WLR_DEBUG && !take_line())) {
		return;
	}
	print_start(level <= WLR_DEBUG ? names[level] : "DEBUG");
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void log_init(enum wlr_log_importance level)
{
	state.level = level;
	state.began_ms = state.refilled_ms = clock_now_ms();
	state.lines_left = LOG_BURST_LINES;
	wlr_log_init(level, log_handle_line);
}
