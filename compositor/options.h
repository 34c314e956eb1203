/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OPTIONS_H
#define GESSO_OPTIONS_H

#include "allocators/layout.h"
#include "buffers/shm_import.h"
#include "memory/budget.h"
#include "renderer/render_context.h"
#include <stdbool.h>
#include <stdint.h>
#include <wlr/util/log.h>

/*
 * What the command line says. One table in options.c names every option, and
 * the parser, the usage text and the check of the man page all read it. Read
 * once by main and then passed on, never changed.
 */

/* Of all outputs together: a buffer of each must find room. One output of the largest size. */
#define OPTIONS_MAX_PIXELS ((int64_t)GESSO_MAX_SIDE_PX * GESSO_MAX_SIDE_PX)

enum options_backend {
	OPTIONS_BACKEND_AUTO = 0, /* WLR_BACKENDS, else the session that gesso was started in */
	OPTIONS_BACKEND_HEADLESS,
	OPTIONS_BACKEND_WAYLAND,
	OPTIONS_BACKEND_X11,
	OPTIONS_BACKEND_DRM,
};

/* What a new window is given. */
enum options_window {
	OPTIONS_WINDOW_CASCADE = 0, /* the size it asks for, each a little further down */
	OPTIONS_WINDOW_MAXIMIZED,
	OPTIONS_WINDOW_FULLSCREEN,
};

struct options {
	enum options_backend backend;
	enum gesso_renderer_choice renderer;
	const char *allocators; /* as gesso_allocator_chain_create takes them */
	enum gesso_shm_choice shm;
	int outputs;                /* 0 if not given */
	int width_px, height_px;    /* of outputs that have no modes of their own */
	float scale;                /* 0 if not given */
	struct gesso_budget limits; /* 0 where not given, but for the bytes */
	int probe_timeout_ms;
	int probe_wait_ms;  /* that readiness waits for the probe, at most */
	const char *socket; /* NULL: the first free one */
	bool report;
	int ready_fd; /* owned; -1 if not given */
	enum options_window window;
	bool probe; /* print what the probe found, and end */
	bool json;  /* as JSON */
	bool exit_with_command;
	enum wlr_log_importance log_level;
	bool log_level_from_environment;
	char **command; /* what follows --, NULL-terminated; NULL if nothing does */
};

enum options_outcome {
	OPTIONS_RUN,      /* go on */
	OPTIONS_ANSWERED, /* --help or --version was printed: end with success */
	OPTIONS_WRONG,    /* one line was printed to stderr: end with status 2 */
};

/* Strings point into `argv` and the environment. */
enum options_outcome options_parse(struct options *options, int argc, char *argv[]);

#endif
