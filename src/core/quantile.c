#include "core/quantile.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void lvk_sort_numbers(double *values, size_t count) {
    qsort(values, count, sizeof *values, compare);
}

double lvk_quantile(const double *sorted, size_t count, double share) {
    if (count == 0)
        return (double)NAN;
    const double place = (double)(count - 1) * share, below = floor(place);
    const size_t index = (size_t)below, next = index + 1 < count ? index + 1 : index;
    return sorted[index] + (place - below) * (sorted[next] - sorted[index]);
}
