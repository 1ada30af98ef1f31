/* Dropout, inverted as in Keras: an element is kept with probability 1 - rate and then scaled by 1 / (1 -
 * rate), so that nothing needs to be done when predicting. */
#ifndef LVK_OPS_DROPOUT_H
#define LVK_OPS_DROPOUT_H

#include "backend/type.h"

/* Attributes of dropout and dropout_grad. The random number of element e of row n, whose keys[n] are (seed
 * low, seed high, epoch, sample), is lvk_uniform() of word e % 4 of lvk_random_words({seed, epoch, sample,
 * LVK_PURPOSE_DROPOUT + layer}, e / 4); the element is kept when it is at least `rate`. */
typedef struct lvk_dropout_attributes {
    float rate;     /* 0 <= rate < 1 */
    uint32_t layer; /* number of the dropout layer within the network; dropout_grad ignores it */
} lvk_dropout_attributes;

static inline lvk_real lvk_dropout_scale(const lvk_dropout_attributes *attributes) {
    return (lvk_real)(1 / (1 - (double)attributes->rate));
}

#endif
