/* SPDX-License-Identifier: MIT */
#include "option_value.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool option_value_complain(struct complaint *complaint, const char *value, const char *allowed)
{
	snprintf(complaint->words, sizeof(complaint->words), "'%s' is not allowed: use %s", value,
		allowed);
	return false;
}

/* `names` is separated by '|'. Gives the index of `value` in it. */
bool option_value_name(
	const char *names, const char *value, int *index, struct complaint *complaint)
{
	size_t len = strlen(value);
	const char *name = names;
	for (*index = 0; len > 0; ++*index) {
		size_t name_len = strcspn(name, "|");
		if (name_len == len && strncmp(name, value, len) == 0) {
			return true;
		}
		if (name[name_len] == '\0') {
			break;
		}
		name += name_len + 1;
	}
	return option_value_complain(complaint, value, names);
}

/* strtol and its kin also take blanks, signs and other bases. */
bool option_value_consists_of(const char *value, const char *characters)
{
	return value[0] != '\0' && value[strspn(value, characters)] == '\0';
}

bool option_value_number(
	const char *value, long min, long max, long *number, struct complaint *complaint)
{
	errno = 0;
	*number = option_value_consists_of(value, DIGITS) ? strtol(value, NULL, 10) : -1;
	if (errno != 0 || *number < min || *number > max) {
		char allowed[64];
		snprintf(allowed, sizeof(allowed), "a whole number from %ld to %ld", min, max);
		return option_value_complain(complaint, value, allowed);
	}
	return true;
}
