/* The search space: axes, given as texts, and points, which have one value of each axis. See
 * leukvk/search.h. */
#ifndef LVK_SEARCH_SEARCH_SPACE_H
#define LVK_SEARCH_SEARCH_SPACE_H

#include "core/error.h"
#include "leukvk/search.h"

/* The number of options that can be searched; their numbers in train_option_list.h are 1 to this. */
enum { LVK_SEARCH_MAX_AXES = 21 };

typedef struct lvk_axis {
    const lvk_train_option *key;
    char *values[LVK_SEARCH_MAX_VALUES];
    uint32_t count;
    bool range; /* the two values are the ends of a range */
} lvk_axis;

typedef struct lvk_search_space {
    lvk_axis
        axes[LVK_SEARCH_MAX_AXES]; /* in the order of the options' numbers, whatever the order of the texts */
    uint32_t axis_count;
    char **values; /* [point][axis] */
    uint32_t point_count;
} lvk_search_space;

/* Parses the axes (without any, the defaults for `kind` and the model), and lays out or draws the points.
 * After a failure there is nothing to finish. */
LVK_MUST_USE lvk_status lvk_search_space_init(lvk_search_space *space, const lvk_search_options *options);
void lvk_search_space_finish(lvk_search_space *space);

const char *lvk_search_space_name(const lvk_search_space *space, uint32_t axis);
const char *lvk_search_space_value(const lvk_search_space *space, uint32_t point, uint32_t axis);

/* Sets the values of point number `point` (from 0) in `options`; their texts belong to the space. */
void lvk_search_space_apply(const lvk_search_space *space, uint32_t point, lvk_train_options *options);

/* If optimizers are searched, sets options that the point's optimizer does not use back to their defaults. */
void lvk_search_space_trim(const lvk_search_space *space, lvk_train_options *options);

/* ---- successive halving ---- */

/* The number of rounds that reduce `points` (at least 1) to one, where each round keeps half, rounded up. */
uint32_t lvk_halving_rounds(uint32_t points);

/* The number of epochs that a point has had after round number `round` (from 0) of `rounds`: all `epochs`
 * after the last round, and half as many, rounded up, after each round before. */
uint32_t lvk_halving_epochs(uint32_t epochs, uint32_t round, uint32_t rounds);

#endif
