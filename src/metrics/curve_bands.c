#include "metrics/curve_bands.h"

#include "core/memory.h"
#include "core/parallel.h"
#include "metrics/bootstrap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = LVK_BAND_POINTS, BINS = LVK_CALIBRATION_BINS, VALUES = 7 * POINTS + BINS };

/* The values of one replicate, in the order of lvk_curve_bands. */
typedef struct values {
    double roc[POINTS], precision[POINTS], sensitivity[POINTS], specificity[POINTS], ratio_positive[POINTS],
        ratio_negative[POINTS], benefit[POINTS], bins[BINS];
} values;

typedef struct bands {
    const lvk_scored *rows;
    uint64_t seed;
    uint32_t *order;  /* [count] rows from the highest p */
    uint32_t *called; /* [POINTS] rows, in that order, with p above the threshold */
    size_t *bin_end;  /* [BINS + 1] where bin b ends: rows from bin_end[b + 1] to bin_end[b] are in b */
    values *replicates;
} bands;

double lvk_net_benefit(double true_positives, double false_positives, double count, double t) {
    return true_positives / count - false_positives / count * (t / (1 - t));
}

/* ---- one replicate ---- */

/* Sums over the first i rows, [count + 1]: rows of each class, as often as they are drawn. */
typedef struct sums {
    double *positives, *negatives;
    size_t count;
} sums;

static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : (double)NAN;
}

/* The rate at which the ROC curve, straight between its points, reaches each false positive rate. */
static void take_roc(const bands *b, const sums *s, double roc[POINTS]) {
    const double *p = b->rows->probabilities, all = s->positives[s->count], none = s->negatives[s->count];
    double x0 = 0, y0 = 0;
    int at = 0;
    for (size_t i = 1; i <= s->count; ++i) {
        if (i < s->count && p[b->order[i]] == p[b->order[i - 1]])
            continue;
        const double x = ratio(s->negatives[i], none), y = ratio(s->positives[i], all);
        for (; at < POINTS && at / 100.0 < x; ++at)
            roc[at] = y0 + (y - y0) * (at / 100.0 - x0) / (x - x0);
        x0 = x;
        y0 = y;
    }
    for (; at < POINTS; ++at)
        roc[at] = none > 0 ? y0 : (double)NAN;
}

static void take_precision(const bands *b, const sums *s, double precision[POINTS]) {
    const double *p = b->rows->probabilities, all = s->positives[s->count];
    int at = 0;
    for (size_t i = 1; i <= s->count; ++i) {
        if (i < s->count && p[b->order[i]] == p[b->order[i - 1]])
            continue;
        for (; at < POINTS && at * all <= 100 * s->positives[i] && all > 0 && s->positives[i] > 0; ++at)
            precision[at] = ratio(s->positives[i], s->positives[i] + s->negatives[i]);
    }
    for (; at < POINTS; ++at)
        precision[at] = (double)NAN;
}

static void take_threshold(const bands *b, const sums *s, int i, values *v) {
    const double all = s->positives[s->count], none = s->negatives[s->count];
    const double tp = s->positives[b->called[i]], fp = s->negatives[b->called[i]];
    v->sensitivity[i] = ratio(tp, all);
    v->specificity[i] = ratio(none - fp, none);
    v->ratio_positive[i] = all > 0 && none > 0 && (tp > 0 || fp > 0) ? tp / all / (fp / none) : (double)NAN;
    v->ratio_negative[i] = all > 0 && none > 0 && (tp < all || fp < none)
                               ? (all - tp) / all / ((none - fp) / none)
                               : (double)NAN;
    v->benefit[i] = i < POINTS - 1 && s->count ? lvk_net_benefit(tp, fp, all + none, i / 100.0) : (double)NAN;
}

static void take_values(const bands *b, const sums *s, values *v) {
    take_roc(b, s, v->roc);
    take_precision(b, s, v->precision);
    for (int i = 0; i < POINTS; ++i)
        take_threshold(b, s, i, v);
    for (int k = 0; k < BINS; ++k) {
        const double positives = s->positives[b->bin_end[k]] - s->positives[b->bin_end[k + 1]],
                     negatives = s->negatives[b->bin_end[k]] - s->negatives[b->bin_end[k + 1]];
        v->bins[k] = ratio(positives, positives + negatives);
    }
}

/* `drawn`: how often each subject is there; NULL: once. */
static lvk_status measure(const bands *b, const uint32_t *drawn, values *v) {
    const size_t count = b->rows->count;
    sums s = {.positives = lvk_alloc(count + 1, sizeof(double)),
              .negatives = lvk_alloc(count + 1, sizeof(double)),
              .count = count};
    const bool enough = s.positives && s.negatives;
    for (size_t i = 0; enough && i < count; ++i) {
        const uint32_t row = b->order[i];
        const double weight = drawn ? drawn[b->rows->subjects[row]] : 1;
        s.positives[i + 1] = s.positives[i] + (b->rows->labels[row] ? weight : 0);
        s.negatives[i + 1] = s.negatives[i] + (b->rows->labels[row] ? 0 : weight);
    }
    if (enough)
        take_values(b, &s, v);
    lvk_free(s.positives);
    lvk_free(s.negatives);
    return enough ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status replicate(void *user, size_t index) {
    bands *b = user;
    const uint32_t subjects = b->rows->subject_count;
    uint32_t *drawn = lvk_alloc(subjects, sizeof *drawn);
    if (!drawn)
        return LVK_ERROR_MEMORY;
    for (uint32_t i = 0; i < subjects; ++i)
        ++drawn[lvk_bootstrap_draw(b->seed, (uint32_t)index, i, subjects)];
    const lvk_status status = measure(b, drawn, &b->replicates[index]);
    lvk_free(drawn);
    return status;
}

/* ---- all ---- */

typedef struct ranked {
    double p;
    uint32_t row;
} ranked;

static int compare_ranked(const void *a, const void *b) {
    const ranked *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Rows from the highest p, and where thresholds and bins cut them. A bin is that of lvk_calibration. */
static lvk_status sort_rows(bands *b) {
    const size_t count = b->rows->count;
    ranked *list = lvk_alloc(count + 1, sizeof *list);
    if (!list)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < count; ++i)
        list[i] = (ranked){b->rows->probabilities[i], (uint32_t)i};
    qsort(list, count, sizeof *list, compare_ranked);
    for (size_t i = 0; i < count; ++i) {
        b->order[i] = list[i].row;
        for (int t = 0; t < POINTS; ++t)
            b->called[t] += (uint32_t)lvk_is_positive(list[i].p, t / 100.0);
        const int bin = (int)fmin(list[i].p * BINS, BINS - 1);
        for (int k = 0; k <= bin; ++k)
            ++b->bin_end[k];
    }
    lvk_free(list);
    return LVK_OK;
}

/* The interval of value number `at` of `values` over the replicates. */
static lvk_banded band_of(const bands *b, size_t at, const values *whole, size_t replicates, double *column) {
    lvk_banded banded;
    size_t count = 0;
    for (size_t r = 0; r < replicates; ++r) {
        const double value = ((const double *)&b->replicates[r])[at];
        if (!isnan(value))
            column[count++] = value;
    }
    banded.value = ((const double *)whole)[at];
    lvk_bootstrap_interval(column, count, replicates, &banded.low, &banded.high);
    if (isnan(banded.value) || isinf(banded.low))
        banded.low = banded.high = (double)NAN;
    return banded;
}

static void take_bands(const bands *b, const values *whole, size_t replicates, double *column,
                       lvk_curve_bands *out) {
    lvk_banded *const curves[] = {out->roc,         out->precision,      out->sensitivity,
                                  out->specificity, out->ratio_positive, out->ratio_negative,
                                  out->benefit};
    for (size_t c = 0; c < sizeof curves / sizeof *curves; ++c)
        for (size_t i = 0; i < POINTS; ++i)
            curves[c][i] = band_of(b, c * POINTS + i, whole, replicates, column);
    for (size_t k = 0; k < BINS; ++k)
        out->bins[k] = band_of(b, VALUES - BINS + k, whole, replicates, column);
    for (size_t i = 0; i < POINTS; ++i)
        for (uint32_t k = 0; k < b->called[i]; ++k)
            ++*(b->rows->labels[b->order[k]] ? &out->true_positives[i] : &out->false_positives[i]);
    for (size_t i = 0; i < b->rows->count; ++i)
        ++*(b->rows->labels[i] ? &out->positives : &out->negatives);
}

static lvk_status compute(bands *b, const lvk_bootstrap_options *options, size_t replicates,
                          lvk_curve_bands *out) {
    values *whole = lvk_alloc(1, sizeof *whole);
    double *column = lvk_alloc(replicates, sizeof *column);
    bool enough = false;
    lvk_status status = whole && column ? sort_rows(b) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = measure(b, NULL, whole);
    if (status == LVK_OK && b->rows->subjects)
        status = lvk_bootstrap_check_people(b->rows, &enough);
    if (status == LVK_OK && enough)
        status = lvk_parallel_for(options->threads, replicates, replicate, b, NULL, NULL);
    if (status == LVK_OK)
        take_bands(b, whole, enough ? replicates : 0, column, out);
    lvk_free(whole);
    lvk_free(column);
    return status;
}

lvk_status lvk_curve_bands_compute(const lvk_scored *rows, const lvk_bootstrap_options *options,
                                   lvk_curve_bands *out) {
    size_t replicates;
    lvk_metrics checked;
    *out = (lvk_curve_bands){.positives = 0};
    LVK_TRY(lvk_bootstrap_replicates(options, &replicates));
    LVK_TRY(lvk_metrics_compute(rows, LVK_THRESHOLD, &checked)); /* refuses what is no probability or label */
    bands b = {.rows = rows,
               .seed = options->seed,
               .order = lvk_alloc(rows->count + 1, sizeof *b.order),
               .called = lvk_alloc(POINTS, sizeof *b.called),
               .bin_end = lvk_alloc(BINS + 1, sizeof *b.bin_end),
               .replicates = lvk_alloc(replicates, sizeof *b.replicates)};
    const bool allocated = b.order && b.called && b.bin_end && b.replicates;
    const lvk_status status = allocated ? compute(&b, options, replicates, out) : LVK_ERROR_MEMORY;
    lvk_free(b.order);
    lvk_free(b.called);
    lvk_free(b.bin_end);
    lvk_free(b.replicates);
    return status;
}
