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
                             .auc = (double)NAN,
                             .average_precision = (double)NAN,
                             .brier = (double)NAN,
                             .ece = (double)NAN,
                             .size_auc = (double)NAN,
                             .above_size = (double)NAN};
    metrics->accuracy = ratio(tp + tn, positives + negatives);
    metrics->precision = ratio(tp, tp + fp);
    metrics->negative_value = ratio(tn, tn + fn);
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

typedef struct scored_row {
    double score;
    uint8_t label;
} scored_row;

static int compare_scores(const void *a, const void *b) {
    const scored_row *first = a, *second = b;
    return (first->score < second->score) - (first->score > second->score);
}

/* The rows in new memory, from the highest score to the lowest; freed with lvk_free. */
static lvk_status rank(const double *scores, const uint8_t *labels, size_t count, scored_row **ranked) {
    *ranked = NULL;
    LVK_TRY(check_rows(scores, labels, count));
    scored_row *rows = lvk_alloc(count, sizeof *rows);
    if (!rows)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        rows[i] = (scored_row){scores[i], labels[i]};
    qsort(rows, count, sizeof *rows, compare_scores);
    *ranked = rows;
    return LVK_OK;
}

/* Walks down the scores. The area is exact in integers but for its last division. */
static void measure_ranks(const scored_row *rows, size_t count, double *auc, double *average_precision) {
    uint64_t seen[2] = {0, 0}; /* rows with a higher score, by label */
    uint64_t twice_wins =
        0; /* over all pairs: 2 where the positive row has the higher score, 1 where they tie */
    double precisions = 0; /* sum of precision times positive rows */
    for (size_t i = 0; i < count;) {
        uint64_t tied[2] = {0, 0};
        const double score = rows[i].score;
        for (; i < count && rows[i].score == score; ++i)
            ++tied[rows[i].label];
        twice_wins += tied[0] * (2 * seen[1] + tied[1]);
        seen[0] += tied[0];
        seen[1] += tied[1];
        precisions += (double)tied[1] * (double)seen[1] / (double)i;
    }
    *auc = seen[0] && seen[1] ? (double)twice_wins / (2.0 * (double)seen[0] * (double)seen[1]) : (double)NAN;
    *average_precision = ratio(precisions, (double)seen[1]);
}

lvk_status lvk_auc(const double *scores, const uint8_t *labels, size_t count, double *auc) {
    scored_row *rows;
    double average_precision;
    *auc = (double)NAN;
    LVK_TRY(rank(scores, labels, count, &rows));
    measure_ranks(rows, count, auc, &average_precision);
    lvk_free(rows);
    return LVK_OK;
}

lvk_status lvk_curve(const lvk_scored *rows, lvk_curve_point **points, size_t *count) {
    scored_row *ranked;
    *points = NULL;
    *count = 0;
    LVK_TRY(rank(rows->probabilities, rows->labels, rows->count, &ranked));
    *points = lvk_alloc(rows->count, sizeof **points);
    uint64_t seen[2] = {0, 0};
    for (size_t i = 0; *points && i < rows->count;) {
        const double score = ranked[i].score;
        for (; i < rows->count && ranked[i].score == score; ++i)
            ++seen[ranked[i].label];
        (*points)[(*count)++] = (lvk_curve_point){score, seen[1], seen[0]};
    }
    lvk_free(ranked);
    return *points ? LVK_OK : LVK_ERROR_MEMORY;
}

void lvk_curve_free(lvk_curve_point *points) {
    lvk_free(points);
}

static lvk_status check_probability(double p, size_t row) {
    return p >= 0 && p <= 1
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT, "metrics: the probability of row %zu is %g", row, p);
}

lvk_status lvk_calibration(const lvk_scored *rows, lvk_calibration_bin bins[LVK_CALIBRATION_BINS]) {
    LVK_TRY(check_rows(rows->probabilities, rows->labels, rows->count));
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b)
        bins[b] = (lvk_calibration_bin){0};
    for (size_t i = 0; i < rows->count; ++i) {
        const double p = rows->probabilities[i];
        LVK_TRY(check_probability(p, i));
        lvk_calibration_bin *bin = &bins[p < 1 ? (int)(p * LVK_CALIBRATION_BINS) : LVK_CALIBRATION_BINS - 1];
        ++bin->count;
        bin->positives += rows->labels[i];
        bin->mean_p += p;
    }
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b)
        bins[b].mean_p = ratio(bins[b].mean_p, (double)bins[b].count);
    return LVK_OK;
}

static lvk_status calibration_error(const lvk_scored *rows, double *error) {
    lvk_calibration_bin bins[LVK_CALIBRATION_BINS];
    double sum = 0;
    LVK_TRY(lvk_calibration(rows, bins));
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b)
        if (bins[b].count)
            sum += fabs(bins[b].mean_p * (double)bins[b].count - (double)bins[b].positives);
    *error = ratio(sum, (double)rows->count);
    return LVK_OK;
}

/* Sums over rows, in their order. */
typedef struct sums {
    uint64_t cells[2][2]; /* [label][prediction] */
    double loss, brier;
} sums;

static void add_row(sums *s, double p, uint8_t label, double threshold) {
    const double likelihood = label ? p : 1 - p;
    s->loss -= log(fmin(fmax(likelihood, LVK_LOSS_CLIP), 1 - LVK_LOSS_CLIP));
    s->brier += (p - label) * (p - label);
    ++s->cells[label][lvk_is_positive(p, threshold)];
}

lvk_status lvk_metrics_compute(const lvk_scored *rows, double threshold, lvk_metrics *metrics) {
    scored_row *ranked;
    sums s = {.loss = 0};
    LVK_TRY(rank(rows->probabilities, rows->labels, rows->count, &ranked));
    double auc, average_precision, calibration, size_auc = (double)NAN;
    measure_ranks(ranked, rows->count, &auc, &average_precision);
    lvk_free(ranked);
    LVK_TRY(calibration_error(rows, &calibration));
    for (size_t i = 0; i < rows->count; ++i)
        add_row(&s, rows->probabilities[i], rows->labels[i], threshold);
    if (rows->areas)
        LVK_TRY(lvk_auc(rows->areas, rows->labels, rows->count, &size_auc));
    lvk_metrics_from_counts(s.cells[0][0], s.cells[0][1], s.cells[1][0], s.cells[1][1], metrics);
    metrics->loss = ratio(s.loss, (double)rows->count);
    metrics->auc = auc;
    metrics->average_precision = average_precision;
    metrics->brier = ratio(s.brier, (double)rows->count);
    metrics->ece = calibration;
    metrics->size_auc = size_auc;
    metrics->above_size = auc - size_auc;
    return LVK_OK;
}

void lvk_predictive_values(const lvk_metrics *metrics, double prevalence, double *positive,
                           double *negative) {
    const double found = metrics->recall * prevalence, cleared = metrics->specificity * (1 - prevalence);
    *positive = ratio(found, found + (1 - metrics->specificity) * (1 - prevalence));
    *negative = ratio(cleared, cleared + (1 - metrics->recall) * prevalence);
}

lvk_status lvk_threshold_for(const lvk_scored *rows, double sensitivity, double *threshold) {
    scored_row *ranked;
    uint64_t positives = 0, found = 0;
    if (!(sensitivity > 0 && sensitivity <= 1))
        return lvk_fail(LVK_ERROR_ARGUMENT, "a sensitivity of %g: must be above 0, at most 1", sensitivity);
    LVK_TRY(rank(rows->probabilities, rows->labels, rows->count, &ranked));
    for (size_t i = 0; i < rows->count; ++i)
        positives += ranked[i].label;
    size_t i = 0;
    while (i < rows->count && (double)found < sensitivity * (double)positives)
        found += ranked[i++].label;
    const double lowest = i ? ranked[i - 1].score : 0;
    while (i < rows->count && ranked[i].score == lowest)
        ++i;
    *threshold = i < rows->count ? (lowest + ranked[i].score) / 2 : 0;
    lvk_free(ranked);
    return positives
               ? LVK_OK
               : lvk_fail(LVK_ERROR_ARGUMENT, "no threshold for a sensitivity: there are no positive rows");
}

const lvk_measure *lvk_measures(size_t *count) {
#define MEASURE(key, field, name) {key, name, offsetof(lvk_metrics, field)}
    static const lvk_measure measures[] = {
        MEASURE("accuracy", accuracy, "accuracy"),
        MEASURE("f1_weighted", f1_weighted, "F1 weighted by class size"),
        MEASURE("f1_macro", f1_macro, "F1 macro (plain mean)"),
        MEASURE("balanced_accuracy", balanced_accuracy, "balanced accuracy"),
        MEASURE("auc", auc, "AUC"),
        MEASURE("size_only_auc", size_auc, "AUC of the cell's area alone"),
        MEASURE("auc_above_size", above_size, "AUC above that of the area"),
        MEASURE("average_precision", average_precision, "average precision"),
        MEASURE("sensitivity", recall, "sensitivity"),
        MEASURE("specificity", specificity, "specificity"),
        MEASURE("precision", precision, "positive predictive value"),
        MEASURE("negative_predictive_value", negative_value, "negative predictive value"),
        MEASURE("f1_positive", f1_positive, "F1 of the positive class"),
        MEASURE("f1_negative", f1_negative, "F1 of the negative class"),
        MEASURE("loss", loss, "loss"),
        MEASURE("brier", brier, "Brier score"),
        MEASURE("ece", ece, "expected calibration error")};
#undef MEASURE
    *count = sizeof measures / sizeof *measures;
    return measures;
}
