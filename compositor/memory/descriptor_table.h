/* SPDX-License-Identifier: MIT */
#ifndef GESSO_DESCRIPTOR_TABLE_H
#define GESSO_DESCRIPTOR_TABLE_H

#include <stdbool.h>

/*
 * Whether so few of the process's descriptors are free as gesso_budget_descriptors_kept
 * says. It looks at the end of the table only, unless more than half of that is in use:
 * the kernel gives the lowest number that is free, and what was closed leaves holes.
 */
bool descriptor_table_is_nearly_full(void);

#endif
