/* Batch normalization along the last dimension of x, [N, C] or [N, H, W, C]; gamma, beta, mean and variance
 * are [C], n is the number of elements of a channel:
 *
 *     y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * batchnorm computes mean and variance (biased: divided by n) from x; batchnorm_inference takes them as inputs.
 * Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate
 * shift", ICML 2015, also for the gradient; the variance takes two passes: the mean first, then the mean of (x - mean)². */
#ifndef LVK_OPS_BATCHNORM_H
#define LVK_OPS_BATCHNORM_H

#include "backend/caps.h"
#include "backend/launch.h"
#include "params/batchnorm.h"

/* Attributes of all operators of this family. */
typedef struct lvk_batchnorm_attributes {
    float epsilon; /* > 0; Keras: 1e-3 */
} lvk_batchnorm_attributes;

/* Fails unless the attributes are in range, input `x` is [N, C] or [N, H, W, C], and the inputs from `first`
 * on are [C]. */
lvk_status lvk_batchnorm_expect(const lvk_call *call, int x, int first);

/* The parameters of the kernels, for input `x`. */
lvk_batchnorm_params lvk_batchnorm_describe(const lvk_call *call, int x);

/* Appends y = (x - mean) scale + beta: inputs 0 to 2 are x, gamma and beta, the statistics are inputs or
 * outputs `mean` and `mean` + 1, y is output 0. Takes scratch buffer 0. */
void lvk_batchnorm_normalize(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads,
                             lvk_binding_space space, int mean);

/* Appends the sums of dy and of dy (x - mean), inputs 0, 1 and `mean`, into scratch buffer 0: two rows of
 * `stride` vectors. Takes scratch buffers 1 and 2 for partial sums; at most three launches. */
void lvk_batchnorm_sum(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads, int mean);

/* Appends dgamma (output `output`) from these sums and input `variance`. */
void lvk_batchnorm_grad_gamma(const lvk_call *call, lvk_launch_list *list, int variance, int output);

/* `unsupported` of the candidates that read texels: the coefficients are texels too, four a channel. */
const char *lvk_batchnorm_texels_unsupported(const lvk_call *call, const lvk_caps *caps);

#endif
