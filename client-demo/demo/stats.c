/* SPDX-License-Identifier: MIT */
#include "stats.h"
#include "window.h"
#include <inttypes.h>
#include <json.h>
#include <string.h>

void stats_add(struct stats *stats, const struct window *window)
{
	if (stats->windows_len == STATS_WINDOWS_MAX)
		return;
	struct stats_window *entry = &stats->windows[stats->windows_len++];
	entry->frames = window->frames;
	entry->paint_ns = window->paint_ns;
	pacing_merge(&stats->pacing, &window->pacing);
	entry->info = (struct gesso_swapchain_info){.allocator = "", .reason_words = ""};
	if (window->swapchain)
		gesso_swapchain_get_info(window->swapchain, &entry->info);
	snprintf(entry->allocator, sizeof(entry->allocator), "%s", entry->info.allocator);
	snprintf(entry->reason_words, sizeof(entry->reason_words), "%s", entry->info.reason_words);
	entry->info.allocator = entry->info.reason_words = NULL;
}

struct totals {
	uint64_t frames, buffer_bytes, shadow_bytes, copied_bytes;
	int64_t paint_ns;
	int buffers;
	const char *path, *allocator; /* "mixed" where windows differ */
	int reason;                   /* of the first window that has one */
	const char *reason_words;
};

static const char *merge(const char *so_far, const char *name)
{
	return !so_far || strcmp(so_far, name) == 0 ? name : "mixed";
}

static struct totals add_up(const struct stats *stats)
{
	struct totals totals = {.reason_words = ""};
	for (int i = 0; i < stats->windows_len; i++) {
		const struct stats_window *window = &stats->windows[i];
		totals.frames += window->frames;
		totals.paint_ns += window->paint_ns;
		totals.buffers += window->info.buffers;
		totals.buffer_bytes += window->info.buffer_bytes;
		totals.shadow_bytes += window->info.shadow_bytes;
		totals.copied_bytes += window->info.copied_bytes;
		totals.path = merge(totals.path, gesso_client_path_name(window->info.path));
		totals.allocator = merge(totals.allocator, window->allocator);
		if (totals.reason == GESSO_CLIENT_REASON_NONE) {
			totals.reason = window->info.reason;
			totals.reason_words = window->reason_words;
		}
	}
	if (!totals.path)
		totals.path = totals.allocator = "";
	return totals;
}

static int64_t per_frame(int64_t ns, uint64_t frames)
{
	return frames ? ns / (int64_t)frames : 0;
}

static void print_text(const struct stats *stats, FILE *out)
{
	struct totals totals = add_up(stats);
	fprintf(out, "windows          %d\n", stats->windows_len);
	fprintf(out, "frames           %" PRIu64 "\n", totals.frames);
	fprintf(out, "paint            %.3f ms, %.3f ms a frame\n", (double)totals.paint_ns / 1e6,
		(double)per_frame(totals.paint_ns, totals.frames) / 1e6);
	fprintf(out, "interval         %.1f ms median, %.1f ms for 95 %%, %.1f ms at most\n",
		(double)pacing_quantile_ns(&stats->pacing, 0.5) / 1e6,
		(double)pacing_quantile_ns(&stats->pacing, 0.95) / 1e6,
		(double)stats->pacing.max_ns / 1e6);
	fprintf(out, "path             %s%s%s%s\n", totals.path, *totals.allocator ? " (" : "",
		totals.allocator, *totals.allocator ? ")" : "");
	fprintf(out, "reason           %s\n", *totals.reason_words ? totals.reason_words : "-");
	fprintf(out, "buffers          %d, %" PRIu64 " bytes\n", totals.buffers,
		totals.buffer_bytes);
	fprintf(out, "copied           %" PRIu64 " bytes from shadows of %" PRIu64 " bytes\n",
		totals.copied_bytes, totals.shadow_bytes);
}

static void add_int(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static void add_string(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, json_object_new_string(value));
}

static void add_reason(struct json_object *object, int code, const char *words)
{
	struct json_object *reason = json_object_new_object();
	add_int(reason, "code", code);
	add_string(reason, "words", words);
	json_object_object_add(object, "reason", reason);
}

static void add_pacing(struct json_object *object, const struct pacing *pacing)
{
	json_object_object_add(
		object, "frames_per_second", json_object_new_double(pacing_rate_hz(pacing)));
	add_int(object, "interval_ns_median", pacing_quantile_ns(pacing, 0.5));
	add_int(object, "interval_ns_95_percent", pacing_quantile_ns(pacing, 0.95));
	add_int(object, "interval_ns_max", pacing->max_ns);
}

static struct json_object *window_to_json(const struct stats_window *window)
{
	struct json_object *object = json_object_new_object();
	add_int(object, "width_px", window->info.width_px);
	add_int(object, "height_px", window->info.height_px);
	add_int(object, "frames", (int64_t)window->frames);
	add_int(object, "paint_ns", window->paint_ns);
	add_string(object, "path", gesso_client_path_name(window->info.path));
	add_string(object, "allocator", window->allocator);
	add_reason(object, window->info.reason, window->reason_words);
	add_int(object, "buffers", window->info.buffers);
	add_int(object, "buffer_bytes", (int64_t)window->info.buffer_bytes);
	return object;
}

static void print_json(const struct stats *stats, FILE *out)
{
	struct totals totals = add_up(stats);
	struct json_object *root = json_object_new_object();
	add_int(root, "frames", (int64_t)totals.frames);
	add_int(root, "paint_ns", totals.paint_ns);
	add_int(root, "paint_ns_per_frame", per_frame(totals.paint_ns, totals.frames));
	add_pacing(root, &stats->pacing);
	add_string(root, "path", totals.path);
	add_string(root, "allocator", totals.allocator);
	add_reason(root, totals.reason, totals.reason_words);
	add_int(root, "buffers", totals.buffers);
	add_int(root, "buffer_bytes", (int64_t)totals.buffer_bytes);
	add_int(root, "shadow_bytes", (int64_t)totals.shadow_bytes);
	add_int(root, "copied_bytes", (int64_t)totals.copied_bytes);
	struct json_object *windows = json_object_new_array();
	for (int i = 0; i < stats->windows_len; i++)
		json_object_array_add(windows, window_to_json(&stats->windows[i]));
	json_object_object_add(root, "windows", windows);
	fprintf(out, "%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN));
	json_object_put(root);
}

void stats_print(const struct stats *stats, enum stats_form form, FILE *out)
{
	if (form == STATS_TEXT)
		print_text(stats, out);
	else if (form == STATS_JSON)
		print_json(stats, out);
	fflush(out);
}
