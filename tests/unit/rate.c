/* How submissions are cut by what they took: down at once, up again after some runs. */
#include "vulkan/rate.h"

#include <criterion/criterion.h>

static const double MOST = 0.1;

/* A program of equal steps on a device of a speed, cut as exec.c does; returns how many submissions that is.
 */
enum { STEPS = 64 };
static int cut(const lvk_rate *rate, double speed, lvk_submission parts[STEPS]) {
    int count = 0;
    for (int i = 0; i < STEPS; ++i) {
        if (count && parts[count - 1].cost + 1 <= MOST * rate->value) {
            ++parts[count - 1].end;
            ++parts[count - 1].cost;
        } else {
            parts[count++] = (lvk_submission){.first = i, .end = i + 1, .cost = 1};
        }
    }
    for (int i = 0; i < count; ++i)
        parts[i].seconds = parts[i].cost / speed;
    return count;
}

static double longest(const lvk_submission *parts, int count) {
    double most = 0;
    for (int i = 0; i < count; ++i)
        most = parts[i].seconds > most ? parts[i].seconds : most;
    return most;
}

Test(rate, falls_at_once_and_rises_after_a_hiccup) {
    lvk_submission parts[STEPS];
    lvk_rate rate = {.value = 1e6};
    int count = cut(&rate, 1000, parts);
    cr_assert_eq(count, 1);
    cr_expect_not(lvk_rate_adapt(&rate, MOST, parts, count), "64 steps take 0.064 s");
    count = cut(&rate, 20, parts); /* fifty times slower, once */
    cr_expect(lvk_rate_adapt(&rate, MOST, parts, count));
    count = cut(&rate, 20, parts);
    cr_expect_leq(longest(parts, count), MOST);
    cr_expect_gt(count, 16);
    int runs = 0;
    for (; count > 2 && runs < 100; ++runs) {
        count = cut(&rate, 1000, parts);
        (void)lvk_rate_adapt(&rate, MOST, parts, count);
    }
    cr_expect_lt(runs, 40, "the hiccup is remembered for %d runs", runs);
    cr_expect_leq(longest(parts, cut(&rate, 1000, parts)), MOST);
}

/* From far too low, as on a device much faster than assumed. */
Test(rate, finds_a_fast_device) {
    lvk_submission parts[STEPS];
    lvk_rate rate = {.value = 10};
    int count = STEPS, runs = 0;
    for (; count > 1 && runs < 100; ++runs) {
        count = cut(&rate, 1e5, parts);
        (void)lvk_rate_adapt(&rate, MOST, parts, count);
    }
    cr_expect_lt(runs, 20, "%d runs", runs);
}

/* Nothing is recorded again where nothing would come of it. */
Test(rate, rests_where_submissions_are_right) {
    lvk_submission parts[STEPS];
    lvk_rate rate = {.value = 1e6};
    int again = 0;
    for (int i = 0; i < 1000; ++i)
        again += lvk_rate_adapt(&rate, MOST, parts, cut(&rate, 100, parts));
    cr_expect_leq(again, 2, "%d", again);
    cr_expect_leq(longest(parts, cut(&rate, 100, parts)), MOST);
    again = 0;
    rate = (lvk_rate){.value = 1e6};
    for (int i = 0; i < 100; ++i) /* single steps that are too long: nobody can cut them */
        again += lvk_rate_adapt(&rate, MOST, (lvk_submission[]){{0, 1, 1, 1}, {1, 2, 1, 1}}, 2);
    cr_expect_eq(again, 0);
    cr_expect_not(lvk_rate_adapt(&rate, MOST, NULL, 0));
}

/* A device whose speed cannot be foretold is recorded again ever more rarely. */
Test(rate, does_not_swing) {
    lvk_submission parts[STEPS];
    lvk_rate rate = {.value = 1e6};
    int again = 0;
    for (int i = 0; i < 4000; ++i) /* every tenth run is slow */
        again += lvk_rate_adapt(&rate, MOST, parts, cut(&rate, i % 10 ? 1e4 : 20, parts));
    cr_expect_lt(again, 120, "%d", again);
}
