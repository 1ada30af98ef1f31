/* Batch normalization of x [..., C], C the channels, over all M = elements / C rows (Ioffe and Szegedy,
 * "Batch normalization", ICML 2015). With r = 1 / sqrt(variance + epsilon):
 *
 *   y = (x - mean) r gamma + beta
 *   batchnorm             mean and variance are x's own, the variance the mean of (x - mean)² ("biased")
 *   batchnorm_inference   mean and variance are given, and do not depend on x
 *
 * Gradients: dbeta = sum of dy, dgamma = sum of dy (x - mean) r over the rows, and
 *   batchnorm             dx = gamma r (dy - dbeta / M - (x - mean) r dgamma / M)
 *   batchnorm_inference   dx = gamma r dy */
#ifndef LVK_OPS_BATCHNORM_H
#define LVK_OPS_BATCHNORM_H

#include "ops/conv_shape.h"

typedef struct lvk_batchnorm_attributes {
    float epsilon; /* added to the variance, > 0 */
} lvk_batchnorm_attributes;

/* Checks that x (input 0) has channels, the attribute, and that inputs first to last are [C]. */
lvk_status lvk_batchnorm_check(const lvk_call *call, int first, int last);

/* ---- launches, shared by the operators ---- */

typedef struct lvk_batchnorm_shape {
    uint64_t count; /* elements of x */
    uint32_t channels, rows;
    float epsilon;
} lvk_batchnorm_shape;

lvk_batchnorm_shape lvk_batchnorm_shape_of(const lvk_call *call);

/* How big tensors are read: LVK_BIND_TEXELS on software devices, else LVK_BIND_STORAGE. */
typedef lvk_binding_kind lvk_batchnorm_reads;

/* output[c] = scale times the sum over the rows of (x - mean)², or with `dy` of dy (x - mean) r. Partial sums
 * go to scratch buffers `scratch` and `scratch` + 1. mean and variance are [C]; without dy the variance is
 * not looked at. */
void lvk_batchnorm_add_sum(lvk_launch_list *list, const lvk_batchnorm_shape *shape, lvk_batchnorm_reads reads,
                           lvk_operand x, const lvk_operand *dy, lvk_operand mean, lvk_operand variance,
                           int output, float scale, int scratch);

/* What every element of a channel is multiplied with, into scratch buffer LVK_BATCHNORM_COEFFICIENTS. */
typedef struct lvk_batchnorm_vectors {
    lvk_operand gamma, beta, mean, variance; /* [C]; beta: dbeta of a gradient */
    const lvk_operand *gamma_gradient;       /* NULL: not of a gradient */
} lvk_batchnorm_vectors;
enum { LVK_BATCHNORM_COEFFICIENTS = 5 };
void lvk_batchnorm_add_coefficients(lvk_launch_list *list, const lvk_batchnorm_shape *shape,
                                    const lvk_batchnorm_vectors *vectors);

typedef enum lvk_batchnorm_form {
    LVK_BATCHNORM_FORWARD,
    LVK_BATCHNORM_GRADIENT,
    LVK_BATCHNORM_SCALED /* dy in the place of x */
} lvk_batchnorm_form;

/* Output 0 from x, for a gradient dy, and the coefficients. */
void lvk_batchnorm_add_apply(lvk_launch_list *list, const lvk_batchnorm_shape *shape,
                             lvk_batchnorm_reads reads, lvk_batchnorm_form form, lvk_operand x,
                             lvk_operand dy);

#endif
