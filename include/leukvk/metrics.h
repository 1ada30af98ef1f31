/* How well predictions fit the labels of two classes, negative (0) and positive (1).
 *
 * Everything is computed in double, in the order of the rows, so that equal input gives equal bits. A score
 * that is undefined for the given rows (a quotient 0/0, an AUC of rows of one class) is NaN, which a program
 * shows as "n/a". Every function may be called by several threads at once. */
#ifndef LEUKVK_METRICS_H
#define LEUKVK_METRICS_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A row is called positive when its probability is greater than the threshold (Keras' BinaryAccuracy has the
 * same rule). */
#define LVK_THRESHOLD 0.5
static inline int lvk_is_positive(double probability, double threshold) {
    return probability > threshold;
}

/* The loss clips probabilities to this distance from 0 and 1, so that one confident mistake costs 16.1 and
 * not infinity. The value is Keras' epsilon. */
#define LVK_LOSS_CLIP 1e-7

/* The scores of predicting the same class for every row. */
typedef struct lvk_baseline {
    double accuracy;
    double f1_weighted;
    double f1_macro;
} lvk_baseline;

/* TP, FP, TN and FN count the rows by prediction and label; P = TP + FN, N = TN + FP (Sokolova, Lapalme, "A
 * systematic analysis of performance measures for classification tasks", Information Processing & Management
 * 45, 2009; names as in scikit-learn). */
typedef struct lvk_metrics {
    uint64_t count;
    uint64_t true_negatives, false_positives, false_negatives, true_positives;
    double loss; /* mean of -log p of rows with label 1 and -log(1 - p) of rows with label 0; p is clipped */
    double accuracy;          /* (TP + TN) / count */
    double precision;         /* TP / (TP + FP) */
    double recall;            /* TP / P, also called sensitivity */
    double specificity;       /* TN / N */
    double f1_positive;       /* 2 TP / (2 TP + FP + FN); NaN when P = 0 */
    double f1_negative;       /* 2 TN / (2 TN + FP + FN); NaN when N = 0 */
    double f1_weighted;       /* both F1, weighted by P and N: a class without rows has no weight */
    double f1_macro;          /* mean of both F1 */
    double balanced_accuracy; /* (recall + specificity) / 2 */
    double auc;               /* see lvk_auc */
    /* Sum over the different probabilities, from the highest, of (recall - recall at the one before) *
     * precision, as scikit-learn defines it; NaN when P = 0. */
    double average_precision;
    double negative_value; /* TN / (TN + FN), the negative predictive value; precision is the positive one */
    double brier;          /* mean of (p - label)^2 (Brier, Monthly Weather Review 78, 1950) */
    /* Expected calibration error: the mean of |mean p - share of positives| over LVK_CALIBRATION_BINS bins of
     * p of equal width, weighted by rows (Guo, Pleiss, Sun, Weinberger, "On calibration of modern neural
     * networks", ICML 2017). */
    double ece;
    double size_auc;   /* AUC of the cell's area alone, a baseline; NaN: the area of a row is not known */
    double above_size; /* auc - size_auc */
    lvk_baseline always_negative, always_positive;
} lvk_metrics;

#define LVK_CALIBRATION_BINS 10

/* Rows with their labels, as columns of `count` entries; the arrays are borrowed from the caller. */
typedef struct lvk_scored {
    size_t count;
    const double *probabilities; /* of the positive class, 0 to 1 */
    const uint8_t *labels;       /* 0 or 1 */
    const double *areas;         /* of the cells, in pixels; NULL: not known */
    const uint32_t *subjects; /* number of the row's subject, below `subject_count`; for the bootstrap only */
    uint32_t subject_count;
} lvk_scored;

/* Computes all scores. Without rows, all counts are 0 and all scores NaN. LVK_ERROR_NUMERIC names a row whose
 * probability is NaN, LVK_ERROR_ARGUMENT a row whose probability or label is out of range;
 * LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_metrics_compute(const lvk_scored *rows, double threshold,
                                                    lvk_metrics *metrics);

/* Computes the scores that follow from the four counts; scores that need probabilities are NaN. */
LVK_API void lvk_metrics_from_counts(uint64_t true_negatives, uint64_t false_positives,
                                     uint64_t false_negatives, uint64_t true_positives, lvk_metrics *metrics);

/* Computes the area under the ROC curve: the probability that a random positive row has a higher score than a
 * random negative row, where equal scores count half (Mann, Whitney 1947; Hanley, McNeil, Radiology 143,
 * 1982). Scores are any numbers but NaN, a cell's area for example. All arithmetic but the last division is
 * exact, in integers. *auc is NaN when a class has no rows. Errors as lvk_metrics_compute. */
LVK_API LVK_MUST_USE lvk_status lvk_auc(const double *scores, const uint8_t *labels, size_t count,
                                        double *auc);

/* Computes the predictive values for cells of which the share q = `prevalence` is positive, which may differ
 * from the share among the rows (Bayes):
 *   *positive = sens * q / (sens * q + (1 - spec) * (1 - q))
 *   *negative = spec * (1 - q) / (spec * (1 - q) + (1 - sens) * q)
 * with sens = recall and spec = specificity. */
LVK_API void lvk_predictive_values(const lvk_metrics *metrics, double prevalence, double *positive,
                                   double *negative);

/* Finds the highest threshold at which the share of positive rows that are called positive is `sensitivity`
 * or more. It is half way between the lowest probability that must be called positive and the next lower one,
 * or 0 where there is none. LVK_ERROR_ARGUMENT: sensitivity is not in (0, 1], or no row is positive. */
LVK_API LVK_MUST_USE lvk_status lvk_threshold_for(const lvk_scored *rows, double sensitivity,
                                                  double *threshold);

/* A point of the ROC curve and of the precision-recall curve: the counts when rows whose probability is
 * `threshold` or more are called positive. */
typedef struct lvk_curve_point {
    double threshold;
    uint64_t true_positives, false_positives;
} lvk_curve_point;

/* Makes a point for every different probability, from the highest to the lowest. The caller frees *points
 * with lvk_curve_free. */
LVK_API LVK_MUST_USE lvk_status lvk_curve(const lvk_scored *rows, lvk_curve_point **points, size_t *count);
LVK_API void lvk_curve_free(lvk_curve_point *points);

/* The bins of the expected calibration error: bin i has the rows with p in [i, i + 1) / LVK_CALIBRATION_BINS;
 * the last bin also has p = 1. */
typedef struct lvk_calibration_bin {
    uint64_t count, positives;
    double mean_p; /* NaN when count is 0 */
} lvk_calibration_bin;
LVK_API LVK_MUST_USE lvk_status lvk_calibration(const lvk_scored *rows,
                                                lvk_calibration_bin bins[LVK_CALIBRATION_BINS]);

/* A score in lvk_metrics, for tables. lvk_measures returns all of them, *count, in static memory. */
typedef struct lvk_measure {
    const char *key;  /* "f1_weighted" */
    const char *name; /* "F1 weighted by class size" */
    size_t offset;    /* of the double in lvk_metrics */
} lvk_measure;
LVK_API const lvk_measure *lvk_measures(size_t *count);
static inline double lvk_measure_of(const lvk_metrics *metrics, const lvk_measure *measure) {
    return *(const double *)((const char *)metrics + measure->offset);
}

/* The bootstrap estimates how far a score would move if other people had been examined. */
#define LVK_BOOTSTRAP_SEED 1 /* leukvk uses this seed for all results, so that they can be reproduced */
typedef struct lvk_bootstrap_options {
    size_t struct_size;  /* sizeof this struct; 0: its size in version 0.1 */
    uint32_t replicates; /* 0: 2,000 */
    uint64_t seed;
    unsigned threads; /* 0: as many as processors. The result does not depend on the number */
} lvk_bootstrap_options;

/* Computes 95 % intervals of every score: *low and *high are the 2.5th and the 97.5th percentile over
 * replicates. A replicate draws as many subjects as there are, with replacement, and takes all rows of each
 * drawn subject, because the rows of one person are not independent (Field, Welsh, "Bootstrapping clustered
 * data", JRSS B 69, 2007). Replicates in which a score is undefined are left out of its percentiles.
 *
 * No interval is given, that is, both ends are NaN:
 *  - of a score that is undefined in more than half of the replicates;
 *  - of a score whose ends are equal, such as a specificity of 1: rows in which a score never varies do not
 *    tell how much it varies;
 *  - of every score, where a class that has rows has rows of fewer than LVK_BOOTSTRAP_LEAST subjects: one
 *    person drawn again and again has one value, and an interval without width would claim certainty. */
enum { LVK_BOOTSTRAP_LEAST = 2 };
LVK_API LVK_MUST_USE lvk_status lvk_metrics_bootstrap(const lvk_scored *rows, double threshold,
                                                      const lvk_bootstrap_options *options, lvk_metrics *low,
                                                      lvk_metrics *high);

#ifdef __cplusplus
}
#endif
#endif
