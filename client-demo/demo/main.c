/* SPDX-License-Identifier: MIT */
#include "connection.h"
#include "document.h"
#include "loop.h"
#include "options.h"
#include "scene.h"
#include "stats.h"
#include "window.h"
#include <signal.h>
#include <stdlib.h>

#define EXIT_WRONG 2

/* What the windows show, in the order of the command line. */
struct shelf {
	struct document **documents;
	int len;
};

static bool shelf_fill(struct shelf *shelf, const struct options *options)
{
	shelf->documents = calloc((size_t)options->documents_len + 1, sizeof(*shelf->documents));
	if (!shelf->documents)
		return false;
	if (options->scene == SCENE_CARET)
		shelf->documents[shelf->len++] = scene_caret_create_text();
	for (int i = 0; i < options->documents_len; i++) {
		GError *error = NULL;
		struct document *document = document_load(options->documents[i], &error);
		if (!document) {
			g_strdelimit(error->message, "\n", ' ');
			fprintf(stderr, "gesso-demo: %s: %s\n", options->documents[i],
				g_strchomp(error->message));
			g_error_free(error);
			return false;
		}
		shelf->documents[shelf->len++] = document;
	}
	return true;
}

static void shelf_clear(struct shelf *shelf)
{
	for (int i = 0; i < shelf->len; i++)
		document_destroy(shelf->documents[i]);
	free(shelf->documents);
}

static bool create_windows(
	struct connection *connection, const struct options *options, const struct shelf *shelf)
{
	int windows = options->windows ? options->windows : shelf->len;
	for (int i = 0; i < windows || i == 0; i++) {
		struct document *document = shelf->len ? shelf->documents[i % shelf->len] : NULL;
		const char *title = options->documents_len
			? options->documents[i % options->documents_len]
			: "gesso-demo";
		char numbered[32];
		if (options->documents_len == 0 && windows > 1) {
			snprintf(numbered, sizeof(numbered), "gesso-demo %d", i + 1);
			title = numbered;
		}
		if (!window_create(connection, options, document, title)) {
			fprintf(stderr, "gesso-demo: no memory\n");
			return false;
		}
	}
	return true;
}

/* The first window that had not the path that was asked for, also if it was never tried. */
static const struct stats_window *find_without_path(
	const struct options *options, const struct stats *stats)
{
	for (int i = 0; i < stats->windows_len; i++) {
		if (options->path != GESSO_CLIENT_PATH_AUTO &&
			stats->windows[i].info.path != options->path)
			return &stats->windows[i];
	}
	return NULL;
}

static bool path_was_had(const struct options *options, const struct stats *stats)
{
	const struct stats_window *window = find_without_path(options, stats);
	if (!window)
		return true;
	fprintf(stderr, "gesso-demo: ended before path %s was had%s%s\n",
		gesso_client_path_name(options->path), window->reason_words[0] ? ": " : "",
		window->reason_words);
	return false;
}

int main(int argc, char **argv)
{
	static struct stats stats;
	struct options options;
	struct shelf shelf = {0};
	struct connection connection;

	signal(SIGPIPE, SIG_IGN);
	loop_block_signals();
	enum options_result parsed = options_parse(&options, argc, argv, stdout, stderr);
	if (parsed != OPTIONS_RUN)
		return parsed == OPTIONS_DONE ? EXIT_SUCCESS : EXIT_WRONG;
	if (!shelf_fill(&shelf, &options)) {
		shelf_clear(&shelf);
		return EXIT_WRONG;
	}
	bool ran = connection_init(&connection) && create_windows(&connection, &options, &shelf) &&
		loop_run(&connection, &options, &stats);
	connection_finish(&connection);
	shelf_clear(&shelf);
	if (stats.windows_len > 0)
		stats_print(&stats, options.stats, stdout);
	ran = ran && path_was_had(&options, &stats);
	return ran ? EXIT_SUCCESS : EXIT_FAILURE;
}
