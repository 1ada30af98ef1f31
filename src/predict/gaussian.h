/* How far a vector lies from a sample, by the Mahalanobis distance: one mean a class, one covariance for all
 * (Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial
 * attacks", NeurIPS 2018). The covariance has the sample's variance in its principal directions, and the mean
 * of the remaining variance in all other directions (Tipping and Bishop, "Probabilistic principal component
 * analysis", 1999), so that it can be inverted also where the vectors are longer than the sample is large. */
#ifndef LVK_PREDICT_GAUSSIAN_H
#define LVK_PREDICT_GAUSSIAN_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

typedef struct lvk_gaussian {
    uint32_t length;   /* of a vector */
    uint32_t classes;  /* at least 1 */
    uint32_t rank;     /* principal directions, at most `length` */
    float *means;      /* [classes][length] */
    float *directions; /* [rank][length], orthonormal */
    float *variances;  /* [rank + 1] above 0, in each direction; the last: in any other */
} lvk_gaussian;

/* Rows of a sample. */
typedef struct lvk_gaussian_sample {
    size_t count; /* at least 1 */
    uint32_t length, classes;
    const float *values;    /* [count][length] */
    const uint32_t *labels; /* [count] the class; NULL: all are of class 0 */
    const uint8_t *left;    /* [count] not 0: this row is left out; NULL: none is */
} lvk_gaussian_sample;

/* Fits the distribution, with `rank` directions, or `length` if that is less. A class without rows has the
 * mean of all. `least` is added to every variance. The result is released by lvk_gaussian_finish, after a
 * failure too. LVK_ERROR_ARGUMENT: no row is left. */
LVK_MUST_USE lvk_status lvk_gaussian_fit(const lvk_gaussian_sample *sample, uint32_t rank, double least,
                                         lvk_gaussian *gaussian);
void lvk_gaussian_finish(lvk_gaussian *gaussian);

/* Allocates the arrays, filled with zeros, for length, classes and rank. */
LVK_MUST_USE lvk_status lvk_gaussian_init(lvk_gaussian *gaussian, uint32_t length, uint32_t classes,
                                          uint32_t rank);

/* The distance of a vector from the nearest class. */
double lvk_gaussian_distance(const lvk_gaussian *gaussian, const float *vector);

/* The variance of element number `element`. */
double lvk_gaussian_variance(const lvk_gaussian *gaussian, uint32_t element);

#endif
