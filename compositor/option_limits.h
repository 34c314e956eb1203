/* SPDX-License-Identifier: MIT */
#ifndef GESSO_OPTION_LIMITS_H
#define GESSO_OPTION_LIMITS_H

#include "memory/budget.h"
#include "option_value.h"

/*
 * The value of --limits: "NAME=NUMBER", with commas between them. Strict as all values
 * are; what is not named stays as it is. False with a complaint.
 */
bool option_limits_parse(
	struct gesso_budget *limits, const char *value, struct complaint *complaint);

#endif
