/* How much work fits into a submission: a rate, in units of cost a second, that follows what submissions
 * took. */
#ifndef LVK_VULKAN_RATE_H
#define LVK_VULKAN_RATE_H

#include <stdbool.h>

typedef struct lvk_submission {
    int first, end; /* steps */
    double cost;
    double seconds; /* that it took in the last run */
} lvk_submission;

typedef struct lvk_rate {
    double value;
    int calm;     /* runs in a row that called for a higher rate */
    int patience; /* how many of them it takes; 0: FIRST_PATIENCE */
} lvk_rate;

/* Compares what the submissions took with the `most` seconds that one may take; true where they are to be
 * split anew, by another rate. A submission that is too long lowers the rate at once, to what was measured.
 * Submissions that could be longer by half or more raise it, but only after a number of such runs, which
 * doubles with each lowering: a passing hiccup is forgotten, and a program whose submissions cannot be
 * foretold by their cost is not recorded over and over. Single steps cannot be split: their time says
 * nothing. */
bool lvk_rate_adapt(lvk_rate *rate, double most, const lvk_submission *submissions, int count);

#endif
