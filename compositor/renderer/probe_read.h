/* SPDX-License-Identifier: MIT */
#ifndef GESSO_PROBE_READ_H
#define GESSO_PROBE_READ_H

#include "allocators/allocator.h"

/*
 * Whether the CPU reads an allocator's memory as fast as any other: write-combined
 * mappings are slower by some tens of times, whatever a driver says of itself.
 */

/*
 * Time to read a mapping of `allocator`'s memory against the same bytes of the heap,
 * per cent, the best of several; 0 if that could not be measured.
 */
uint32_t probe_read_cost_percent(struct gesso_allocator *allocator);

#endif
