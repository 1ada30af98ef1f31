#include "train/area_fit.h"

#include "core/memory.h"
#include "models/area.h"
#include "predict/evaluation.h"

#include <math.h>
#include <string.h>

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

/* ---- of a training ---- */

/* Fits the area's logits: of two classes the logistic function of the positive one, of more those of each class
 * against the rest. The first rank's numbers count, since another's mathematical library may differ in the last
 * digit. */
static lvk_status fit_area(lvk_trainer *t, double *kernel, double *bias) {
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    const uint32_t outputs = lvk_network_outputs(t->network);
    uint8_t *targets = lvk_alloc(count, sizeof *targets);
    double *weights = lvk_alloc(count, sizeof *weights);
    const lvk_status status = targets && weights ? LVK_OK : LVK_ERROR_MEMORY;
    for (uint32_t k = 0; k < outputs && status == LVK_OK; ++k) {
        for (size_t i = 0; i < count; ++i) {
            const int target = lvk_evaluation_target(t->dataset, images[i]);
            targets[i] = target == (int)(outputs == 1 ? 1 : k);
            weights[i] = (double)t->class_weight[target];
        }
        lvk_area_fit(t->ground, targets, weights, count, &kernel[k], &bias[k]);
    }
    lvk_free(targets);
    lvk_free(weights);
    return status;
}

static void set_area(const void *user, const lvk_builder *builder, float *block) {
    lvk_area_set(builder, user, block);
}

lvk_status lvk_area_start(lvk_trainer *t) {
    double kernel[LVK_MOST_CLASSES] = {0}, bias[LVK_MOST_CLASSES] = {0};
    LVK_TRY(lvk_ranks_agree(&t->ranks, fit_area(t, kernel, bias)));
    lvk_ranks_broadcast(&t->ranks, 0, kernel, sizeof kernel);
    lvk_ranks_broadcast(&t->ranks, 0, bias, sizeof bias);
    lvk_area_parameters parameters = {.kernel = kernel, .bias = bias};
    memcpy(parameters.mean, t->info.standard.mean, sizeof parameters.mean);
    memcpy(parameters.deviation, t->info.standard.deviation, sizeof parameters.deviation);
    return lvk_network_change_parameters(t->network, set_area, &parameters);
}
