/* The learning rate over a training. */
#include "train/optimizer.h"

#include <criterion/criterion.h>
#include <math.h>

Test(optimizer, schedules) {
    enum { STEPS = 40 };
    lvk_optimizer_settings settings = {.learning_rate = 0.01};
    cr_assert(lvk_schedule_find("constant", &settings.schedule));
    for (uint64_t step = 1; step <= 2 * STEPS; ++step)
        cr_assert_eq(lvk_schedule_rate(&settings, step, STEPS), 0.01);
    cr_assert(lvk_schedule_find("cosine", &settings.schedule));
    cr_expect_float_eq(lvk_schedule_rate(&settings, 1, STEPS), 0.01, 1e-15);
    cr_expect_float_eq(lvk_schedule_rate(&settings, 1 + STEPS / 4, STEPS), 0.01 * (1 + sqrt(0.5)) / 2, 1e-15);
    cr_expect_float_eq(lvk_schedule_rate(&settings, 1 + STEPS / 2, STEPS), 0.005, 1e-15);
    for (uint64_t step = 1; step < STEPS; ++step)
        cr_assert_gt(lvk_schedule_rate(&settings, step, STEPS),
                     lvk_schedule_rate(&settings, step + 1, STEPS));
    cr_expect_gt(lvk_schedule_rate(&settings, STEPS, STEPS), 0);
    cr_expect_eq(lvk_schedule_rate(&settings, STEPS + 5, STEPS), lvk_schedule_rate(&settings, STEPS, STEPS));
    cr_expect_not(lvk_schedule_find("steps", &settings.schedule));
}

/* What reaches the kernel is the rate of the step. */
Test(optimizer, hyper_parameters_follow_the_schedule) {
    lvk_real first[LVK_HYPER_COUNT], middle[LVK_HYPER_COUNT];
    const lvk_optimizer_settings sgd = {
        .kind = LVK_OPTIMIZER_SGD, .schedule = LVK_SCHEDULE_COSINE, .learning_rate = 0.5, .momentum = 0.9};
    lvk_real constant[LVK_HYPER_COUNT];
    lvk_optimizer_hyper(&sgd, 1, 10, first);
    lvk_optimizer_hyper(&sgd, 6, 10, middle);
    lvk_optimizer_hyper(
        &(lvk_optimizer_settings){.kind = LVK_OPTIMIZER_SGD, .learning_rate = 0.25, .momentum = 0.9}, 6, 10,
        constant);
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        cr_expect_float_eq(middle[i], constant[i], 1e-7, "scalar %d", i);
    bool differs = false;
    for (int i = 0; i < LVK_HYPER_COUNT; ++i)
        differs |= first[i] != middle[i];
    cr_expect(differs);
}
