/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FIT_H
#define TESTS_FIT_H

#include <stddef.h>

/* A line through measurements: y = at_zero + slope * x. */
struct fit {
	double at_zero, slope, slope_error; /* the last: standard error */
};

/* Least squares; `len` is 3 at least, and x not always the same. */
struct fit fit_line(const double *x, const double *y, size_t len);

/* For qsort of doubles. */
int fit_compare(const void *left, const void *right);

#endif
