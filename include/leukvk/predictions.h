/* Predictions: what a model says of images, as rows, as text, and judged against the labels.
 *
 * As text, every format has the columns
 *
 *   path  [subject]  p_<positive class>  class  [label  area]
 *
 * CSV: RFC 4180 quoting, lines end with a newline. JSON: an array with one object a line, the columns as
 * keys, null for what is not known. Table: aligned, for people; what a terminal could misread is shown as
 * '?'. Probabilities have LVK_PREDICTION_DIGITS significant digits (which bring a float back), in the table
 * six decimals. */
#ifndef LEUKVK_PREDICTIONS_H
#define LEUKVK_PREDICTIONS_H

#include "leukvk/metrics.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LVK_PREDICTION_DIGITS 9

typedef struct lvk_prediction {
    const char *path;
    const char *subject; /* whose cell it is; NULL or "": not known, so that of nobody else */
    double p;            /* of the positive class, 0 to 1 */
    int label;           /* 1 positive, 0 negative, -1 not known */
    uint32_t area;       /* of the cell, in pixels; 0: not known */
} lvk_prediction;

/* A probability as it is written, so that what is judged is what can be read. */
double lvk_prediction_round(double p);

typedef enum lvk_prediction_format {
    LVK_PREDICTIONS_TABLE,
    LVK_PREDICTIONS_CSV,
    LVK_PREDICTIONS_JSON
} lvk_prediction_format;

typedef struct lvk_prediction_options {
    lvk_prediction_format format;
    const char *negative_class, *positive_class;
    double threshold; /* positive when p is greater (leukvk/metrics.h) */
    bool labelled;    /* the columns in brackets, with which they can be judged */
} lvk_prediction_options;

/* "table", "csv" or "json". LVK_ERROR_ARGUMENT names what is allowed. */
LVK_MUST_USE lvk_status lvk_prediction_format_parse(const char *name, lvk_prediction_format *format);

/* The rows, in their order, as a text freed with lvk_text_free. LVK_ERROR_NUMERIC names a row whose p is not
 * from 0 to 1. */
LVK_MUST_USE lvk_status lvk_predictions_text(const lvk_prediction *rows, size_t count,
                                             const lvk_prediction_options *options, char **text);

/* The same into a file, replaced whole. */
LVK_MUST_USE lvk_status lvk_predictions_write(const char *path, const lvk_prediction *rows, size_t count,
                                              const lvk_prediction_options *options);

/* ---- files of predictions ---- */

/* Constant once read. */
typedef struct lvk_prediction_set lvk_prediction_set;

/* Reads CSV files with the columns path, p_<class> and label, and as they are there subject and area; others
 * are passed over. All files must have the same classes. LVK_ERROR_FORMAT names file and line. */
LVK_MUST_USE lvk_status lvk_prediction_set_read(const char *const *paths, size_t count,
                                                lvk_prediction_set **set);
void lvk_prediction_set_destroy(lvk_prediction_set **set);

/* What these return belongs to the set. */
const lvk_prediction *lvk_prediction_set_rows(const lvk_prediction_set *set, size_t *count);
const char *lvk_prediction_set_positive_class(const lvk_prediction_set *set);
const char *lvk_prediction_set_negative_class(const lvk_prediction_set *set);

/* ---- judging ---- */

typedef struct lvk_evaluation_report {
    double threshold;
    uint32_t subjects;  /* who are known and have labelled rows */
    uint64_t unnamed;   /* labelled rows of which no subject is known; each counts as a person's of its own */
    uint32_t people[2]; /* how many, those included, have negative and positive rows */
    lvk_metrics metrics;   /* of the labelled rows */
    lvk_metrics low, high; /* ends of the 95 % intervals of its measures, see lvk_metrics_bootstrap */
    uint32_t
        subjects_right; /* of `subjects` by majority vote: the class of most of a subject's cells is their
                                label */
    uint32_t subjects_mixed; /* with cells of both labels, who have no vote */
} lvk_evaluation_report;

LVK_MUST_USE lvk_status lvk_predictions_evaluate(const lvk_prediction *rows, size_t count, double threshold,
                                                 const lvk_bootstrap_options *options,
                                                 lvk_evaluation_report *report);

/* As JSON, freed with lvk_text_free; numbers that are undefined are null. */
LVK_MUST_USE lvk_status lvk_evaluation_report_text(const lvk_evaluation_report *report, char **text);

/* See lvk_threshold_for; of the labelled rows. */
LVK_MUST_USE lvk_status lvk_predictions_threshold(const lvk_prediction *rows, size_t count,
                                                  double sensitivity, double *threshold);

/* Writes roc.csv, precision-recall.csv and reliability.csv, and curves.svg, which draws them, into a folder
 * that is made where it is not there. */
LVK_MUST_USE lvk_status lvk_predictions_curves(const lvk_prediction *rows, size_t count, const char *folder);

typedef struct lvk_subject_score {
    const char *name; /* of the subject; the path of a cell that is nobody's */
    bool named;       /* false: a cell that is nobody's */
    int label;        /* of all the cells; -1: mixed */
    uint32_t cells, called_positive, right;
    double mean_p;
} lvk_subject_score;

/* The subjects of the labelled rows in byte order of their names: *scores, freed with
 * lvk_subject_scores_free. The names belong to the rows. */
LVK_MUST_USE lvk_status lvk_predictions_by_subject(const lvk_prediction *rows, size_t count, double threshold,
                                                   lvk_subject_score **scores, size_t *subjects);
void lvk_subject_scores_free(lvk_subject_score *scores);

#ifdef __cplusplus
}
#endif
#endif
