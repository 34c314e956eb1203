/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_OPTIONS_H
#define GESSO_DEMO_OPTIONS_H

#include "gesso-client.h"
#include "pixel_format.h"
#include <stdio.h>

/*
 * The command line. One table drives the parser, the usage text and the check
 * that the manual page names every option.
 */

enum scene {
	SCENE_DOCUMENT, /* what the command line names */
	SCENE_FULL,     /* every pixel changes with every frame */
	SCENE_CARET,    /* a caret blinks on a still text */
};

enum stats_form {
	STATS_TEXT,
	STATS_JSON,
	STATS_NONE,
};

#define RATE_FRAME_CALLBACKS 0.0

struct options {
	enum gesso_client_path path;
	int width_px, height_px;
	int windows; /* 0: one for each document */
	int buffers;
	int frames;        /* 0: no end */
	int warm_up;       /* 0: none, and nothing waits */
	double rate_hz;    /* or RATE_FRAME_CALLBACKS */
	double duration_s; /* 0: no end */
	double zoom, scroll_x, scroll_y;
	const struct pixel_format *format;
	enum scene scene;
	enum stats_form stats;
	bool in_turn, rate_given, still, fullscreen, print_ready;
	char **documents; /* borrowed of argv */
	int documents_len;
};

enum options_result {
	OPTIONS_RUN,
	OPTIONS_DONE,  /* --help or --version was printed to `out` */
	OPTIONS_WRONG, /* one line was printed to `err` */
};

/* Takes documents out of `argv`, which must live as long as `options`. */
enum options_result options_parse(
	struct options *options, int argc, char **argv, FILE *out, FILE *err);

#endif
