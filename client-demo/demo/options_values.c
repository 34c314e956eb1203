/* SPDX-License-Identifier: MIT */
#include "options_values.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX_PX 16384
#define WINDOWS_MAX 256

/* Digits only, then `end`; moves `*value` behind it. */
static bool take_int(const char **value, char end, int min, int max, int *result)
{
	if (!isdigit((unsigned char)**value))
		return false;
	char *stop;
	errno = 0;
	long number = strtol(*value, &stop, 10);
	if (errno || *stop != end || number < min || number > max)
		return false;
	*value = stop + (end != '\0');
	*result = (int)number;
	return true;
}

static bool take_double(const char **value, char end, double min, double max, double *result)
{
	if (!isdigit((unsigned char)**value) && **value != '.')
		return false;
	char *stop;
	double number = strtod(*value, &stop);
	if (stop == *value || *stop != end || !isfinite(number) || number < min || number > max)
		return false;
	*value = stop + (end != '\0');
	*result = number;
	return true;
}

/* The index of `value` in `names`, or -1. */
static int take_name(const char *value, const char *const *names, int names_len)
{
	for (int i = 0; i < names_len; i++) {
		if (strcmp(names[i], value) == 0)
			return i;
	}
	return -1;
}

bool options_set_path(struct options *options, const char *value)
{
	for (int path = GESSO_CLIENT_PATH_AUTO; path <= GESSO_CLIENT_PATH_DMABUF; path++) {
		if (strcmp(value, gesso_client_path_name(path)) == 0) {
			options->path = path;
			return true;
		}
	}
	return false;
}

bool options_set_size(struct options *options, const char *value)
{
	return take_int(&value, 'x', 1, SIDE_MAX_PX, &options->width_px) &&
		take_int(&value, '\0', 1, SIDE_MAX_PX, &options->height_px);
}

bool options_set_windows(struct options *options, const char *value)
{
	return take_int(&value, '\0', 1, WINDOWS_MAX, &options->windows);
}

bool options_set_buffers(struct options *options, const char *value)
{
	return take_int(&value, '\0', 1, 4, &options->buffers);
}

bool options_set_format(struct options *options, const char *value)
{
	for (int i = 0; i < PIXEL_FORMATS_LEN; i++) {
		if (strcmp(value, pixel_formats[i].name) == 0) {
			options->format = &pixel_formats[i];
			return true;
		}
	}
	return false;
}

bool options_set_scene(struct options *options, const char *value)
{
	static const char *const names[] = {"full", "caret"};
	int index = take_name(value, names, 2);
	options->scene = index == 1 ? SCENE_CARET : SCENE_FULL;
	return index >= 0;
}

bool options_set_frames(struct options *options, const char *value)
{
	return take_int(&value, '\0', 1, 1000000000, &options->frames);
}

bool options_set_warm_up(struct options *options, const char *value)
{
	return take_int(&value, '\0', 1, 1000000000, &options->warm_up);
}

bool options_set_rate(struct options *options, const char *value)
{
	options->rate_given = true;
	return take_double(&value, '\0', 0, 1000, &options->rate_hz);
}

bool options_set_duration(struct options *options, const char *value)
{
	return take_double(&value, '\0', 0.001, 1000000, &options->duration_s);
}

bool options_set_in_turn(struct options *options, const char *value)
{
	options->in_turn = true;
	return true;
}

bool options_set_still(struct options *options, const char *value)
{
	options->still = true;
	return true;
}

bool options_set_fullscreen(struct options *options, const char *value)
{
	options->fullscreen = true;
	return true;
}

bool options_set_zoom(struct options *options, const char *value)
{
	return take_double(&value, '\0', 0.05, 32, &options->zoom);
}

bool options_set_scroll(struct options *options, const char *value)
{
	return take_double(&value, ',', 0, 1000000, &options->scroll_x) &&
		take_double(&value, '\0', 0, 1000000, &options->scroll_y);
}

bool options_set_stats(struct options *options, const char *value)
{
	static const char *const names[] = {
		[STATS_TEXT] = "text", [STATS_JSON] = "json", [STATS_NONE] = "none"};
	int index = take_name(value, names, 3);
	if (index >= 0)
		options->stats = (enum stats_form)index;
	return index >= 0;
}

bool options_set_print_ready(struct options *options, const char *value)
{
	options->print_ready = true;
	return true;
}
