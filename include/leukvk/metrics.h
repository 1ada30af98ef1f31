/* How well predictions fit the labels of two classes, negative (0) and positive (1).
 *
 * Everything is computed in double, in the order of the rows, so that equal input gives equal bits. What is
 * undefined for the rows at hand (a quotient 0/0, an AUC of one class alone) is NaN, which a program shows as
 * "n/a". */
#ifndef LEUKVK_METRICS_H
#define LEUKVK_METRICS_H

#include "leukvk/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A row counts as positive when its probability is greater than the threshold (Keras' BinaryAccuracy has the
 * same rule). */
#define LVK_THRESHOLD 0.5
static inline int lvk_is_positive(double probability, double threshold) {
    return probability > threshold;
}

/* Probabilities are kept this far from 0 and 1 in the loss, so that one confident mistake costs 16.1 and not
 * infinity. The value is Keras' epsilon. */
#define LVK_LOSS_CLIP 1e-7

/* What predicting one class for every row would score. */
typedef struct lvk_baseline {
    double accuracy;
    double f1_weighted;
    double f1_macro;
} lvk_baseline;

/* With TP, FP, TN, FN the rows by prediction and label, P = TP + FN, N = TN + FP (Sokolova, Lapalme, "A
 * systematic analysis of performance measures for classification tasks", Information Processing & Management
 * 45, 2009; names as in scikit-learn): */
typedef struct lvk_metrics {
    uint64_t count;
    uint64_t true_negatives, false_positives, false_negatives, true_positives;
    double loss; /* mean of -log p where the label is 1, -log(1 - p) where it is 0; p clipped, see above */
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
    double average_precision; /* sum over the different scores, from the highest, of (recall - recall before)
                               * precision, as scikit-learn has it; NaN when P = 0 */
    double negative_value; /* TN / (TN + FN), the negative predictive value; precision is the positive one */
    double brier;          /* mean of (p - label)^2 (Brier, Monthly Weather Review 78, 1950) */
    double ece; /* expected calibration error: over LVK_CALIBRATION_BINS bins of p of equal width, the mean of
                   |mean p - share of positives|, weighted by rows (Guo et al., ICML 2017) */
    double size_auc;   /* AUC of the cell's area alone, the baseline to beat; NaN: areas are not known */
    double above_size; /* auc - size_auc */
    lvk_baseline always_negative, always_positive;
} lvk_metrics;

#define LVK_CALIBRATION_BINS 10

/* Rows to measure; the arrays are the caller's. */
typedef struct lvk_scored {
    size_t count;
    const double *probabilities; /* of the positive class, 0 to 1 */
    const uint8_t *labels;       /* 0 or 1 */
    const double *areas;         /* of the cells, in pixels; NULL: not known */
    const uint32_t
        *subjects; /* whose cell it is, a number below `subject_count`. Only the bootstrap looks at them */
    uint32_t subject_count;
} lvk_scored;

/* No rows: all counts 0 and all else NaN. LVK_ERROR_NUMERIC names a row whose probability is NaN,
 * LVK_ERROR_ARGUMENT one with a probability or label out of range. Thread-safe. */
LVK_MUST_USE lvk_status lvk_metrics_compute(const lvk_scored *rows, double threshold, lvk_metrics *metrics);

/* From the four counts alone; what needs probabilities is NaN. */
void lvk_metrics_from_counts(uint64_t true_negatives, uint64_t false_positives, uint64_t false_negatives,
                             uint64_t true_positives, lvk_metrics *metrics);

/* Area under the ROC curve = the probability that a random positive row has a higher score than a random
 * negative one, ties counting half (Mann, Whitney 1947; Hanley, McNeil, Radiology 143, 1982). Scores are any
 * numbers but NaN, a cell's size for example. Exact in integers but for the last division; NaN when a class
 * has no rows. Errors as above. */
LVK_MUST_USE lvk_status lvk_auc(const double *scores, const uint8_t *labels, size_t count, double *auc);

/* Predictive values where another share of the cells is positive than among the rows (Bayes):
 * PPV = sens * q / (sens * q + (1 - spec) * (1 - q)), NPV = spec * (1 - q) / (spec * (1 - q) + (1 - sens) *
 * q). */
void lvk_predictive_values(const lvk_metrics *metrics, double prevalence, double *positive, double *negative);

/* The highest threshold at which the share of positive rows that are found is `sensitivity` or more: half way
 * between the lowest score that has to be found and the next lower one, or 0. LVK_ERROR_ARGUMENT: sensitivity
 * is not in (0, 1], or there is no positive row. */
LVK_MUST_USE lvk_status lvk_threshold_for(const lvk_scored *rows, double sensitivity, double *threshold);

/* A point of the ROC and of the precision-recall curve: what is called positive at this threshold or above.
 */
typedef struct lvk_curve_point {
    double threshold;
    uint64_t true_positives, false_positives;
} lvk_curve_point;

/* A point for every different score, from the highest on: *points, freed with lvk_curve_free. */
LVK_MUST_USE lvk_status lvk_curve(const lvk_scored *rows, lvk_curve_point **points, size_t *count);
void lvk_curve_free(lvk_curve_point *points);

/* The bins that the calibration error is made of: p in [i, i + 1) / LVK_CALIBRATION_BINS, the last with 1. */
typedef struct lvk_calibration_bin {
    uint64_t count, positives;
    double mean_p; /* NaN when count is 0 */
} lvk_calibration_bin;
LVK_MUST_USE lvk_status lvk_calibration(const lvk_scored *rows,
                                        lvk_calibration_bin bins[LVK_CALIBRATION_BINS]);

/* A double of lvk_metrics, for tables. */
typedef struct lvk_measure {
    const char *key;  /* "f1_weighted" */
    const char *name; /* "F1 weighted by class size" */
    size_t offset;    /* in lvk_metrics */
} lvk_measure;
const lvk_measure *lvk_measures(size_t *count);
static inline double lvk_measure_of(const lvk_metrics *metrics, const lvk_measure *measure) {
    return *(const double *)((const char *)metrics + measure->offset);
}

/* How far a measure would move if other people had been looked at. */
#define LVK_BOOTSTRAP_SEED 1 /* what results are made with, so that they can be made again */
typedef struct lvk_bootstrap_options {
    uint32_t replicates; /* 0: 2,000 */
    uint64_t seed;
    unsigned threads; /* 0: as many as processors. No effect on the result */
} lvk_bootstrap_options;

/* 95 % intervals of every measure: the 2.5th and 97.5th percentile over replicates, each of which draws as
 * many subjects as there are, with replacement, and takes all rows of each (Field, Welsh, "Bootstrapping
 * clustered data", JRSS B 69, 2007; the rows of one person are not independent). Replicates in which a
 * measure is undefined are passed over; NaN when more than half are, and where both ends are the same, as of a
 * specificity of 1: what never varied in the rows says nothing of how it varies. All are NaN where a class that has rows
 * has them of fewer than LVK_BOOTSTRAP_LEAST subjects: drawn again and again, one person has one value, and an
 * interval of no width would say that this is certain. */
enum { LVK_BOOTSTRAP_LEAST = 2 };
LVK_MUST_USE lvk_status lvk_metrics_bootstrap(const lvk_scored *rows, double threshold,
                                              const lvk_bootstrap_options *options, lvk_metrics *low,
                                              lvk_metrics *high);

#ifdef __cplusplus
}
#endif
#endif
