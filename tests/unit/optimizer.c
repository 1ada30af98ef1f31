/* What reaches the optimizers' kernels. */
#include "runtime/optimizer.h"

#include <criterion/criterion.h>
#include <math.h>

Test(optimizer, scalars_follow_the_rate) {
    lvk_real hyper[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_SGD, .momentum = 0.9}, 6, 0.25,
                        hyper);
    cr_expect_float_eq(hyper[0], 0.25F, 1e-9);
    cr_expect_float_eq(hyper[1], 0.9F, 1e-9);
    const lvk_optimizer_settings adamw = {.kind = LVK_OPTIMIZER_ADAMW, .weight_decay = 0.01};
    lvk_optimizer_hyper(&adamw, 2, 0.25, hyper);
    cr_expect_float_eq(hyper[0], 0.25 * sqrt(1 - pow(0.999, 2)) / (1 - pow(0.9, 2)), 1e-7);
    cr_expect_float_eq(hyper[4], 0.0025F, 1e-9);
    lvk_optimizer_hyper(&(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_ADAM, .weight_decay = 0.01}, 2, 0.25,
                        hyper);
    cr_expect_eq(hyper[4], 0, "only adamw decays");
}

/* The average forgets the first weights soon, then as slowly as it is told. */
Test(optimizer, the_average_begins_fast) {
    lvk_real hyper[LVK_HYPER_COUNT];
    const lvk_optimizer_settings sgd = {.kind = LVK_OPTIMIZER_SGD, .average = 0.99};
    lvk_optimizer_hyper(&sgd, 1, 0.25, hyper);
    cr_expect_float_eq(hyper[7], 9.0 / 11, 1e-7);
    lvk_optimizer_hyper(&sgd, 90, 0.25, hyper);
    cr_expect_float_eq(hyper[7], 9.0 / 100, 1e-7);
    lvk_optimizer_hyper(&sgd, 2000, 0.25, hyper);
    cr_expect_float_eq(hyper[7], 0.01, 1e-8);
}
