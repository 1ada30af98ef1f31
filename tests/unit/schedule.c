/* The learning rate over a training. */
#include "runtime/schedule.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { EPOCH = 8, EPOCHS = 5, STEPS = EPOCH * EPOCHS };

static lvk_schedule parsed(const char *text, double warmup) {
    lvk_schedule schedule = {.learning_rate = 0.01, .warmup = warmup};
    cr_assert_eq(lvk_schedule_parse(text, &schedule), LVK_OK, "%s", lvk_error_message());
    return schedule;
}

static double rate(const lvk_schedule *schedule, uint64_t step) {
    return lvk_schedule_rate(schedule, step, EPOCH, EPOCHS);
}

Test(schedule, constant_and_cosine) {
    lvk_schedule s = parsed("constant", 0);
    for (uint64_t step = 1; step <= 2 * STEPS; ++step)
        cr_assert_eq(rate(&s, step), 0.01);
    s = parsed("cosine", 0);
    cr_expect_float_eq(rate(&s, 1), 0.01, 1e-15);
    cr_expect_float_eq(rate(&s, 1 + STEPS / 4), 0.01 * (1 + sqrt(0.5)) / 2, 1e-15);
    cr_expect_float_eq(rate(&s, 1 + STEPS / 2), 0.005, 1e-15);
    for (uint64_t step = 1; step < STEPS; ++step)
        cr_assert_gt(rate(&s, step), rate(&s, step + 1));
    cr_expect_gt(rate(&s, STEPS), 0);
    cr_expect_eq(rate(&s, STEPS + 5), rate(&s, STEPS));
}

/* Each drop divides the rate by ten from the first step behind its epoch on. */
Test(schedule, steps) {
    lvk_schedule s = parsed("step", 0);
    cr_expect_eq(rate(&s, 20), 0.01);
    cr_expect_float_eq(rate(&s, 21), 0.001, 1e-15, "half of the epochs, in the middle of the third");
    cr_expect_float_eq(rate(&s, 30), 0.001, 1e-15);
    cr_expect_float_eq(rate(&s, 31), 0.0001, 1e-15, "three quarters");
    cr_expect_float_eq(rate(&s, STEPS + 9), 0.0001, 1e-15);
    s = parsed("step:1,2,4", 0);
    cr_expect_eq(rate(&s, EPOCH), 0.01);
    cr_expect_float_eq(rate(&s, EPOCH + 1), 0.001, 1e-15);
    cr_expect_float_eq(rate(&s, 2 * EPOCH + 1), 0.0001, 1e-15);
    cr_expect_float_eq(rate(&s, 4 * EPOCH), 0.0001, 1e-15);
    cr_expect_float_eq(rate(&s, 4 * EPOCH + 1), 0.00001, 1e-15);
}

/* It rises by the same at every step and reaches the rate with the last; then the schedule begins, a cosine
 * with all of its fall, a drop at its epoch. */
Test(schedule, warmup) {
    lvk_schedule s = parsed("cosine", 1.5);
    for (uint64_t step = 1; step <= 12; ++step)
        cr_expect_float_eq(rate(&s, step), 0.01 * (double)step / 12, 1e-15);
    cr_expect_float_eq(rate(&s, 13), 0.01, 1e-15);
    cr_expect_float_eq(rate(&s, 13 + 14), 0.005, 1e-15, "half of the 28 steps that are left");
    cr_expect_gt(rate(&s, STEPS), 0);
    s = parsed("step:2", 1);
    cr_expect_float_eq(rate(&s, 4), 0.005, 1e-15);
    cr_expect_eq(rate(&s, 2 * EPOCH), 0.01);
    cr_expect_float_eq(rate(&s, 2 * EPOCH + 1), 0.001, 1e-15);
    s = parsed("constant", 0.1); /* of a step: rounded to one */
    cr_expect_eq(rate(&s, 1), 0.01);
    s = parsed("cosine", 4.999); /* all steps */
    cr_expect_float_eq(rate(&s, STEPS), 0.01, 1e-15);
    cr_expect_float_eq(rate(&s, STEPS + 1), 0.01, 1e-15);
}

Test(schedule, what_is_none_is_named) {
    static const char *const texts[] = {"steps",
                                        "",
                                        "step:",
                                        "step:0",
                                        "step:3,3",
                                        "step:5,4",
                                        "step:1,",
                                        "step:,1",
                                        "step:1.5",
                                        "step:-1",
                                        "step: 1",
                                        "step:1 ,2",
                                        "cosine:3",
                                        "step;1",
                                        "step:99999999999",
                                        "step:4294967296",
                                        "step:0000000000000000001",
                                        "step:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        lvk_schedule schedule = {.learning_rate = 1};
        cr_expect_eq(lvk_schedule_parse(texts[i], &schedule), LVK_ERROR_ARGUMENT, "%s", texts[i]);
        cr_expect_not_null(strstr(lvk_error_message(), texts[i]), "%s", lvk_error_message());
    }
}
