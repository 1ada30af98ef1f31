#include "metrics/temperature.h"

#include "core/memory.h"
#include "metrics/subject_weights.h"

#include <math.h>

#define NEAREST 5e-10 /* of a probability to 0 and 1 */

double lvk_sigmoid(double z) {
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

static double logit(double p) {
    const double most = log(1 / NEAREST - 1);
    return fmax(-most, fmin(log(p) - log1p(-p), most));
}

double lvk_temperature_apply(double p, double temperature) {
    return lvk_sigmoid(logit(p) / temperature);
}

/* What a temperature is looked for. */
typedef struct sample {
    size_t count;
    const double *margins; /* [count] of two classes the logits, negated where the label is 0; else NULL */
    const double *logits;  /* [count][classes] of three and more */
    const uint32_t *labels;
    uint32_t classes;
    const double *weights; /* [count]; NULL: all rows weigh alike */
} sample;

/* Mean of the logits by their probabilities, less that of the label. */
static double slope_of_row(const double *z, uint32_t classes, uint32_t label, double b) {
    double most = z[0], sum = 0, weighted = 0;
    for (uint32_t k = 1; k < classes; ++k)
        most = fmax(most, z[k]);
    for (uint32_t k = 0; k < classes; ++k) {
        const double weight = exp(b * (z[k] - most));
        sum += weight;
        weighted += weight * z[k];
    }
    return weighted / sum - z[label];
}

/* Of the sum over rows of log(1 + exp(-b m)) by b = 1 / T, m being the margin, or of three classes and more of
 * log(sum of exp(b z)) - b z[label]. It rises with b, as the sum is convex. */
static double slope(const sample *s, double b) {
    double sum = 0;
    for (size_t i = 0; i < s->count; ++i) {
        const double row = s->margins ? -s->margins[i] * lvk_sigmoid(-b * s->margins[i])
                                      : slope_of_row(s->logits + i * s->classes, s->classes, s->labels[i], b);
        sum += s->weights ? s->weights[i] * row : row;
    }
    return sum;
}

/* Bisection: to the last bit, and as good as any method for a function this cheap. */
static double zero_of_slope(const sample *s, double low, double high) {
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return middle;
        if (slope(s, middle) < 0)
            low = middle;
        else
            high = middle;
    }
}

static lvk_status find(const sample *s, double *temperature) {
    const double low = 1 / LVK_TEMPERATURE_MOST, high = 1 / LVK_TEMPERATURE_LEAST;
    if (!(slope(s, low) < 0))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "no temperature: the predictions are no better than chance, so that only an infinite one "
            "would fit");
    if (!(slope(s, high) > 0))
        return lvk_fail(
            LVK_ERROR_ARGUMENT,
            "no temperature: the predictions separate the classes almost perfectly, so that it would "
            "be 0; more images, or harder ones, are needed");
    *temperature = 1 / zero_of_slope(s, low, high);
    return LVK_OK;
}

static lvk_status fit(const lvk_scored *rows, const double *weights, double *temperature) {
    double *margins = lvk_alloc(rows->count, sizeof *margins);
    if (!margins)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < rows->count; ++i) {
        const double z = logit(rows->probabilities[i]);
        margins[i] = rows->labels[i] ? z : -z;
    }
    const lvk_status status =
        find(&(sample){.count = rows->count, .margins = margins, .weights = weights}, temperature);
    lvk_free(margins);
    return status;
}

lvk_status lvk_temperature_fit(const lvk_scored *rows, double *temperature) {
    return fit(rows, NULL, temperature);
}

static double log_of(double p) {
    return log(fmax(p, NEAREST));
}

static lvk_status fit_classes(const lvk_class_rows *rows, const double *weights, double *temperature) {
    double *logits = lvk_alloc(rows->count * rows->classes, sizeof *logits);
    if (!logits)
        return LVK_ERROR_MEMORY;
    for (size_t i = 0; i < rows->count * rows->classes; ++i)
        logits[i] = log_of(rows->probabilities[i]);
    const sample s = {.count = rows->count,
                      .logits = logits,
                      .labels = rows->labels,
                      .classes = rows->classes,
                      .weights = weights};
    const lvk_status status = find(&s, temperature);
    lvk_free(logits);
    return status;
}

lvk_status lvk_temperature_fit_classes(const lvk_class_rows *rows, double *temperature) {
    return fit_classes(rows, NULL, temperature);
}

/* Fails where fewer than two classes have two subjects. */
static lvk_status weigh(const lvk_labelled_rows *rows, uint32_t classes, uint32_t *labels, double *weights) {
    uint32_t subjects[LVK_MOST_CLASSES], known = 0;
    const size_t count = rows->scored.count;
    for (size_t i = 0; i < count; ++i)
        labels[i] = rows->labels ? rows->labels[i] : rows->class_labels[i];
    LVK_TRY(lvk_subject_weights(rows->subjects, labels, count, rows->scored.subject_count, classes, weights,
                                subjects));
    for (uint32_t c = 0; c < classes; ++c)
        known += subjects[c] > 1;
    return known < 2
               ? lvk_fail(LVK_ERROR_ARGUMENT, "no temperature: it takes two subjects of each of two classes")
               : LVK_OK;
}

lvk_status lvk_temperature_fit_by_subject(const lvk_labelled_rows *rows, uint32_t classes,
                                          double *temperature) {
    double *weights = lvk_alloc(rows->scored.count, sizeof *weights);
    uint32_t *labels = lvk_alloc(rows->scored.count, sizeof *labels);
    lvk_status status = weights && labels ? weigh(rows, classes, labels, weights) : LVK_ERROR_MEMORY;
    if (status == LVK_OK)
        status = classes > 2 ? fit_classes(&rows->by_class, weights, temperature)
                             : fit(&rows->scored, weights, temperature);
    lvk_free(labels);
    lvk_free(weights);
    return status;
}

void lvk_softmax(double *z, uint32_t classes, double temperature) {
    double most = z[0], sum = 0;
    for (uint32_t k = 1; k < classes; ++k)
        most = fmax(most, z[k]);
    for (uint32_t k = 0; k < classes; ++k)
        sum += z[k] = exp((z[k] - most) / temperature);
    for (uint32_t k = 0; k < classes; ++k)
        z[k] /= sum;
}

void lvk_temperature_apply_classes(double *p, uint32_t classes, double temperature) {
    for (uint32_t k = 0; k < classes; ++k)
        p[k] = log_of(p[k]);
    lvk_softmax(p, classes, temperature);
}
