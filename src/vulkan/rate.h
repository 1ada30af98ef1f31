/* The rate, in units of cost a second, that decides how much work is put into one submission. It follows the
 * measured times of submissions. */
#ifndef LVK_VULKAN_RATE_H
#define LVK_VULKAN_RATE_H

#include <stdbool.h>

typedef struct lvk_submission {
    int first, end; /* steps `first` to `end` - 1 of the program */
    double cost;
    double seconds; /* the time that it took in the last run */
} lvk_submission;

typedef struct lvk_rate {
    double value;
    int calm;     /* the number of runs in a row that allowed a higher rate */
    int patience; /* the rate rises after so many of them; 0: FIRST_PATIENCE */
} lvk_rate;

/* Compares the times of the submissions with `most`, the seconds that one may take. Returns true if the rate
 * has changed, so that the program must be split anew.
 *
 * A submission that took too long lowers the rate at once, to the rate that was measured. Submissions that
 * are so short that two could be merged raise the rate, but only after a number of such runs in a row, which
 * doubles each time the rate falls. Thus one slow run has no lasting effect, and a program whose times do not
 * follow its costs is not recorded over and over. A submission of a single step never lowers the rate, since
 * it cannot be split. */
bool lvk_rate_adapt(lvk_rate *rate, double most, const lvk_submission *submissions, int count);

#endif
