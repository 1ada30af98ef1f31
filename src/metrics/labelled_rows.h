/* The labelled rows of a set of predictions, as columns that the metrics take. */
#ifndef LVK_METRICS_LABELLED_ROWS_H
#define LVK_METRICS_LABELLED_ROWS_H

#include "core/error.h"
#include "leukvk/predictions.h"

/* `rows` is ordered by the subjects' names, byte by byte, and within a subject as the predictions are. Entry i of
 * every column is of rows[i]. */
typedef struct lvk_labelled_rows {
    const lvk_prediction **rows; /* the array is owned, the predictions are borrowed */
    double *p, *areas;           /* probability of the positive class; area of the cell in pixels */
    uint8_t *labels;             /* 1 positive, 0 negative */
    double *probabilities;       /* [count][classes] of three classes and more; else NULL, as the next */
    uint32_t *class_labels;
    uint32_t *subjects; /* number of the row's subject, from 0 in the order of the names */
    uint32_t unnamed;   /* rows whose subject is not known: each is a subject of its own */
    /* These borrow the columns. `scored` is for two classes and has no areas where that of any row is not
     * known; of three classes and more it has but `count`, `subjects` and `subject_count`. */
    lvk_scored scored;
    lvk_class_rows by_class;
} lvk_labelled_rows;

/* Whether it is known whose cell the row is. */
bool lvk_prediction_is_named(const lvk_prediction *row);

/* The name of the row's subject, or the path of the image where the subject is not known. */
const char *lvk_prediction_subject(const lvk_prediction *row);

/* Orders rows by their subjects' names, byte by byte, and those of a subject as they lie in memory. */
void lvk_predictions_sort_by_subject(const lvk_prediction **rows, size_t count);

/* The class with the most of `votes`, [classes]; -1: several have as many. */
int lvk_votes_winner(const uint32_t *votes, uint32_t classes);

/* Collects the rows with a label from the `count` predictions of `classes` classes at `rows`, which must
 * outlive `labelled`. On failure there is nothing to finish. LVK_ERROR_MEMORY. */
LVK_MUST_USE lvk_status lvk_labelled_rows_init(lvk_labelled_rows *labelled, const lvk_prediction *rows,
                                               size_t count, uint32_t classes);
void lvk_labelled_rows_finish(lvk_labelled_rows *labelled);

#endif
