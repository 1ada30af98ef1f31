/* Batch normalization along the last dimension of x, which is [N, C] or [N, H, W, C]. gamma, beta, mean and
 * variance are [C]; n is the number of elements of a channel.
 *
 *     y = gamma (x - mean) / sqrt(variance + epsilon) + beta
 *
 * batchnorm computes the mean and the biased variance (divided by n) from x, in two passes: the mean first,
 * then the mean of (x - mean)². batchnorm_inference takes mean and variance as inputs. Source, also of the
 * gradient: Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal
 * covariate shift", ICML 2015. */
#ifndef LVK_OPS_BATCHNORM_H
#define LVK_OPS_BATCHNORM_H

#include "backend/caps.h"
#include "backend/launch.h"
#include "params/batchnorm.h"

/* Attributes of all operators of this family. */
typedef struct lvk_batchnorm_attributes {
    float epsilon; /* above 0; Keras takes 1e-3 */
} lvk_batchnorm_attributes;

/* Fails unless the attributes are in range, input `x` is [N, C] or [N, H, W, C], and the inputs from `first`
 * on are [C]. */
lvk_status lvk_batchnorm_expect(const lvk_call *call, int x, int first);

/* The parameters of the kernels, for input `x`. */
lvk_batchnorm_params lvk_batchnorm_describe(const lvk_call *call, int x);

/* Appends the launches of y = (x - mean) scale + beta. Inputs 0 to 2 are x, gamma and beta; y is output 0.
 * Mean and variance are operands `mean` and `mean` + 1, inputs or outputs by `space`. Uses scratch buffer
 * 0. */
void lvk_batchnorm_normalize(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads,
                             lvk_binding_space space, int mean);

/* Appends at most three launches that write the sums of dy and of dy (x - mean) into scratch buffer 0, two
 * rows of `stride` vectors. dy is input 0, x input 1, the mean input `mean`. Uses scratch buffers 1 and 2 for
 * partial sums. */
void lvk_batchnorm_sum(const lvk_call *call, lvk_launch_list *list, lvk_binding_kind reads, int mean);

/* Appends the launch that computes dgamma, output number `output`, from the sums of lvk_batchnorm_sum and
 * input number `variance`. */
void lvk_batchnorm_grad_gamma(const lvk_call *call, lvk_launch_list *list, int variance, int output);

/* `unsupported` of the candidates that read texels. They also read the coefficients, four numbers a channel,
 * as texels. */
const char *lvk_batchnorm_texels_unsupported(const lvk_call *call, const lvk_caps *caps);

#endif
