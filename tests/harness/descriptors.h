/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

#include <stddef.h>

/* What a client may pass as a descriptor, right or wrong, by name. */

extern const char *const descriptor_kinds[];
extern const size_t descriptor_kinds_len;

/* A new descriptor; the caller closes it. Fails the case if there is no such kind. */
int descriptor_open(const char *kind);

#endif
