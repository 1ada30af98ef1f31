/* Quantiles of a sample. */
#ifndef LVK_CORE_QUANTILE_H
#define LVK_CORE_QUANTILE_H

#include <stddef.h>

/* Sorts numbers in ascending order. NaN is not allowed. */
void lvk_sort_numbers(double *values, size_t count);

/* The quantile `share` (0 to 1) of sorted numbers, by linear interpolation between the two numbers around
 * index (count - 1) * share, as numpy's default method computes it. NaN if count is 0. */
double lvk_quantile(const double *sorted, size_t count, double share);

#endif
