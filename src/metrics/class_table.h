/* Rows of two classes or more, prepared once so that scoring them, or a draw of them, is one walk. */
#ifndef LVK_METRICS_CLASS_TABLE_H
#define LVK_METRICS_CLASS_TABLE_H

#include "core/error.h"
#include "leukvk/class_metrics.h"

typedef struct lvk_class_table {
    const lvk_class_rows *rows; /* borrowed */
    uint32_t *called;           /* [count] the class that the row is called */
    double *loss, *brier;       /* [count] what the row adds to each sum */
    uint32_t *order; /* [classes][count] rows from the highest probability of the class to the lowest */
    bool present[LVK_MOST_CLASSES]; /* the class has rows */
} lvk_class_table;

/* Also checks the rows. Errors as lvk_class_metrics_compute, after which there is nothing to finish. */
LVK_MUST_USE lvk_status lvk_class_table_init(lvk_class_table *table, const lvk_class_rows *rows);
void lvk_class_table_finish(lvk_class_table *table);

/* The scores of the rows, each taken times[its subject] times, or once where `times` is NULL; with `metrics`,
 * the counts and baselines too. */
void lvk_class_table_score(const lvk_class_table *table, const uint32_t *times, lvk_class_scores *scores,
                           lvk_class_metrics *metrics);

#endif
