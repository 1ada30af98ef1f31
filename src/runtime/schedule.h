/* The learning rate over a training, from step to step. */
#ifndef LVK_RUNTIME_SCHEDULE_H
#define LVK_RUNTIME_SCHEDULE_H

#include "core/error.h"

#include <stdint.h>

enum { LVK_SCHEDULE_MAX_DROPS = 16 };

typedef enum lvk_schedule_kind {
    LVK_SCHEDULE_CONSTANT,
    LVK_SCHEDULE_COSINE, /* half a cosine from learning_rate to 0 over the steps after the warm-up
                            (Loshchilov, Hutter, "SGDR", ICLR 2017, without restarts) */
    LVK_SCHEDULE_STEP    /* times 0.1 at each drop (He et al., "Deep residual learning", CVPR 2016) */
} lvk_schedule_kind;

/* A schedule. Drops are the numbers of epochs after which the rate drops, in ascending order: with {10, 15}
 * the rate is a tenth from the 11th epoch on and a hundredth from the 16th on. Without drops,
 * LVK_SCHEDULE_STEP drops after 1/2 and 3/4 of the training. */
typedef struct lvk_schedule {
    lvk_schedule_kind kind;
    double learning_rate; /* above 0 */
    double warmup;        /* epochs, at least 0, rounded to W whole steps: the rate is learning_rate s / W at
                             step s (Goyal et al., "Accurate, large minibatch SGD", 2017) */
    uint32_t drop_count, drops[LVK_SCHEDULE_MAX_DROPS];
} lvk_schedule;

/* Parses "constant", "cosine", "step" or "step:10,15", and sets `kind` and the drops. */
LVK_MUST_USE lvk_status lvk_schedule_parse(const char *text, lvk_schedule *schedule);

/* The learning rate at step number `step` (from 1) of a training of `epochs` times `epoch_steps` steps, both
 * at least 1. Steps after the last have the rate of the last. */
double lvk_schedule_rate(const lvk_schedule *schedule, uint64_t step, uint32_t epoch_steps, uint32_t epochs);

#endif
