/* What the intervals of two classes (bootstrap.c) and of more (class_metrics.c) have in common. */
#ifndef LVK_METRICS_BOOTSTRAP_H
#define LVK_METRICS_BOOTSTRAP_H

#include "core/error.h"
#include "leukvk/metrics.h"

#include <stdbool.h>

/* The number of replicates that `options` ask for. LVK_ERROR_ARGUMENT: too many. */
LVK_MUST_USE lvk_status lvk_bootstrap_replicates(const lvk_bootstrap_options *options, size_t *replicates);

/* Whether each class that has rows has rows of at least LVK_BOOTSTRAP_LEAST subjects. LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_bootstrap_check_people(const lvk_scored *rows, bool *enough);

/* The subject, 0 to subjects - 1, at place `place` of a replicate, which has as many places as there are
 * subjects. */
uint32_t lvk_bootstrap_draw(uint64_t seed, uint32_t replicate, uint32_t place, uint32_t subjects);

/* The interval of a score by its values in those replicates that have one, `count` of all `replicates`. Sorts
 * the values. Both ends are NaN where there is no interval. */
void lvk_bootstrap_interval(double *values, size_t count, size_t replicates, double *low, double *high);

#endif
