/* ROC, precision and recall, reliability and net benefit of two classes, with bands over people and the area's
 * baseline. */
#include "core/memory.h"
#include "report/area_baseline.h"
#include "report/page.h"
#include "report/rates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { POINTS = LVK_BAND_POINTS, BINS = LVK_CALIBRATION_BINS };

#define AREA_ENTRY "the cell's area alone"

/* A chart of one rate against another: what differs between ROC and precision. */
typedef struct rates {
    const char *id, *title, *summary, *x, *y, *baseline, *caption;
    bool diagonal;                      /* the baseline runs up; else it is the share of positive cells */
    const char *score, *key, *area_key; /* the score that is written into the plot; NULL: the area has none */
} rates;

static const rates roc = {
    .id = "roc",
    .title = "ROC",
    .summary =
        "Sensitivity against the false positive rate for every threshold, with the area's curve; the areas "
        "below the curves are in the table of scores.",
    .x = "false positive rate (1 − specificity)",
    .y = "true positive rate (sensitivity)",
    .baseline = "guessing",
    .caption = "Up and left is better. Each point is a threshold.",
    .diagonal = true,
    .score = "AUC",
    .key = "auc",
    .area_key = "size_only_auc"};

static const rates precision = {
    .id = "precision-recall",
    .title = "Precision and recall",
    .summary =
        "The share of positive cells among those called positive, against the share of the positive cells "
        "that are found.",
    .x = "recall (sensitivity)",
    .y = "precision (share of those called positive)",
    .baseline = "calling every cell positive",
    .caption = "Holds for the share of positive cells in these images.",
    .score = "average precision",
    .key = "average_precision"};

static void draw_area(lvk_chart *chart, const lvk_banded *curve) {
    lvk_rate_line(chart, curve, LVK_CHART_RED, "7 3", AREA_ENTRY);
}

/* The legend of a curve with its band, and of the area's; `area_entry` NULL: there is none. */
static void add_legend(lvk_chart *chart, const char *area_entry) {
    lvk_chart_legend(chart, LVK_CHART_BLUE, "", 0, "model");
    lvk_chart_legend(chart, LVK_CHART_BLUE, NULL, 1, "95 % band over people");
    if (area_entry)
        lvk_chart_legend(chart, LVK_CHART_RED, "7 3", 0, area_entry);
}

/* `area`: the area's curves; NULL: not known. */
static void draw_rates(lvk_page *page, const rates *what, const lvk_banded *model, const lvk_banded *area) {
    const json_t *scores = page->source->scores;
    const double base =
        (double)page->bands->positives / (double)(page->bands->positives + page->bands->negatives);
    lvk_text *svg = lvk_page_begin_figure(page, what->id);
    lvk_chart chart;
    if (!svg)
        return;
    lvk_chart_begin(&chart, svg, what->id, what->title, what->summary, lvk_rate_axis(what->x),
                    lvk_rate_axis(what->y), 3 + (area != NULL));
    lvk_chart_rule(&chart, 0, what->diagonal ? 0 : base, 1, what->diagonal ? 1 : base);
    lvk_rate_curve(&chart, model, "model");
    if (area)
        draw_area(&chart, area);
    lvk_rate_note(&chart, scores, what->score, what->key, what->area_key ? 0.11 : 0.05);
    if (area && what->area_key)
        lvk_rate_note(&chart, scores, "area alone", what->area_key, 0.05);
    add_legend(&chart, area ? AREA_ENTRY : NULL);
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, what->baseline);
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, what->caption);
}

/* ---- reliability ---- */

static const char *tell_bin(char told[160], const lvk_calibration_bin *bin) {
    snprintf(told, 160, "%llu cells with a mean probability of %.3f, of which the share %.3f is positive",
             (unsigned long long)bin->count, bin->mean_p, (double)bin->positives / (double)bin->count);
    return told;
}

static void draw_bins(lvk_chart *chart, const lvk_calibration_bin *bins, const lvk_banded *bands,
                      size_t cells) {
    char told[160];
    for (int b = 0; b < BINS; ++b)
        if (bins[b].count)
            lvk_rate_bin(chart, &bins[b], &bands[b], (double)cells, tell_bin(told, &bins[b]));
}

static void draw_area_bins(lvk_chart *chart, const lvk_calibration_bin *bins) {
    char told[160];
    for (int b = 0; b < BINS; ++b)
        if (bins[b].count)
            lvk_chart_mark(chart, bins[b].mean_p, (double)bins[b].positives / (double)bins[b].count, 5,
                           LVK_CHART_RED, 1, tell_bin(told, &bins[b]));
}

/* `area`: the bins of the area's probability; NULL: not known. */
static lvk_status draw_reliability(lvk_page *page, const lvk_calibration_bin *area) {
    const lvk_report_source *s = page->source;
    lvk_calibration_bin bins[BINS];
    lvk_chart chart;
    LVK_TRY(lvk_calibration(&s->cells.scored, bins));
    lvk_text *svg = lvk_page_begin_figure(page, "reliability");
    if (!svg)
        return LVK_OK;
    lvk_chart_begin(
        &chart, svg, "reliability", "Reliability",
        "In ten bins of the probability, the share of positive cells against the mean probability.",
        lvk_rate_axis("mean probability of a bin"), lvk_rate_axis("share of positive cells in the bin"),
        3 + (area != NULL));
    lvk_chart_rule(&chart, 0, 0, 1, 1);
    if (area)
        draw_area_bins(&chart, area);
    draw_bins(&chart, bins, page->bands->bins, s->cells.scored.count);
    lvk_rate_note(&chart, s->scores, "calibration error", "ece", 0.05);
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
    lvk_chart_axis y = lvk_chart_axis_round("net benefit (true positives a cell)", 0, fmax(base, 0.05));
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
        lvk_rate_axis("threshold probability"), y, 4 + (area != NULL));
    lvk_chart_rule(&chart, 0, 0, 1, 0);
    lvk_chart_line(&chart, at, all, POINTS, LVK_CHART_GREEN, "2 3", "acting on every cell");
    lvk_rate_curve(&chart, model, "model");
    if (area)
        draw_area(&chart, area->benefit);
    add_legend(&chart, area ? AREA_ENTRY ", fitted to these cells" : NULL);
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
        draw_rates(page, &roc, page->bands->roc, known ? area->roc : NULL);
        draw_rates(page, &precision, page->bands->precision, known ? area->precision : NULL);
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
