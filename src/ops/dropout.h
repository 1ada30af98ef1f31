/* Inverted dropout, as in Keras and PyTorch: an element is kept with probability 1 - rate and then scaled by
 * 1 / (1 - rate), so that inference needs no scaling. */
#ifndef LVK_OPS_DROPOUT_H
#define LVK_OPS_DROPOUT_H

#include "backend/type.h"

/* Attributes of dropout and dropout_grad. keys[n] of row n is (low half of the seed, high half of the seed,
 * epoch, sample). The random number of element e of row n is lvk_uniform() of word e % 4 of
 * lvk_random_words({seed, epoch, sample, LVK_PURPOSE_DROPOUT + layer}, e / 4). The element is kept when this
 * number is at least `rate`. */
typedef struct lvk_dropout_attributes {
    float rate;     /* probability that an element is dropped, at least 0, below 1 */
    uint32_t layer; /* number of the dropout layer within the network; dropout_grad ignores it */
} lvk_dropout_attributes;

static inline lvk_real lvk_dropout_scale(const lvk_dropout_attributes *attributes) {
    return (lvk_real)(1 / (1 - (double)attributes->rate));
}

#endif
