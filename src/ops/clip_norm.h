/* Gradient clipping by the global norm: g min(1, max_norm / |g|), where g is the gradient of all parameters
 * as one vector. Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks",
 * ICML 2013. Operator l2 with lambda 1 computes the squared norm; its sums have a fixed order.
 *
 * A gradient whose norm is at most max_norm keeps its bits, and so does a gradient whose norm is NaN. If the
 * squared norm is infinite, finite elements become 0 and infinite elements NaN. */
#ifndef LVK_OPS_CLIP_NORM_H
#define LVK_OPS_CLIP_NORM_H

typedef struct lvk_clip_norm_attributes {
    float max_norm; /* finite, above 0 */
} lvk_clip_norm_attributes;

#endif
