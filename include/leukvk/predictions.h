/* Predictions: a model's probabilities for images, as rows, as text, and evaluated against the labels.
 *
 * As text, every format has these columns, those in brackets only with lvk_prediction_options.labelled:
 *
 *   path  [subject]  p_<positive class>  class  [label  area]  {novelty}         of two classes
 *   path  [subject]  class  p_<class>  p_<class>  ...  [label  area]  {novelty}  of three classes and more
 *
 * and `novelty`, with lvk_prediction_options.novelty, in four significant digits, if it is known.
 *
 * CSV: quoted as RFC 4180 says, lines end with a newline. JSON: an array with one object on each line, whose
 * keys are the columns; null: not known. Table: aligned, for people; a character that could confuse a
 * terminal is shown as '?'. Probabilities have LVK_PREDICTION_DIGITS significant digits, from which a float
 * can be restored; in the table, six decimals. */
#ifndef LEUKVK_PREDICTIONS_H
#define LEUKVK_PREDICTIONS_H

#include "leukvk/class_metrics.h"
#include "leukvk/metrics.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LVK_PREDICTION_DIGITS 9

typedef struct lvk_prediction {
    const char *path;
    const char *subject; /* the person whose cell the image shows; NULL or "": not known */
    double p;      /* of the positive class, 0 to 1; of three classes and more, of the class that is called */
    int label;     /* 1: positive, 0: negative, -1: not known; of three classes and more, the class */
    uint32_t area; /* of the cell, in pixels; 0: not known */
    /* Of every class, in the order of the names that go with the rows; NULL where there are two classes.
     * Belongs, as the texts do, to whoever made the row. */
    const double *probabilities;
    /* How far the image is from those that the model was trained on: above 1, it is farther than nearly all
     * cells of people not seen in training, and its class means little. 0: not known */
    double novelty;
    /* The most unusual about it, static text: "area", "colour", "contrast", "texture" (sharpness), "outline"
     * (how much of its box the cell fills) or "features" (as the network sees it). NULL: not known */
    const char *novelty_cause;
} lvk_prediction;

/* The class that a row is called: of three classes and more the index of the class, of two 1 (positive) or 0;
 * `classes` and `threshold` as in lvk_prediction_options. */
static inline uint32_t lvk_prediction_called(const lvk_prediction *row, uint32_t classes, double threshold) {
    return row->probabilities ? lvk_class_called(row->probabilities, classes)
                              : (uint32_t)lvk_is_positive(row->p, threshold);
}

/* Whether the image is unlike those that the model was trained on. */
static inline bool lvk_prediction_is_novel(const lvk_prediction *row) {
    return row->novelty > 1;
}

/* Rounds a probability to the digits that files of predictions have, so that evaluating rows gives the same
 * scores as evaluating the file that they are written to. */
LVK_API double lvk_prediction_round(double p);

typedef enum lvk_prediction_format {
    LVK_PREDICTIONS_TABLE,
    LVK_PREDICTIONS_CSV,
    LVK_PREDICTIONS_JSON
} lvk_prediction_format;

typedef struct lvk_prediction_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    lvk_prediction_format format;
    const char *negative_class, *positive_class;
    double threshold; /* the class is positive when p is greater (leukvk/metrics.h) */
    bool labelled;    /* write the columns in brackets too, which evaluation needs */
    bool novelty;     /* write the column `novelty` */
    bool refuse;      /* leave the class of a row empty (JSON: null) if lvk_prediction_is_novel */
    /* The names of three classes and more, in the order of the rows' probabilities, in place of the two names
     * and the threshold; the class of a row is lvk_class_called. 0: two classes. */
    uint32_t class_count;
    const char *const *class_names;
} lvk_prediction_options;

/* Parses "table", "csv" or "json". LVK_ERROR_ARGUMENT: another name; the error line lists these. */
LVK_API LVK_MUST_USE lvk_status lvk_prediction_format_parse(const char *name, lvk_prediction_format *format);

/* Formats the rows, in their order, as *text, which the caller frees with lvk_text_free. LVK_ERROR_NUMERIC
 * names a row with a probability that is not from 0 to 1; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_text(const lvk_prediction *rows, size_t count,
                                                     const lvk_prediction_options *options, char **text);

/* Writes the same text to a file, which is replaced whole. Also LVK_ERROR_IO. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_write(const char *path, const lvk_prediction *rows,
                                                      size_t count, const lvk_prediction_options *options);

/* ---- files of predictions ---- */

/* Predictions that were read from files. Constant: any number of threads may use them. */
typedef struct lvk_prediction_set lvk_prediction_set;

/* Reads CSV files with the columns path, p_<class> and label; subject and area may be missing; other columns
 * are ignored. Three columns p_<class> and more are of as many classes, in their order in the first file, and
 * the probabilities of a row have the sum 1 within LVK_CLASS_SUM_BOUND. All files must have the same classes.
 * The caller destroys the set. LVK_ERROR_FORMAT names file and line; LVK_ERROR_IO; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_prediction_set_read(const char *const *paths, size_t count,
                                                        lvk_prediction_set **set);
LVK_API void lvk_prediction_set_destroy(lvk_prediction_set **set);

/* The rows of all files, in the order of the files, and the names of the classes. All belong to the set. */
LVK_API const lvk_prediction *lvk_prediction_set_rows(const lvk_prediction_set *set, size_t *count);
LVK_API const char *lvk_prediction_set_positive_class(const lvk_prediction_set *set);
LVK_API const char *lvk_prediction_set_negative_class(const lvk_prediction_set *set);

/* The names of the *count classes: of three and more in the order of the rows' probabilities; of two the
 * negative and the positive one. The two functions above are for two classes. */
LVK_API const char *const *lvk_prediction_set_classes(const lvk_prediction_set *set, uint32_t *count);

/* Reads names of classes with commas between them, "Early,Pre,Pro": chosen[k] says whether class k is in the
 * list. LVK_ERROR_ARGUMENT: another name, or all classes. */
LVK_API LVK_MUST_USE lvk_status lvk_classes_choose(const char *list, const char *const *names,
                                                   uint32_t classes, bool *chosen);

/* Copies the names of those classes for which chosen[k] is `which`, with plus signs between them, into `text`
 * of `size` bytes; names for which there is no room are left out. */
LVK_API void lvk_classes_join_names(const char *const *names, uint32_t classes, const bool *chosen,
                                    bool which, char *text, size_t size);

/* Makes rows of two classes, negative and positive, of rows of `classes` classes: positive[k] says whether
 * class k belongs to the positive one, whose probability is the sum of theirs. `joined` has room for `count`
 * rows and may be `rows`. */
LVK_API void lvk_predictions_join(const lvk_prediction *rows, size_t count, uint32_t classes,
                                  const bool *positive, lvk_prediction *joined);

/* ---- evaluation ---- */

/* How well predictions fit the labels. Rows without a label do not count. A row whose subject is not known
 * counts as a person of its own. */
typedef struct lvk_evaluation_report {
    double threshold;
    uint32_t subjects;                 /* subjects who are known */
    uint64_t unnamed;                  /* rows whose subject is not known */
    uint32_t people[LVK_MOST_CLASSES]; /* people, known or not, who have rows of each class; negative: 0 */
    lvk_metrics metrics;               /* the scores */
    lvk_metrics low, high;             /* the ends of their 95 % intervals, see lvk_metrics_bootstrap */
    uint32_t subjects_right; /* of `subjects`: most of the subject's cells are called what the label says */
    uint32_t subjects_mixed; /* of `subjects`: cells of several labels, so that no majority can be right */
    /* Three and more, which have scores and intervals in `by_class`; `metrics`, `low` and `high` have those
     * scores which two classes have too (lvk_class_metrics_shared). 0: two classes. */
    uint32_t class_count;
    char class_names[LVK_MOST_CLASSES][256];
    lvk_class_metrics by_class;
} lvk_evaluation_report;

/* Evaluates the rows. `options` as for lvk_metrics_bootstrap. Errors as lvk_metrics_compute. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_evaluate(const lvk_prediction *rows, size_t count,
                                                         double threshold,
                                                         const lvk_bootstrap_options *options,
                                                         lvk_evaluation_report *report);

/* The same for rows of three classes and more with these names. Most cells: more than of any other class.
 * Errors as lvk_class_metrics_compute. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_evaluate_classes(const lvk_prediction *rows, size_t count,
                                                                 const char *const *names, uint32_t classes,
                                                                 const lvk_bootstrap_options *options,
                                                                 lvk_evaluation_report *report);

/* What the JSON of a report tells beside the report's own numbers. */
typedef struct lvk_evaluation_details {
    const lvk_prediction *rows; /* [count], those that the report is of: also a score of each known subject,
                                   "by_subject". NULL: none */
    size_t count;
    const char *positive_class, *negative_class; /* names, of two classes */
    double prevalence; /* of two classes: the predictive values where this fraction is positive; NaN: none */
} lvk_evaluation_details;

/* Formats the report as JSON; numbers that are undefined are null. `details` may be NULL. The caller frees
 * *text with lvk_text_free. */
LVK_API LVK_MUST_USE lvk_status lvk_evaluation_report_text(const lvk_evaluation_report *report,
                                                           const lvk_evaluation_details *details,
                                                           char **text);

/* lvk_threshold_for of the rows that have a label. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_threshold(const lvk_prediction *rows, size_t count,
                                                          double sensitivity, double *threshold);

/* Writes roc.csv, precision-recall.csv, reliability.csv, and curves.svg, a drawing of the three, into
 * `folder`, which is made if it does not exist. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_curves(const lvk_prediction *rows, size_t count,
                                                       const char *folder);

/* The same of three classes and more: ROC and precision-recall curves of each class against the rest, and the
 * reliability of the highest probability of a row. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_class_curves(const lvk_prediction *rows, size_t count,
                                                             const char *const *names, uint32_t classes,
                                                             const char *folder);

typedef struct lvk_subject_score {
    const char *name;         /* of the subject; the image's path where the subject is not known */
    bool named;               /* false: the subject is not known, and this is one image */
    int label;                /* of all the cells; -1: cells of both labels */
    uint32_t cells;           /* all cells of the subject */
    uint32_t called_positive; /* cells that are called positive, */
    uint32_t right;           /* and cells that are called what their label says */
    double mean_p;            /* mean probability of the positive class */
} lvk_subject_score;

/* Makes a score for each of the *subjects subjects of the rows that have a label, in byte order of their
 * names. The caller frees *scores with lvk_subject_scores_free. The names belong to the rows.
 * LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_by_subject(const lvk_prediction *rows, size_t count,
                                                           double threshold, lvk_subject_score **scores,
                                                           size_t *subjects);
LVK_API void lvk_subject_scores_free(lvk_subject_score *scores);

/* A subject's score of three classes and more; fields as in lvk_subject_score. */
typedef struct lvk_subject_class_score {
    const char *name;
    bool named;
    int label; /* the class of all the cells; -1: cells of several */
    int vote;  /* the class that most cells are called; -1: several have as many */
    uint32_t cells, right;
    uint32_t called[LVK_MOST_CLASSES]; /* cells that are called each class */
} lvk_subject_class_score;

/* As lvk_predictions_by_subject; the caller frees *scores with lvk_subject_class_scores_free. */
LVK_API LVK_MUST_USE lvk_status lvk_predictions_by_subject_classes(const lvk_prediction *rows, size_t count,
                                                                   uint32_t classes,
                                                                   lvk_subject_class_score **scores,
                                                                   size_t *subjects);
LVK_API void lvk_subject_class_scores_free(lvk_subject_class_score *scores);

#ifdef __cplusplus
}
#endif
#endif
