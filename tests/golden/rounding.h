/* Numbers with a bound on their error: a formula written with these gives, with its value, how far float
 * arithmetic may be from it (running error analysis: Higham, "Accuracy and stability of numerical
 * algorithms", 2002, 3.3). What one operation adds is Vulkan's own bound ("Precision and operation of SPIR-V
 * instructions"); an ulp is at most FLT_EPSILON times the value. Results below FLT_MIN may be flushed to
 * zero. */
#ifndef TESTS_GOLDEN_ROUNDING_H
#define TESTS_GOLDEN_ROUNDING_H

#include <float.h>
#include <math.h>

typedef struct rounding {
    double value, error;
} rounding;

/* A value, an error that was there before, and the operation's own, in ulps. */
static inline rounding rounding_of(double value, double error, double ulps) {
    return (rounding){value, error + ulps * (double)FLT_EPSILON * (fabs(value) + error) + (double)FLT_MIN};
}

static inline rounding rounding_exact(double value) {
    return (rounding){value, 0};
}

/* A number in double that the program holds as a float. */
static inline rounding rounding_float(double value) {
    return rounding_of(value, 0, 0.5);
}

static inline rounding rounding_add(rounding a, rounding b) {
    return rounding_of(a.value + b.value, a.error + b.error, 0.5);
}

static inline rounding rounding_subtract(rounding a, rounding b) {
    return rounding_of(a.value - b.value, a.error + b.error, 0.5);
}

static inline rounding rounding_multiply(rounding a, rounding b) {
    return rounding_of(a.value * b.value,
                       fabs(a.value) * b.error + fabs(b.value) * a.error + a.error * b.error, 0.5);
}

/* |b| must exceed its error. */
static inline rounding rounding_divide(rounding a, rounding b) {
    const double quotient = a.value / b.value;
    return rounding_of(quotient, (a.error + fabs(quotient) * b.error) / (fabs(b.value) - b.error), 2.5);
}

/* Of a number of at least 0. Drivers compute 1 / inversesqrt: 2 ulps and a division's 2.5. */
static inline rounding rounding_root(rounding a) {
    const double root = sqrt(a.value);
    return rounding_of(root, root - sqrt(fmax(a.value - a.error, 0)) + sqrt(a.value + a.error) - root, 4.5);
}

static inline rounding rounding_exp(rounding a) {
    return rounding_of(exp(a.value), exp(a.value) * expm1(a.error), 3 + 2 * fabs(a.value));
}

/* log(1 + a) of a number of at least 0, by a series in a / (2 + a): the division's 2.5 ulps, the sum below
 * it, the product and the series with its leading 1, half an ulp each, of which every later term is worth
 * less than the one before: 5 ulps in all. */
static inline rounding rounding_log1p(rounding a) {
    return rounding_of(log1p(a.value), a.error / (1 + fmax(a.value - a.error, 0)), 5);
}

/* The sum of `count` numbers in any order: 2 sqrt(K) eps times the sum of their sizes. */
static inline rounding rounding_sum(const rounding *terms, int count) {
    double value = 0, error = 0, size = 0;
    for (int i = 0; i < count; ++i) {
        value += terms[i].value;
        error += terms[i].error;
        size += fabs(terms[i].value);
    }
    return (rounding){value, error + 2 * sqrt(count) * (double)FLT_EPSILON * size};
}

#endif
