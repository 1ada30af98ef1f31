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
    lvk_baseline always_negative, always_positive;
} lvk_metrics;

/* Measures `count` rows: the probability of the positive class, 0 to 1, and the label, 0 or 1. No rows: all
 * counts 0 and all else NaN. LVK_ERROR_NUMERIC names a row whose probability is NaN, LVK_ERROR_ARGUMENT one
 * with a probability or label out of range. Thread-safe. */
LVK_MUST_USE lvk_status lvk_metrics_compute(const double *probabilities, const uint8_t *labels, size_t count,
                                            double threshold, lvk_metrics *metrics);

/* From the four counts alone; loss and auc are NaN. */
void lvk_metrics_from_counts(uint64_t true_negatives, uint64_t false_positives, uint64_t false_negatives,
                             uint64_t true_positives, lvk_metrics *metrics);

/* Area under the ROC curve = the probability that a random positive row has a higher score than a random
 * negative one, ties counting half (Mann, Whitney 1947; Hanley, McNeil, Radiology 143, 1982). Scores are any
 * numbers but NaN, a cell's size for example. Exact in integers but for the last division; NaN when a class
 * has no rows. Errors as above. */
LVK_MUST_USE lvk_status lvk_auc(const double *scores, const uint8_t *labels, size_t count, double *auc);

#ifdef __cplusplus
}
#endif
#endif
