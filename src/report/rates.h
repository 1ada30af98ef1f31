/* What charts of rates have in common: axes from 0 to 1, curves with bands over people, bins, scores in the plot. */
#ifndef LVK_REPORT_RATES_H
#define LVK_REPORT_RATES_H

#include "metrics/curve_bands.h"
#include "report/chart.h"

#include <jansson.h>

lvk_chart_axis lvk_rate_axis(const char *label);

/* A curve, LVK_BAND_POINTS points over 0 to 1, as a line; in blue with its band. */
void lvk_rate_line(lvk_chart *chart, const lvk_banded *curve, const char *color, const char *dashes,
                   const char *name);
void lvk_rate_curve(lvk_chart *chart, const lvk_banded *curve, const char *name);

/* A bin of a reliability diagram with the interval of its share, if there is one (`band`, NULL: none); `cells` are
 * those of all bins. `told` is told when one points at the bin. */
void lvk_rate_bin(lvk_chart *chart, const lvk_calibration_bin *bin, const lvk_banded *band, double cells,
                  const char *told);

/* Writes "NAME 0.819 (0.657 to 0.948)" at the right of the plot, at height `y`: the score `key` of `scores`. */
void lvk_rate_note(lvk_chart *chart, const json_t *scores, const char *name, const char *key, double y);

#endif
