/* SPDX-License-Identifier: MIT */
#include "fit.h"
#include <math.h>

struct fit fit_line(const double *x, const double *y, size_t len)
{
	double mean_x = 0, mean_y = 0, spread = 0, product = 0, rest = 0;
	for (size_t i = 0; i < len; i++) {
		mean_x += x[i] / (double)len;
		mean_y += y[i] / (double)len;
	}
	for (size_t i = 0; i < len; i++) {
		spread += (x[i] - mean_x) * (x[i] - mean_x);
		product += (x[i] - mean_x) * (y[i] - mean_y);
	}
	struct fit fit = {.slope = product / spread};
	fit.at_zero = mean_y - fit.slope * mean_x;
	for (size_t i = 0; i < len; i++) {
		double off = y[i] - fit.at_zero - fit.slope * x[i];
		rest += off * off;
	}
	fit.slope_error = sqrt(rest / (double)(len - 2) / spread);
	return fit;
}

int fit_compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;
	return (difference > 0) - (difference < 0);
}
