/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OPTION_VALUE_H
#define GESSO_OPTION_VALUE_H

#include <stdbool.h>

/*
 * The values of options, strictly: nothing is rounded, cut or guessed. Each is
 * false with a complaint that says what is allowed.
 */

#define DIGITS "0123456789"

/* Why a value is refused: `words` says what is allowed. */
struct complaint {
	char words[200];
};

/* False. */
bool option_value_complain(struct complaint *complaint, const char *value, const char *allowed);

/* `names` is separated by '|'. Gives the index of `value` in it. */
bool option_value_name(
	const char *names, const char *value, int *index, struct complaint *complaint);

/* Whether it is not empty and has no other characters. */
bool option_value_consists_of(const char *value, const char *characters);

/* A whole number from `min` to `max`, in decimal digits. */
bool option_value_number(
	const char *value, long min, long max, long *number, struct complaint *complaint);

#endif
