/* What a search looks through: axes as texts, points as one value an axis. See leukvk/search.h. */
#ifndef LVK_SEARCH_SEARCH_SPACE_H
#define LVK_SEARCH_SEARCH_SPACE_H

#include "core/error.h"
#include "leukvk/search.h"

/* An axis for every option that can be searched; their numbers in train_option_list.h run from 1 to it. */
enum { LVK_SEARCH_MAX_AXES = 20 };

typedef struct lvk_axis {
    const lvk_train_option *key;
    char *values[LVK_SEARCH_MAX_VALUES];
    uint32_t count;
    bool range; /* values are its two ends */
} lvk_axis;

typedef struct lvk_search_space {
    lvk_axis
        axes[LVK_SEARCH_MAX_AXES]; /* in the order of the options' numbers, whatever order they came in */
    uint32_t axis_count;
    char **values; /* [point][axis] */
    uint32_t point_count;
} lvk_search_space;

/* Parses the axes (none: the default ones for `kind` and the model) and lays out or draws the points. On
 * failure there is nothing to finish. */
LVK_MUST_USE lvk_status lvk_search_space_init(lvk_search_space *space, const lvk_search_options *options);
void lvk_search_space_finish(lvk_search_space *space);

const char *lvk_search_space_name(const lvk_search_space *space, uint32_t axis);
const char *lvk_search_space_value(const lvk_search_space *space, uint32_t point, uint32_t axis);

/* Puts the values of `point`, from 0, into `options`, whose texts then belong to the space. */
void lvk_search_space_apply(const lvk_search_space *space, uint32_t point, lvk_train_options *options);

/* Where optimizers are searched, sets options of others than the point's, which has no use for them, back to
 * their defaults. */
void lvk_search_space_trim(const lvk_search_space *space, lvk_train_options *options);

/* ---- successive halving ---- */

/* How many rounds bring `points`, at least 1, down to one: each leaves the better half, rounded up. */
uint32_t lvk_halving_rounds(uint32_t points);

/* How many epochs a point has had after round `round`, from 0, of `rounds`: all `epochs` after the last, half
 * as many a round before that, rounded up. */
uint32_t lvk_halving_epochs(uint32_t epochs, uint32_t round, uint32_t rounds);

#endif
