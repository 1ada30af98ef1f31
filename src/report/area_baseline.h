/* What the cell's area alone, without any model, tells of two classes. */
#ifndef LVK_REPORT_AREA_BASELINE_H
#define LVK_REPORT_AREA_BASELINE_H

#include "metrics/curve_bands.h"

#include <stdbool.h>

/* Computes the curves of the area as it is ranked by `bands`: ROC and precision by the area itself, reliability and
 * net benefit by the probability that a logistic regression of the label on the logarithm of the area gives. The
 * regression is fitted to these very cells, so it flatters the area. Its bands are left NaN. `bins` are those of that probability. *known is false where
 * the area of a cell is not known, or the cells have one class. */
LVK_MUST_USE lvk_status lvk_area_baseline(const lvk_scored *rows, lvk_curve_bands *bands,
                                          lvk_calibration_bin bins[LVK_CALIBRATION_BINS], bool *known);

/* Fits log(p / (1 - p)) = a + b x by Newton's method, with a penalty of 5e-7 b^2 so that classes that are told
 * apart without a mistake have finite coefficients. */
void lvk_logistic_fit(const double *x, const uint8_t *labels, size_t count, double *a, double *b);

#endif
