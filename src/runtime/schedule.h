/* The learning rate over a training, from step to step. */
#ifndef LVK_RUNTIME_SCHEDULE_H
#define LVK_RUNTIME_SCHEDULE_H

#include "core/error.h"

#include <stdint.h>

enum { LVK_SCHEDULE_MAX_DROPS = 16 };

typedef enum lvk_schedule_kind {
    LVK_SCHEDULE_CONSTANT,
    LVK_SCHEDULE_COSINE, /* from learning_rate to 0 over the steps behind the warm-up (Loshchilov, Hutter,
                            "SGDR", ICLR 2017, without restarts) */
    LVK_SCHEDULE_STEP    /* times 0.1 at each drop (He et al., "Deep residual learning", CVPR 2016) */
} lvk_schedule_kind;

/* Drops are epochs that are over, ascending: {10, 15} divides the rate by ten in the 11th epoch and by a
 * hundred from the 16th on. Without any, LVK_SCHEDULE_STEP drops at 1/2 and 3/4 of the training. */
typedef struct lvk_schedule {
    lvk_schedule_kind kind;
    double learning_rate; /* > 0 */
    double warmup;        /* epochs, 0 and more: over their W steps the rate is learning_rate s / W at step s
                             (Goyal et al., "Accurate, large minibatch SGD", 2017); rounded to whole steps */
    uint32_t drop_count, drops[LVK_SCHEDULE_MAX_DROPS];
} lvk_schedule;

/* Reads "constant", "cosine", "step" or "step:10,15" into `kind` and the drops. */
LVK_MUST_USE lvk_status lvk_schedule_parse(const char *text, lvk_schedule *schedule);

/* The learning rate at step `step`, from 1, of a training of `epochs` times `epoch_steps` (both at least 1);
 * a step beyond has the last one's. */
double lvk_schedule_rate(const lvk_schedule *schedule, uint64_t step, uint32_t epoch_steps, uint32_t epochs);

#endif
