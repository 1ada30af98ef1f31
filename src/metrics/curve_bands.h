/* Bands around curves of two classes: how far each point of a curve would move if other people had been
 * examined. The replicates draw the same subjects as lvk_metrics_bootstrap's for the same seed. */
#ifndef LVK_METRICS_CURVE_BANDS_H
#define LVK_METRICS_CURVE_BANDS_H

#include "core/error.h"
#include "leukvk/metrics.h"

enum { LVK_BAND_POINTS = 101 }; /* of a grid from 0 to 1 in hundredths */

/* A curve with the ends of its 95 % interval at each point; NaN: not defined. */
typedef struct lvk_banded {
    double value, low, high;
} lvk_banded;

typedef struct lvk_curve_bands {
    lvk_banded roc[LVK_BAND_POINTS]; /* true positive rate at the false positive rate i / 100 */
    lvk_banded
        precision[LVK_BAND_POINTS]; /* precision at the highest threshold whose recall is i / 100 or more */
    /* At the threshold i / 100, at which a row with a greater p is called positive: */
    uint64_t true_positives[LVK_BAND_POINTS], false_positives[LVK_BAND_POINTS];
    lvk_banded sensitivity[LVK_BAND_POINTS], specificity[LVK_BAND_POINTS];
    /* Likelihood ratios, sensitivity / (1 - specificity) and (1 - sensitivity) / specificity, of which the
     * predictive values at any prevalence are monotone functions. Infinite where the divisor is 0. */
    lvk_banded ratio_positive[LVK_BAND_POINTS], ratio_negative[LVK_BAND_POINTS];
    /* Net benefit: TP / n - FP / n * t / (1 - t) at the threshold t (Vickers, Elkin, Medical Decision Making 26,
     * 2006). At t = 1 it is not defined. */
    lvk_banded benefit[LVK_BAND_POINTS];
    lvk_banded bins[LVK_CALIBRATION_BINS]; /* the share of positive rows in the bins of lvk_calibration */
    uint64_t positives, negatives;
} lvk_curve_bands;

/* Computes curves and bands. Where lvk_metrics_bootstrap would give no interval, there is no band. Errors as
 * lvk_metrics_compute. */
LVK_MUST_USE lvk_status lvk_curve_bands_compute(const lvk_scored *rows, const lvk_bootstrap_options *options,
                                                lvk_curve_bands *bands);

/* Net benefit of calling positive so many of `count` rows right and so many wrong, at the threshold t. */
double lvk_net_benefit(double true_positives, double false_positives, double count, double t);

#endif
