#include "metrics/class_table.h"

#include "core/memory.h"

#include <math.h>
#include <stdlib.h>

/* 0/0 is a NaN on purpose. */
static double ratio(double part, double whole) {
    return whole == 0 ? (double)NAN : part / whole;
}

static const double *probabilities_of(const lvk_class_rows *rows, size_t row) {
    return rows->probabilities + row * rows->classes;
}

/* ---- checks ---- */

static lvk_status check_row(const lvk_class_rows *rows, size_t row) {
    const double *p = probabilities_of(rows, row);
    double sum = 0;
    for (uint32_t k = 0; k < rows->classes; ++k) {
        if (isnan(p[k]))
            return lvk_fail(LVK_ERROR_NUMERIC, "metrics: a probability of row %zu is not a number", row);
        if (p[k] < 0 || p[k] > 1)
            return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: a probability of row %zu is %g", row, p[k]);
        sum += p[k];
    }
    if (fabs(sum - 1) > LVK_CLASS_SUM_BOUND)
        return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: the probabilities of row %zu have the sum %g, not 1",
                        row, sum);
    if (rows->labels[row] >= rows->classes)
        return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: the label of row %zu is %u, and there are %u classes",
                        row, rows->labels[row], rows->classes);
    return LVK_OK;
}

static lvk_status check(const lvk_class_rows *rows) {
    if (rows->classes < 2 || rows->classes > LVK_MOST_CLASSES)
        return lvk_fail(LVK_ERROR_ARGUMENT, "metrics: %u classes: 2 to %d", rows->classes, LVK_MOST_CLASSES);
    if (rows->count > UINT32_MAX)
        return lvk_fail(LVK_ERROR_LIMIT, "metrics: %zu rows: at most %u", rows->count, UINT32_MAX);
    for (size_t i = 0; i < rows->count; ++i)
        LVK_TRY(check_row(rows, i));
    return LVK_OK;
}

/* ---- preparation ---- */

typedef struct ranked_row {
    double p;
    uint32_t row;
} ranked_row;

static int compare_rows(const void *a, const void *b) {
    const ranked_row *first = a, *second = b;
    const int order = (first->p < second->p) - (first->p > second->p);
    return order ? order : (first->row > second->row) - (first->row < second->row);
}

static lvk_status rank_rows(lvk_class_table *table) {
    const lvk_class_rows *rows = table->rows;
    ranked_row *ranked = lvk_alloc(rows->count, sizeof *ranked);
    if (!ranked)
        return LVK_ERROR_MEMORY;
    for (uint32_t k = 0; k < rows->classes; ++k) {
        for (size_t i = 0; i < rows->count; ++i)
            ranked[i] = (ranked_row){probabilities_of(rows, i)[k], (uint32_t)i};
        qsort(ranked, rows->count, sizeof *ranked, compare_rows);
        for (size_t i = 0; i < rows->count; ++i)
            table->order[k * rows->count + i] = ranked[i].row;
    }
    lvk_free(ranked);
    return LVK_OK;
}

static void measure_rows(lvk_class_table *table) {
    const lvk_class_rows *rows = table->rows;
    for (size_t i = 0; i < rows->count; ++i) {
        const double *p = probabilities_of(rows, i);
        const uint32_t label = rows->labels[i];
        table->present[label] = true;
        table->called[i] = lvk_class_called(p, rows->classes);
        table->loss[i] = -log(fmin(fmax(p[label], LVK_LOSS_CLIP), 1 - LVK_LOSS_CLIP));
        for (uint32_t k = 0; k < rows->classes; ++k)
            table->brier[i] += (p[k] - (k == label)) * (p[k] - (k == label));
    }
}

void lvk_class_table_finish(lvk_class_table *table) {
    lvk_free(table->called);
    lvk_free(table->loss);
    lvk_free(table->brier);
    lvk_free(table->order);
}

lvk_status lvk_class_table_init(lvk_class_table *table, const lvk_class_rows *rows) {
    *table = (lvk_class_table){.rows = rows};
    LVK_TRY(check(rows));
    table->called = lvk_alloc(rows->count, sizeof *table->called);
    table->loss = lvk_alloc(rows->count, sizeof *table->loss);
    table->brier = lvk_alloc(rows->count, sizeof *table->brier);
    table->order = lvk_alloc(rows->count * rows->classes, sizeof *table->order);
    lvk_status status =
        table->called && table->loss && table->brier && table->order ? rank_rows(table) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        measure_rows(table);
    else
        lvk_class_table_finish(table);
    return status;
}

/* ---- scores ---- */

/* Sums over the rows, in their order, each row as often as it is taken. */
typedef struct sums {
    uint64_t count, hits;
    uint64_t confusion[LVK_MOST_CLASSES][LVK_MOST_CLASSES]; /* [label][called] */
    uint64_t support[LVK_MOST_CLASSES], called[LVK_MOST_CLASSES];
    double loss, brier;
    struct {
        uint64_t hits;
        double confidence;
    } bins[LVK_CALIBRATION_BINS];
} sums;

static uint64_t times_of(const lvk_class_table *table, const uint32_t *times, size_t row) {
    return times ? times[table->rows->subjects[row]] : 1;
}

static void add_row(sums *s, const lvk_class_table *table, size_t row, uint64_t times) {
    const uint32_t label = table->rows->labels[row], called = table->called[row];
    const double confidence = probabilities_of(table->rows, row)[called];
    const int bin = confidence < 1 ? (int)(confidence * LVK_CALIBRATION_BINS) : LVK_CALIBRATION_BINS - 1;
    s->count += times;
    s->confusion[label][called] += times;
    s->loss += (double)times * table->loss[row];
    s->brier += (double)times * table->brier[row];
    s->bins[bin].confidence += (double)times * confidence;
    s->bins[bin].hits += label == called ? times : 0;
}

static void add_rows(sums *s, const lvk_class_table *table, const uint32_t *times) {
    const uint32_t classes = table->rows->classes;
    for (size_t i = 0; i < table->rows->count; ++i) {
        const uint64_t n = times_of(table, times, i);
        if (n)
            add_row(s, table, i, n);
    }
    for (uint32_t label = 0; label < classes; ++label) {
        s->hits += s->confusion[label][label];
        for (uint32_t called = 0; called < classes; ++called) {
            s->support[label] += s->confusion[label][called];
            s->called[called] += s->confusion[label][called];
        }
    }
}

/* Walks down the probabilities of class k, as lvk_auc does: exact in integers but for the last division. */
static double auc_of(const lvk_class_table *table, const uint32_t *times, uint32_t k) {
    const lvk_class_rows *rows = table->rows;
    const uint32_t *order = table->order + k * rows->count;
    uint64_t seen[2] = {0, 0}, twice_wins = 0;
    for (size_t i = 0; i < rows->count;) {
        uint64_t tied[2] = {0, 0};
        const double p = probabilities_of(rows, order[i])[k];
        for (; i < rows->count && probabilities_of(rows, order[i])[k] == p; ++i)
            tied[rows->labels[order[i]] == k] += times_of(table, times, order[i]);
        twice_wins += tied[0] * (2 * seen[1] + tied[1]);
        seen[0] += tied[0];
        seen[1] += tied[1];
    }
    return seen[0] && seen[1] ? (double)twice_wins / (2.0 * (double)seen[0] * (double)seen[1]) : (double)NAN;
}

static lvk_class_score score_of(const sums *s, const lvk_class_table *table, const uint32_t *times,
                                uint32_t k) {
    const double hits = (double)s->confusion[k][k], support = (double)s->support[k],
                 called = (double)s->called[k];
    return (lvk_class_score){.precision = ratio(hits, called),
                             .recall = ratio(hits, support),
                             .f1 = support == 0 ? (double)NAN : 2 * hits / (support + called),
                             .auc = auc_of(table, times, k)};
}

/* 0/0, where all rows have one label and are called it, is a NaN. */
static double kappa_of(const sums *s, uint32_t classes) {
    const double n = (double)s->count;
    double chance = 0; /* times n^2 */
    for (uint32_t k = 0; k < classes; ++k)
        chance += (double)s->support[k] * (double)s->called[k];
    return ratio(n * (double)s->hits - chance, n * n - chance);
}

static double calibration_error_of(const sums *s) {
    double sum = 0;
    for (int b = 0; b < LVK_CALIBRATION_BINS; ++b)
        sum += fabs(s->bins[b].confidence - (double)s->bins[b].hits);
    return ratio(sum, (double)s->count);
}

static lvk_class_totals totals_of(const sums *s, const lvk_class_table *table, const lvk_class_score *of) {
    const double n = (double)s->count;
    double present = 0, recall = 0, f1 = 0, weighted = 0, auc = 0;
    for (uint32_t k = 0; k < table->rows->classes; ++k) {
        if (!table->present[k])
            continue;
        present += 1;
        recall += of[k].recall;
        f1 += of[k].f1;
        auc += of[k].auc;
        weighted += s->support[k] ? (double)s->support[k] * of[k].f1 : 0;
    }
    return (lvk_class_totals){.accuracy = ratio((double)s->hits, n),
                              .balanced_accuracy = ratio(recall, present),
                              .f1_macro = ratio(f1, present),
                              .f1_weighted = ratio(weighted, n),
                              .auc_macro = ratio(auc, present),
                              .kappa = kappa_of(s, table->rows->classes),
                              .loss = ratio(s->loss, n),
                              .brier = ratio(s->brier, n),
                              .ece = calibration_error_of(s)};
}

/* Every row is called class k. */
static lvk_class_baseline baseline_of(const sums *s, const lvk_class_table *table, uint32_t k) {
    const double n = (double)s->count, support = (double)s->support[k];
    const double f1 = support == 0 ? 0 : 2 * support / (support + n);
    double present = 0;
    for (uint32_t i = 0; i < table->rows->classes; ++i)
        present += table->present[i];
    return (lvk_class_baseline){.accuracy = ratio(support, n),
                                .balanced_accuracy = ratio(support > 0, present),
                                .f1_macro = ratio(f1, present),
                                .f1_weighted = ratio(support * f1, n)};
}

static void take_counts(const sums *s, const lvk_class_table *table, lvk_class_metrics *metrics) {
    metrics->count = s->count;
    metrics->classes = table->rows->classes;
    for (uint32_t k = 0; k < metrics->classes; ++k) {
        metrics->support[k] = (uint32_t)s->support[k];
        metrics->called[k] = (uint32_t)s->called[k];
        metrics->always[k] = baseline_of(s, table, k);
        for (uint32_t called = 0; called < metrics->classes; ++called)
            metrics->confusion[k][called] = (uint32_t)s->confusion[k][called];
        if (s->support[k] > s->support[metrics->most_frequent])
            metrics->most_frequent = k;
    }
}

void lvk_class_table_score(const lvk_class_table *table, const uint32_t *times, lvk_class_scores *scores,
                           lvk_class_metrics *metrics) {
    sums s = {0};
    add_rows(&s, table, times);
    for (uint32_t k = 0; k < table->rows->classes; ++k)
        scores->of[k] = score_of(&s, table, times, k);
    scores->all = totals_of(&s, table, scores->of);
    if (metrics)
        take_counts(&s, table, metrics);
}
