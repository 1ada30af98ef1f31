#include "report/rates.h"

#include "report/html.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = LVK_BAND_POINTS };

lvk_chart_axis lvk_rate_axis(const char *label) {
    return (lvk_chart_axis){.label = label, .from = 0, .to = 1, .step = 0.2, .decimals = 1};
}

void lvk_rate_line(lvk_chart *chart, const lvk_banded *curve, const char *color, const char *dashes,
                   const char *name) {
    double x[POINTS], value[POINTS];
    for (int i = 0; i < POINTS; ++i) {
        x[i] = i / 100.0;
        value[i] = curve[i].value;
    }
    lvk_chart_line(chart, x, value, POINTS, color, dashes, name);
}

void lvk_rate_curve(lvk_chart *chart, const lvk_banded *curve, const char *name) {
    double x[POINTS], low[POINTS], high[POINTS];
    for (int i = 0; i < POINTS; ++i) {
        x[i] = i / 100.0;
        low[i] = curve[i].low;
        high[i] = curve[i].high;
    }
    lvk_chart_band(chart, x, low, high, POINTS, LVK_CHART_BLUE);
    lvk_rate_line(chart, curve, LVK_CHART_BLUE, "", name);
}

void lvk_rate_bin(lvk_chart *chart, const lvk_calibration_bin *bin, const lvk_banded *band, double cells,
                  const char *told) {
    const double share = (double)bin->positives / (double)bin->count;
    if (band && !isnan(band->low))
        lvk_chart_stroke(chart, bin->mean_p, band->low, bin->mean_p, band->high, LVK_CHART_BLUE);
    lvk_chart_mark(chart, bin->mean_p, share, 3 + 9 * sqrt((double)bin->count / cells), LVK_CHART_BLUE, 0,
                   told);
}

void lvk_rate_note(lvk_chart *chart, const json_t *scores, const char *name, const char *key, double y) {
    char text[128], score[LVK_NUMBER_SIZE], from[LVK_NUMBER_SIZE], to[LVK_NUMBER_SIZE];
    double low, high;
    lvk_json_interval(scores, key, &low, &high);
    lvk_html_number(score, lvk_json_number(scores, key), 3);
    if (isnan(low))
        snprintf(text, sizeof text, "%.40s %.20s", name, score);
    else
        snprintf(text, sizeof text, "%.40s %.20s (%.20s to %.20s)", name, score,
                 lvk_html_number(from, low, 3), lvk_html_number(to, high, 3));
    lvk_chart_note(chart, 1, y, "end", text);
}
