#include "vulkan/rate.h"

#include <stddef.h>

enum { FIRST_PATIENCE = 4, MOST_PATIENCE = 1024, LARGEST_RISE = 16 };

static bool is_single(const lvk_submission *submission) {
    return submission->end - submission->first <= 1;
}

static void lower(lvk_rate *rate, double measured) {
    rate->value = measured;
    rate->calm = 0;
    rate->patience = rate->patience < MOST_PATIENCE / 2 ? 2 * rate->patience : MOST_PATIENCE;
}

/* The factor by which the rate may rise so that submissions merged at the new rate take about half of `most`
 * seconds. A factor of 1 or less means that the rate must not rise. */
static double possible_rise(double most, const lvk_submission *submissions, int count) {
    double longest = 0, shortest_pair = -1;
    for (int i = 0; i < count; ++i) {
        const lvk_submission *submission = &submissions[i];
        if (!is_single(submission) && submission->seconds > longest)
            longest = submission->seconds;
        const double pair = i ? submissions[i - 1].seconds + submission->seconds : -1;
        if (i && (shortest_pair < 0 || pair < shortest_pair))
            shortest_pair = pair;
    }
    if (shortest_pair < 0 || shortest_pair > most / 2)
        return 1; /* no two submissions can be merged */
    const double needed = shortest_pair > longest ? shortest_pair : longest;
    return needed > 0 ? most / 2 / needed : LARGEST_RISE;
}

bool lvk_rate_adapt(lvk_rate *rate, double most, const lvk_submission *submissions, int count) {
    const lvk_submission *longest = NULL;
    if (rate->patience == 0)
        rate->patience = FIRST_PATIENCE;
    for (int i = 0; i < count; ++i)
        if (!is_single(&submissions[i]) && (!longest || submissions[i].seconds > longest->seconds))
            longest = &submissions[i];
    if (longest && longest->seconds > most) {
        const double measured = longest->cost / longest->seconds;
        if (measured >= rate->value || measured <= 0)
            return false;
        lower(rate, measured);
        return true;
    }
    const double rise = possible_rise(most, submissions, count);
    rate->calm = rise > 1 ? rate->calm + 1 : 0;
    if (rate->calm < rate->patience)
        return false;
    rate->calm = 0;
    rate->value *= rise < 2 ? 2 : rise > LARGEST_RISE ? LARGEST_RISE : rise;
    return true;
}
