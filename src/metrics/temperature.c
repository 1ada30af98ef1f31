#include "metrics/temperature.h"

#include "core/memory.h"

#include <math.h>

#define NEAREST 5e-10 /* of a probability to 0 and 1 */

double lvk_sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static double logit(double p) {
    const double most = log(1 / NEAREST - 1);
    return fmax(-most, fmin(log(p) - log1p(-p), most));
}

double lvk_temperature_apply(double p, double temperature) {
    return lvk_sigmoid(logit(p) / temperature);
}

/* Of the sum over rows of log(1 + exp(-b m)) by b = 1 / T; m: the logit, negated where the label is 0. It
 * rises with b, as the sum is convex. */
static double slope(const double *margins, size_t count, double b) {
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum -= margins[i] * lvk_sigmoid(-b * margins[i]);
    return sum;
}

/* Bisection: to the last bit, and as good as any method for a function this cheap. */
static double zero_of_slope(const double *margins, size_t count, double low, double high) {
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (slope(margins, count, middle) < 0)
            low = middle;
        else
            high = middle;
    }
}

static lvk_status find(const double *margins, size_t count, double *temperature) {
    const double low = 1 / LVK_TEMPERATURE_MOST, high = 1 / LVK_TEMPERATURE_LEAST;
    if (!(slope(margins, count, low) < 0))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "no temperature: the predictions are no better than chance, so that only an infinite one "
            "would fit");
    if (!(slope(margins, count, high) > 0))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "no temperature: the predictions separate the classes all but perfectly, so that it would "
            "fall to 0; it takes images that are harder, or more of them");
    *temperature = 1 / zero_of_slope(margins, count, low, high);
    return LVK_OK;
}

lvk_status lvk_temperature_fit(const lvk_scored *rows, double *temperature) {
    double *margins = lvk_alloc(rows->count, sizeof *margins);
    if (!margins)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < rows->count; ++i) {
        const double z = logit(rows->probabilities[i]);
        margins[i] = rows->labels[i] ? z : -z;
    }
    const lvk_status status = find(margins, rows->count, temperature);
    lvk_free(margins);
    return status;
}
