/* How well predictions fit the labels of two classes or more, from the probabilities of every class.
 *
 * A row is called the class of the highest probability, the first of them where several have the same
 * (lvk_class_called). Everything is computed in double, in the order of the rows, so that equal input gives
 * equal bits. The scores are those of scikit-learn under the names that stand beside them. A score that is
 * undefined for the given rows (a quotient 0/0, an AUC of rows of one class) is NaN, which a program shows as
 * "n/a". Every function may be called by several threads at once. */
#ifndef LEUKVK_CLASS_METRICS_H
#define LEUKVK_CLASS_METRICS_H

#include "leukvk/dataset.h"
#include "leukvk/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows with their labels; the arrays are borrowed from the caller. */
typedef struct lvk_class_rows {
    size_t count;
    uint32_t classes; /* 2 to LVK_MOST_CLASSES */
    const double
        *probabilities; /* [count][classes], each 0 to 1; the sum of a row is 1 within LVK_CLASS_SUM_BOUND */
    const uint32_t *labels; /* [count] 0 to classes - 1 */
    const uint32_t
        *subjects; /* [count] number of the row's subject, below `subject_count`; for intervals only */
    uint32_t subject_count;
} lvk_class_rows;

/* Room for probabilities that were rounded to two or three digits. */
#define LVK_CLASS_SUM_BOUND 0.02

/* The class that a row is called. */
static inline uint32_t lvk_class_called(const double *probabilities, uint32_t classes) {
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; ++k)
        if (probabilities[k] > probabilities[best])
            best = k;
    return best;
}

/* Scores of one class k against the rest. TP: rows of k that are called k; FP: other rows that are called k;
 * FN: rows of k that are called another class (Sokolova, Lapalme, Information Processing & Management 45,
 * 2009). All but the precision are NaN where k has no rows. */
typedef struct lvk_class_score {
    double precision; /* TP / (TP + FP); precision_score */
    double recall;    /* TP / (TP + FN), the sensitivity for k; recall_score */
    double f1;        /* 2 TP / (2 TP + FP + FN); f1_score */
    double auc; /* lvk_auc of the probability of k, with the rows of k as the positive ones; roc_auc_score */
} lvk_class_score;

/* Scores of all classes together. A mean over classes is over those that have rows. n: all rows. */
typedef struct lvk_class_totals {
    double accuracy;          /* rows that are called their label / n; accuracy_score */
    double balanced_accuracy; /* mean recall; balanced_accuracy_score */
    double f1_macro;          /* mean F1; f1_score, average="macro" */
    double f1_weighted;       /* mean F1 weighted by the rows of each class; f1_score, average="weighted" */
    double auc_macro;         /* mean AUC; roc_auc_score, multi_class="ovr", average="macro" */
    /* (o - e) / (1 - e) with o the accuracy and e = sum over classes of rows of k * rows called k / n^2, the
     * agreement by chance (Cohen, Educational and Psychological Measurement 20, 1960); cohen_kappa_score */
    double kappa;
    double
        loss; /* mean of -log p of the label's class; p is clipped to LVK_LOSS_CLIP from 0 and 1; log_loss */
    /* Mean over rows of the sum over classes of (p_k - y_k)^2, y_k = 1 for the label's class and 0 for others
     * (Brier, Monthly Weather Review 78, 1950, formula 2): 0 to 2, and for two classes twice the Brier score
     * of lvk_metrics; brier_score_loss of 1.7, scale_by_half=False */
    double brier;
    /* Mean over LVK_CALIBRATION_BINS bins of equal width of the highest probability c of a row, weighted by
     * rows, of |mean c - share of rows that are called their label| (Guo, Pleiss, Sun, Weinberger, ICML
     * 2017). Bins as in lvk_calibration. */
    double ece;
} lvk_class_totals;

typedef struct lvk_class_scores {
    lvk_class_totals all;
    lvk_class_score of[LVK_MOST_CLASSES]; /* [classes] */
} lvk_class_scores;

/* The scores of calling every row the same class. Its AUC is 0.5 and its kappa 0. */
typedef struct lvk_class_baseline {
    double accuracy, balanced_accuracy, f1_macro, f1_weighted;
} lvk_class_baseline;

typedef struct lvk_class_metrics {
    uint32_t classes;
    uint64_t count;
    lvk_class_scores scores;
    lvk_class_scores low, high;                             /* ends of the 95 % intervals */
    uint32_t confusion[LVK_MOST_CLASSES][LVK_MOST_CLASSES]; /* [label][called] rows */
    uint32_t support[LVK_MOST_CLASSES];                     /* rows with this label */
    uint32_t called[LVK_MOST_CLASSES];                      /* rows that are called this class */
    lvk_class_baseline always[LVK_MOST_CLASSES];            /* of calling every row this class */
    uint32_t most_frequent; /* the class with the most rows, the first of them */
} lvk_class_metrics;

/* Computes all scores; the ends of the intervals are NaN. Without rows all counts are 0 and all scores NaN.
 * LVK_ERROR_NUMERIC names a row with a probability that is NaN; LVK_ERROR_ARGUMENT a row with a probability,
 * a sum of probabilities or a label that is out of range, or says that the number of classes is;
 * LVK_ERROR_LIMIT: 2^32 rows and more; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_class_metrics_compute(const lvk_class_rows *rows,
                                                          lvk_class_metrics *metrics);

/* The same with 95 % intervals of every score by the bootstrap over subjects that lvk_metrics_bootstrap
 * describes: the same subjects are drawn for the same seed, and no interval is given for the same reasons. A
 * mean over classes is undefined in a replicate that lacks a class which the rows have. */
LVK_API LVK_MUST_USE lvk_status lvk_class_metrics_bootstrap(const lvk_class_rows *rows,
                                                            const lvk_bootstrap_options *options,
                                                            lvk_class_metrics *metrics);

/* Copies the scores that two classes have as well, such as accuracy, F1, loss and, as `auc`, the mean AUC;
 * all others are NaN and all counts but `count` 0. `scores`: those of `metrics` or the ends of their
 * intervals. */
LVK_API void lvk_class_metrics_shared(const lvk_class_metrics *metrics, const lvk_class_scores *scores,
                                      lvk_metrics *shared);

/* The scores in lvk_class_totals and in lvk_class_score, for tables: all of them, *count, in static
 * memory. */
LVK_API const lvk_measure *lvk_class_total_measures(size_t *count);
LVK_API const lvk_measure *lvk_class_score_measures(size_t *count);
static inline double lvk_class_total_of(const lvk_class_scores *scores, const lvk_measure *measure) {
    return *(const double *)((const char *)&scores->all + measure->offset);
}
static inline double lvk_class_score_of(const lvk_class_scores *scores, uint32_t k,
                                        const lvk_measure *measure) {
    return *(const double *)((const char *)&scores->of[k] + measure->offset);
}

#ifdef __cplusplus
}
#endif
#endif
