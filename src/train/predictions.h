/* Predictions as text: CSV, JSON or a table. Every format has the columns
 *
 *   path  [subject]  p_<positive class>  class  [label]
 *
 * CSV: RFC 4180 quoting, lines end with a newline. JSON: an array with one object a line, the columns as
 * keys, null for an unknown label. Table: aligned, for people; what a terminal could misread is shown as '?'.
 * Probabilities have nine significant digits (which bring a float back), in the table six decimals. */
#ifndef LVK_TRAIN_PREDICTIONS_H
#define LVK_TRAIN_PREDICTIONS_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct lvk_prediction {
    const char *path;
    const char *subject; /* NULL or "": not known */
    double p;            /* of the positive class, 0 to 1 */
    int label;           /* 1 positive, 0 negative, -1 not known */
} lvk_prediction;

typedef enum lvk_prediction_format {
    LVK_PREDICTIONS_TABLE,
    LVK_PREDICTIONS_CSV,
    LVK_PREDICTIONS_JSON
} lvk_prediction_format;

typedef struct lvk_prediction_options {
    lvk_prediction_format format;
    const char *negative_class, *positive_class;
    double threshold;              /* positive when p is greater (leukvk/metrics.h) */
    bool with_subject, with_label; /* the columns in brackets */
} lvk_prediction_options;

/* "table", "csv" or "json". LVK_ERROR_ARGUMENT names what is allowed. */
LVK_MUST_USE lvk_status lvk_prediction_format_parse(const char *name, lvk_prediction_format *format);

/* The rows, in their order, as a text freed with lvk_free. LVK_ERROR_NUMERIC names a row whose p is not from
 * 0 to 1. */
LVK_MUST_USE lvk_status lvk_predictions_text(const lvk_prediction *rows, size_t count,
                                             const lvk_prediction_options *options, char **text);

/* The same into a file, replaced whole. */
LVK_MUST_USE lvk_status lvk_predictions_write(const char *path, const lvk_prediction *rows, size_t count,
                                              const lvk_prediction_options *options);

#endif
