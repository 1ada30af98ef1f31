#include "train/area_fit.h"

#include <math.h>

enum { MOST_ROUNDS = 50 };

typedef struct moments {
    double mean, deviation, total, positive; /* of x, and of the weights of all and of targets 1 */
} moments;

static moments measure(const double *x, const uint8_t *targets, const double *weights, size_t count) {
    moments m = {0};
    double squares = 0;
    for (size_t i = 0; i < count; ++i) {
        m.total += weights[i];
        m.positive += targets[i] ? weights[i] : 0;
        m.mean += weights[i] * x[i];
    }
    m.mean /= m.total > 0 ? m.total : 1;
    for (size_t i = 0; i < count; ++i)
        squares += weights[i] * (x[i] - m.mean) * (x[i] - m.mean);
    m.deviation = m.total > 0 ? sqrt(squares / m.total) : 0;
    return m;
}

/* One step of Newton's method for a and b of sigmoid(a z + b), z the standardized x. Returns how far it went. */
static double step(const double *x, const uint8_t *targets, const double *weights, size_t count,
                   const moments *m, double *a, double *b) {
    double ga = LVK_AREA_RIDGE * *a, gb = 0, haa = LVK_AREA_RIDGE, hab = 0, hbb = 0;
    for (size_t i = 0; i < count; ++i) {
        const double z = (x[i] - m->mean) / m->deviation, p = 1 / (1 + exp(-(*a * z + *b)));
        const double w = weights[i] / m->total, off = w * (p - targets[i]), curvature = w * p * (1 - p);
        ga += off * z;
        gb += off;
        haa += curvature * z * z;
        hab += curvature * z;
        hbb += curvature;
    }
    const double determinant = haa * hbb - hab * hab;
    if (!(determinant > 1e-12))
        return 0;
    const double da = (hbb * ga - hab * gb) / determinant, db = (haa * gb - hab * ga) / determinant;
    *a -= da;
    *b -= db;
    return fabs(da) + fabs(db);
}

void lvk_area_fit(const double *x, const uint8_t *targets, const double *weights, size_t count, double *slope,
                  double *intercept) {
    const moments m = measure(x, targets, weights, count);
    double a = 0, b = 0;
    *slope = *intercept = 0;
    if (!(m.positive > 0 && m.positive < m.total) || !(m.deviation > 1e-6))
        return;
    for (int round = 0; round < MOST_ROUNDS; ++round)
        if (step(x, targets, weights, count, &m, &a, &b) < 1e-12)
            break;
    *slope = a / m.deviation;
    *intercept = b - *slope * m.mean;
}
