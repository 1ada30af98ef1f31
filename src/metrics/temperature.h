/* The temperature of a model's logits (leukvk/calibrate.h). */
#ifndef LVK_METRICS_TEMPERATURE_H
#define LVK_METRICS_TEMPERATURE_H

#include "core/error.h"
#include "leukvk/class_metrics.h"
#include "leukvk/metrics.h"
#include "metrics/labelled_rows.h"

/* What is looked for. */
#define LVK_TEMPERATURE_LEAST 0.01
#define LVK_TEMPERATURE_MOST  100.0

/* The temperature of least log loss for logits log(p / (1 - p)); p is kept 5e-10 from 0 and 1, half of the
 * last digit that predictions are written with. In double, in the order of the rows: equal input gives equal
 * bits. LVK_ERROR_ARGUMENT: none of those above has the least loss. Both classes must be there. */
LVK_MUST_USE lvk_status lvk_temperature_fit(const lvk_scored *rows, double *temperature);

/* The same of three classes and more, for logits log p of every class, of which likewise none is taken for less than
 * 5e-10. */
LVK_MUST_USE lvk_status lvk_temperature_fit_classes(const lvk_class_rows *rows, double *temperature);

/* The same of `rows`, of `classes` classes, where all classes weigh alike, and in a class all of its subjects: some people have
 * hundreds of images, others ten. LVK_ERROR_ARGUMENT also where fewer than two classes have two subjects each. */
LVK_MUST_USE lvk_status lvk_temperature_fit_by_subject(const lvk_labelled_rows *rows, uint32_t classes,
                                                       double *temperature);

/* sigmoid(logit(p) / temperature). */
double lvk_temperature_apply(double p, double temperature);

/* softmax(log(p) / temperature) in the place of `p`. */
void lvk_temperature_apply_classes(double *p, uint32_t classes, double temperature);

/* 1 / (1 + exp(-z)), without overflow. */
double lvk_sigmoid(double z);

/* softmax(z / temperature) in the place of `z`, without overflow. */
void lvk_softmax(double *z, uint32_t classes, double temperature);

#endif
