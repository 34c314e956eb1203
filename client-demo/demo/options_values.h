/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DEMO_OPTIONS_VALUES_H
#define GESSO_DEMO_OPTIONS_VALUES_H

#include "options.h"

/* One line of the option table. */
struct option_spec {
	const char *name;     /* without the dashes */
	const char *argument; /* NULL if it takes none */
	const char *help;
	bool (*set)(struct options *options, const char *value); /* false: not allowed */
	const char *allowed;                                     /* NULL if it takes no argument */
};

/* What the values mean; each is some line's `set`. */
bool options_set_path(struct options *options, const char *value);
bool options_set_size(struct options *options, const char *value);
bool options_set_windows(struct options *options, const char *value);
bool options_set_buffers(struct options *options, const char *value);
bool options_set_in_turn(struct options *options, const char *value);
bool options_set_format(struct options *options, const char *value);
bool options_set_scene(struct options *options, const char *value);
bool options_set_frames(struct options *options, const char *value);
bool options_set_warm_up(struct options *options, const char *value);
bool options_set_rate(struct options *options, const char *value);
bool options_set_duration(struct options *options, const char *value);
bool options_set_still(struct options *options, const char *value);
bool options_set_fullscreen(struct options *options, const char *value);
bool options_set_zoom(struct options *options, const char *value);
bool options_set_scroll(struct options *options, const char *value);
bool options_set_stats(struct options *options, const char *value);
bool options_set_print_ready(struct options *options, const char *value);

#endif
