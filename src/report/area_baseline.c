#include "report/area_baseline.h"

#include "core/memory.h"

#include <math.h>
#include <string.h>

enum { STEPS = 50 };
#define PENALTY 1e-6

void lvk_logistic_fit(const double *x, const uint8_t *labels, size_t count, double *a, double *b) {
    *a = *b = 0;
    for (int step = 0; step < STEPS; ++step) {
        double ga = 0, gb = PENALTY * *b, haa = 0, hab = 0, hbb = PENALTY;
        for (size_t i = 0; i < count; ++i) {
            const double p = 1 / (1 + exp(-(*a + *b * x[i]))), w = p * (1 - p), error = p - labels[i];
            ga += error;
            gb += error * x[i];
            haa += w;
            hab += w * x[i];
            hbb += w * x[i] * x[i];
        }
        const double determinant = haa * hbb - hab * hab;
        if (!(determinant > 1e-12))
            return;
        const double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
        *a -= fmax(fmin(da, 5), -5);
        *b -= fmax(fmin(db, 5), -5);
        if (fabs(da) + fabs(db) < 1e-10)
            return;
    }
}

/* log(area), with mean 0 and deviation 1. */
static void standardize(const double *areas, size_t count, double *x) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; ++i) {
        x[i] = log(areas[i]);
        mean += (x[i] - mean) / (double)(i + 1);
    }
    for (size_t i = 0; i < count; ++i)
        squares += (x[i] - mean) * (x[i] - mean);
    const double deviation = sqrt(squares / (double)count);
    for (size_t i = 0; i < count; ++i)
        x[i] = deviation > 0 ? (x[i] - mean) / deviation : 0;
}

/* Shares of the largest area, which have the areas' order. */
static void scale(const double *areas, size_t count, double *shares) {
    double most = 1;
    for (size_t i = 0; i < count; ++i)
        most = fmax(most, areas[i]);
    for (size_t i = 0; i < count; ++i)
        shares[i] = areas[i] / most;
}

static lvk_status compute(const lvk_scored *rows, double *p, lvk_curve_bands *ranked, lvk_curve_bands *bands,
                          lvk_calibration_bin *bins) {
    const lvk_bootstrap_options one = {.replicates = 1, .seed = LVK_BOOTSTRAP_SEED};
    lvk_scored scored = {.count = rows->count, .probabilities = p, .labels = rows->labels};
    double a, b;
    scale(rows->areas, rows->count, p);
    LVK_TRY(lvk_curve_bands_compute(&scored, &one, ranked));
    standardize(rows->areas, rows->count, p);
    lvk_logistic_fit(p, rows->labels, rows->count, &a, &b);
    for (size_t i = 0; i < rows->count; ++i)
        p[i] = 1 / (1 + exp(-(a + b * p[i])));
    LVK_TRY(lvk_curve_bands_compute(&scored, &one, bands));
    memcpy(bands->roc, ranked->roc, sizeof bands->roc);
    memcpy(bands->precision, ranked->precision, sizeof bands->precision);
    return lvk_calibration(&scored, bins);
}

lvk_status lvk_area_baseline(const lvk_scored *rows, lvk_curve_bands *bands,
                             lvk_calibration_bin bins[LVK_CALIBRATION_BINS], bool *known) {
    bool has[2] = {false, false};
    for (size_t i = 0; i < rows->count; ++i)
        has[rows->labels[i] != 0] = true;
    *known = rows->areas && has[0] && has[1];
    if (!*known)
        return LVK_OK;
    double *p = lvk_alloc(rows->count, sizeof *p);
    lvk_curve_bands *ranked = lvk_alloc(1, sizeof *ranked);
    const lvk_status status = p && ranked ? compute(rows, p, ranked, bands, bins) : LVK_ERROR_MEMORY;
    lvk_free(p);
    lvk_free(ranked);
    return status;
}
