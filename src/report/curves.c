/* ROC, precision and recall, reliability and net benefit of two classes, with bands over people and the area's
 * baseline. */
#include "core/memory.h"
#include "report/area_baseline.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = LVK_BAND_POINTS, BINS = LVK_CALIBRATION_BINS };

#define BAND_ENTRY "95 % band over people"
#define AREA_ENTRY "the cell's area alone"

typedef struct columns {
    double x[POINTS], value[POINTS], low[POINTS], high[POINTS];
} columns;

static void take_columns(const lvk_banded *curve, columns *c) {
    for (int i = 0; i < POINTS; ++i) {
        c->x[i] = i / 100.0;
        c->value[i] = curve[i].value;
        c->low[i] = curve[i].low;
        c->high[i] = curve[i].high;
    }
}

static void draw_curve(lvk_chart *chart, const lvk_banded *curve, const char *name) {
    columns c;
    take_columns(curve, &c);
    lvk_chart_band(chart, c.x, c.low, c.high, POINTS, LVK_CHART_BLUE);
    lvk_chart_line(chart, c.x, c.value, POINTS, LVK_CHART_BLUE, "", name);
}

static void draw_area(lvk_chart *chart, const lvk_banded *curve) {
    columns c;
    take_columns(curve, &c);
    lvk_chart_line(chart, c.x, c.value, POINTS, LVK_CHART_RED, "7 3", AREA_ENTRY);
}

static const lvk_chart_axis *unit(const char *label, lvk_chart_axis *axis) {
    *axis = (lvk_chart_axis){.label = label, .from = 0, .to = 1, .step = 0.2, .decimals = 1};
    return axis;
}

static void note_score(lvk_chart *chart, const lvk_report_source *s, const char *name, const char *key,
                       double y) {
    char text[128], score[2 * LVK_NUMBER_SIZE];
    double low, high;
    char from[LVK_NUMBER_SIZE], to[LVK_NUMBER_SIZE];
    lvk_json_interval(s->scores, key, &low, &high);
    lvk_html_number(score, lvk_json_number(s->scores, key), 3);
    if (isnan(low))
        snprintf(text, sizeof text, "%.40s %.20s", name, score);
    else
        snprintf(text, sizeof text, "%.40s %.20s (%.20s to %.20s)", name, score,
                 lvk_html_number(from, low, 3), lvk_html_number(to, high, 3));
    lvk_chart_note(chart, 1, y, "end", text);
}

static void draw_roc(lvk_page *page, const lvk_curve_bands *area) {
    lvk_text *svg = lvk_page_begin_figure(page, "roc");
    lvk_chart chart;
    lvk_chart_axis x, y;
    if (!svg)
        return;
    lvk_chart_begin(
        &chart, svg, "roc", "ROC",
        "Sensitivity against the false positive rate for every threshold, with the area's curve; the areas "
        "below the curves are in the table of scores.",
        *unit("false positive rate (1 − specificity)", &x), *unit("true positive rate (sensitivity)", &y),
        3 + (area != NULL));
    lvk_chart_rule(&chart, 0, 0, 1, 1);
    draw_curve(&chart, page->bands->roc, "model");
    if (area)
        draw_area(&chart, area->roc);
    note_score(&chart, page->source, "AUC", "auc", 0.11);
    if (area)
        note_score(&chart, page->source, "area alone", "size_only_auc", 0.05);
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "model");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, NULL, 1, BAND_ENTRY);
    if (area)
        lvk_chart_legend(&chart, LVK_CHART_RED, "7 3", 0, AREA_ENTRY);
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "guessing");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "Up and left is better. Each point is a threshold.");
}

static void draw_precision(lvk_page *page, const lvk_curve_bands *area) {
    const double base =
        (double)page->bands->positives / (double)(page->bands->positives + page->bands->negatives);
    lvk_text *svg = lvk_page_begin_figure(page, "precision-recall");
    lvk_chart chart;
    lvk_chart_axis x, y;
    if (!svg)
        return;
    lvk_chart_begin(
        &chart, svg, "precision-recall", "Precision and recall",
        "The share of positive cells among those called positive, against the share of the positive cells "
        "that are found.",
        *unit("recall (sensitivity)", &x), *unit("precision (share of those called positive)", &y),
        3 + (area != NULL));
    lvk_chart_rule(&chart, 0, base, 1, base);
    draw_curve(&chart, page->bands->precision, "model");
    if (area)
        draw_area(&chart, area->precision);
    note_score(&chart, page->source, "average precision", "average_precision", 0.05);
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "model");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, NULL, 1, BAND_ENTRY);
    if (area)
        lvk_chart_legend(&chart, LVK_CHART_RED, "7 3", 0, AREA_ENTRY);
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "calling every cell positive");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "Holds for the share of positive cells in these images.");
}

/* ---- reliability ---- */

static void draw_bins(lvk_chart *chart, const lvk_calibration_bin *bins, const lvk_banded *bands,
                      const char *color, int cross) {
    char told[160];
    uint64_t whole = 0;
    for (int b = 0; b < BINS; ++b)
        whole += bins[b].count;
    for (int b = 0; b < BINS; ++b) {
        if (!bins[b].count)
            continue;
        const double share = (double)bins[b].positives / (double)bins[b].count;
        if (bands && !isnan(bands[b].low))
            lvk_chart_stroke(chart, bins[b].mean_p, bands[b].low, bins[b].mean_p, bands[b].high, color);
        snprintf(told, sizeof told,
                 "%llu cells with a mean probability of %.3f, of which the share %.3f is positive",
                 (unsigned long long)bins[b].count, bins[b].mean_p, share);
        lvk_chart_mark(chart, bins[b].mean_p, share,
                       cross ? 5 : 3 + 9 * sqrt((double)bins[b].count / (double)whole), color, cross, told);
    }
}

/* `area`: the bins of the area's probability; NULL: not known. */
static lvk_status draw_reliability(lvk_page *page, const lvk_calibration_bin *area) {
    const lvk_report_source *s = page->source;
    lvk_calibration_bin bins[BINS];
    lvk_chart chart;
    lvk_chart_axis x, y;
    LVK_TRY(lvk_calibration(&s->cells.scored, bins));
    lvk_text *svg = lvk_page_begin_figure(page, "reliability");
    if (!svg)
        return LVK_OK;
    lvk_chart_begin(
        &chart, svg, "reliability", "Reliability",
        "In ten bins of the probability, the share of positive cells against the mean probability.",
        *unit("mean probability of a bin", &x), *unit("share of positive cells in the bin", &y),
        3 + (area != NULL));
    lvk_chart_rule(&chart, 0, 0, 1, 1);
    if (area)
        draw_bins(&chart, area, NULL, LVK_CHART_RED, 1);
    draw_bins(&chart, bins, page->bands->bins, LVK_CHART_BLUE, 0);
    note_score(&chart, s, "calibration error", "ece", 0.05);
    lvk_chart_legend_mark(&chart, LVK_CHART_BLUE, 0, "a bin (larger: more cells)");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "95 % interval over people");
    if (area)
        lvk_chart_legend_mark(&chart, LVK_CHART_RED, 1, AREA_ENTRY ", fitted to these cells");
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "as it should be");
    lvk_chart_end(&chart);
    lvk_page_end_figure(
        page,
        "Below the line the probabilities are too high, above it too low. The area's are fitted to these "
        "very cells, which flatters them.");
    return LVK_OK;
}

/* ---- decision curve ---- */

/* What lies below the drawing is not drawn on its edge. */
static void cut_below(lvk_banded *curve, double least) {
    for (int i = 0; i < POINTS; ++i)
        if (curve[i].value < least)
            curve[i].value = (double)NAN;
}

static void draw_benefit(lvk_page *page, lvk_curve_bands *area) {
    const double positives = (double)page->bands->positives,
                 count = positives + (double)page->bands->negatives, base = positives / count;
    lvk_text *svg = lvk_page_begin_figure(page, "decision");
    lvk_chart chart;
    lvk_chart_axis x, y = lvk_chart_axis_round("net benefit (true positives a cell)", 0, fmax(base, 0.05));
    double at[POINTS], all[POINTS];
    lvk_banded model[POINTS];
    if (!svg)
        return;
    y.from = -y.step;
    memcpy(model, page->bands->benefit, sizeof model);
    cut_below(model, y.from);
    if (area)
        cut_below(area->benefit, y.from);
    for (int i = 0; i < POINTS; ++i) {
        at[i] = i / 100.0;
        all[i] = i < POINTS - 1 ? lvk_net_benefit(positives, count - positives, count, at[i]) : (double)NAN;
        if (all[i] < y.from)
            all[i] = (double)NAN;
    }
    lvk_chart_begin(
        &chart, svg, "decision", "Decision curve",
        "Net benefit of acting on the model, on the area alone, on all cells and on none, by threshold.",
        *unit("threshold probability", &x), y, 4 + (area != NULL));
    lvk_chart_rule(&chart, 0, 0, 1, 0);
    lvk_chart_line(&chart, at, all, POINTS, LVK_CHART_GREEN, "2 3", "acting on every cell");
    draw_curve(&chart, model, "model");
    if (area)
        draw_area(&chart, area->benefit);
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "model");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, NULL, 1, BAND_ENTRY);
    if (area)
        lvk_chart_legend(&chart, LVK_CHART_RED, "7 3", 0, AREA_ENTRY ", fitted to these cells");
    lvk_chart_legend(&chart, LVK_CHART_GREEN, "2 3", 0, "acting on every cell");
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "acting on none");
    lvk_chart_end(&chart);
    lvk_page_end_figure(
        page,
        "True positives less false positives a cell, where a false positive weighs t / (1 − t) at the "
        "threshold t: how many false alarms one takes for a find. The highest line is the best to act on.");
}

lvk_status lvk_report_add_curves(lvk_page *page) {
    bool known;
    lvk_calibration_bin bins[BINS];
    if (!page->bands || !page->bands->positives || !page->bands->negatives)
        return LVK_OK;
    lvk_curve_bands *area = lvk_alloc(1, sizeof *area);
    lvk_status status =
        area ? lvk_area_baseline(&page->source->cells.scored, area, bins, &known) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        lvk_page_begin_section(page, "curves", "Curves");
        lvk_text_add(page->text,
                     "<p>Bands: where 95 %% of the curves lie that come from drawing people anew. %s</p>\n"
                     "<div class=\"figures\">\n",
                     isnan(page->bands->roc[50].low) ? "There are too few people for a band." : "");
        draw_roc(page, known ? area : NULL);
        draw_precision(page, known ? area : NULL);
        status = draw_reliability(page, known ? bins : NULL);
    }
    if (status == LVK_OK) {
        draw_benefit(page, known ? area : NULL);
        lvk_text_add(page->text, "</div>\n");
        lvk_page_end_section(page);
    }
    lvk_free(area);
    return status;
}
