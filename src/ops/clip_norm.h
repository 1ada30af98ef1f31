/* The whole gradient of a training step, all parameters' as one vector, held to a norm: g min(1, max_norm /
 * |g|) (Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013). The
 * squared norm comes from operator l2 with lambda 1, whose sums have a fixed order. A gradient within the
 * norm keeps its bits, as does one whose norm is not a number; one whose squared norm is infinite becomes
 * zero, and NaN where it is infinite itself. */
#ifndef LVK_OPS_CLIP_NORM_H
#define LVK_OPS_CLIP_NORM_H

typedef struct lvk_clip_norm_attributes {
    float max_norm; /* finite, above 0 */
} lvk_clip_norm_attributes;

#endif
