/* Quantiles of a sample. */
#ifndef LVK_CORE_QUANTILE_H
#define LVK_CORE_QUANTILE_H

#include <stddef.h>

/* Ascending; no NaN. */
void lvk_sort_numbers(double *values, size_t count);

/* Of sorted numbers, by linear interpolation between the two order statistics around (count - 1) * share,
 * counted from 0, as numpy has it; share 0 to 1. NaN when there are none. */
double lvk_quantile(const double *sorted, size_t count, double share);

#endif
