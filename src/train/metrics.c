#include "leukvk/metrics.h"

#include "core/error.h"
#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

/* 0/0 is a NaN on purpose. */
static double ratio(double part, double whole) {
    return whole == 0 ? (double)NAN : part / whole;
}

/* F1 of a class with `support` rows, `hits` of them found, `mistakes` = FP + FN. */
static double f1_of(double support, double hits, double mistakes) {
    return support == 0 ? (double)NAN : 2 * hits / (2 * hits + mistakes);
}

static double weighted(double positives, double f1_positive, double negatives, double f1_negative) {
    const double sum =
        (positives > 0 ? positives * f1_positive : 0) + (negatives > 0 ? negatives * f1_negative : 0);
    return ratio(sum, positives + negatives);
}

/* Every row is predicted to be of one class, `ours`; `others` rows are of the other, whose F1 is 0. */
static lvk_baseline baseline_of(double ours, double others) {
    const double f1_ours = f1_of(ours, ours, others);
    const double f1_others = f1_of(others, 0, ours + others);
    return (lvk_baseline){.accuracy = ratio(ours, ours + others),
                          .f1_weighted = weighted(ours, f1_ours, others, f1_others),
                          .f1_macro = (f1_ours + f1_others) / 2};
}

void lvk_metrics_from_counts(uint64_t true_negatives, uint64_t false_positives, uint64_t false_negatives,
                             uint64_t true_positives, lvk_metrics *metrics) {
    const double tn = (double)true_negatives, fp = (double)false_positives;
    const double fn = (double)false_negatives, tp = (double)true_positives;
    const double positives = tp + fn, negatives = tn + fp;
    *metrics = (lvk_metrics){.count = true_negatives + false_positives + false_negatives + true_positives,
                             .true_negatives = true_negatives,
                             .false_positives = false_positives,
                             .false_negatives = false_negatives,
                             .true_positives = true_positives,
                             .loss = (double)NAN,
                             .auc = (double)NAN};
    metrics->accuracy = ratio(tp + tn, positives + negatives);
    metrics->precision = ratio(tp, tp + fp);
    metrics->recall = ratio(tp, positives);
    metrics->specificity = ratio(tn, negatives);
    metrics->f1_positive = f1_of(positives, tp, fp + fn);
    metrics->f1_negative = f1_of(negatives, tn, fp + fn);
    metrics->f1_weighted = weighted(positives, metrics->f1_positive, negatives, metrics->f1_negative);
    metrics->f1_macro = (metrics->f1_positive + metrics->f1_negative) / 2;
    metrics->balanced_accuracy = (metrics->recall + metrics->specificity) / 2;
    metrics->always_negative = baseline_of(negatives, positives);
    metrics->always_positive = baseline_of(positives, negatives);
}

static lvk_status check_rows(const double *scores, const uint8_t *labels, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        if (isnan(scores[i]))
            return lvk_fail(LVK_ERROR_NUMERIC, "metrics: the score of row %zu is not a number", i);
        if (labels[i] > 1)
            return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: the label of row %zu is %d, not 0 or 1", i,
                            labels[i]);
    }
    return LVK_OK;
}

lvk_status lvk_metrics_compute(const double *probabilities, const uint8_t *labels, size_t count,
                               double threshold, lvk_metrics *metrics) {
    double auc = (double)NAN, loss = 0;
    uint64_t cells[2][2] = {{0}}; /* [label][prediction] */
    LVK_TRY(lvk_auc(probabilities, labels, count, &auc));
    for (size_t i = 0; i < count; ++i) {
        const double p = probabilities[i];
        if (p < 0 || p > 1)
            return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: the probability of row %zu is %g", i, p);
        const double likelihood = labels[i] ? p : 1 - p;
        loss -= log(fmin(fmax(likelihood, LVK_LOSS_CLIP), 1 - LVK_LOSS_CLIP));
        ++cells[labels[i]][lvk_is_positive(p, threshold)];
    }
    lvk_metrics_from_counts(cells[0][0], cells[0][1], cells[1][0], cells[1][1], metrics);
    metrics->loss = ratio(loss, (double)count);
    metrics->auc = auc;
    return LVK_OK;
}

typedef struct scored_row {
    double score;
    uint8_t label;
} scored_row;

static int compare_scores(const void *a, const void *b) {
    const scored_row *first = a, *second = b;
    return (first->score > second->score) - (first->score < second->score);
}

lvk_status lvk_auc(const double *scores, const uint8_t *labels, size_t count, double *auc) {
    *auc = (double)NAN;
    LVK_TRY(check_rows(scores, labels, count));
    scored_row *rows = lvk_alloc(count, sizeof *rows);
    if (!rows)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        rows[i] = (scored_row){scores[i], labels[i]};
    qsort(rows, count, sizeof *rows, compare_scores);
    uint64_t seen[2] = {0, 0}; /* rows with a smaller score, by label */
    uint64_t twice_wins =
        0; /* over all pairs: 2 where the positive row has the higher score, 1 where they tie */
    for (size_t i = 0; i < count;) {
        uint64_t tied[2] = {0, 0};
        const double score = rows[i].score;
        for (; i < count && rows[i].score == score; ++i)
            ++tied[rows[i].label];
        twice_wins += tied[1] * (2 * seen[0] + tied[0]);
        seen[0] += tied[0];
        seen[1] += tied[1];
    }
    lvk_free(rows);
    if (seen[0] > 0 && seen[1] > 0)
        *auc = (double)twice_wins / (2.0 * (double)seen[0] * (double)seen[1]);
    return LVK_OK;
}
