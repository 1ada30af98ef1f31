/* The labelled rows of predictions, as the metrics take them. */
#ifndef LVK_METRICS_LABELLED_ROWS_H
#define LVK_METRICS_LABELLED_ROWS_H

#include "core/error.h"
#include "leukvk/predictions.h"

/* By subject. */
typedef struct lvk_judged {
    const lvk_prediction **rows; /* in byte order of the subjects' names */
    double *p, *areas;
    uint8_t *labels;
    uint32_t *subjects;
    uint32_t unnamed;  /* rows of which no subject is known: each a subject of its own */
    lvk_scored scored; /* the columns; no areas where one is not known */
} lvk_judged;

/* Whether it is known whose cell it is. */
bool lvk_prediction_is_named(const lvk_prediction *row);

/* The subject's name; the path of a cell that is nobody's. */
const char *lvk_prediction_subject(const lvk_prediction *row);

/* Points into `rows`. lvk_judged_finish after success only. */
LVK_MUST_USE lvk_status lvk_judged_init(lvk_judged *judged, const lvk_prediction *rows, size_t count);
void lvk_judged_finish(lvk_judged *judged);

#endif
