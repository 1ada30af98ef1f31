/* Curves of three and more classes: each against the rest, a figure a class. */
#include "core/memory.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>

enum { POINTS = LVK_BAND_POINTS, BINS = LVK_CALIBRATION_BINS, MOST_DRAWN = 12 };

/* Which of the two figures of a class. */
typedef struct shown {
    const char *id, *title, *x, *y, *score; /* the key of the score in by_class */
    const char *caption;
    bool diagonal;
} shown;

static const shown roc = {
    "roc", "ROC", "false positive rate (1 − specificity)", "true positive rate (sensitivity)", "auc",
    "",    true};
static const shown precision = {"precision-recall",
                                "Precision and recall",
                                "recall (sensitivity)",
                                "precision (share of those called it)",
                                NULL,
                                "",
                                false};

static void note_auc(lvk_chart *chart, const json_t *scores) {
    char text[2 * LVK_NUMBER_SIZE + 8], score[2 * LVK_NUMBER_SIZE];
    double low, high;
    char from[LVK_NUMBER_SIZE], to[LVK_NUMBER_SIZE];
    lvk_json_interval(scores, "auc", &low, &high);
    lvk_html_number(score, lvk_json_number(scores, "auc"), 3);
    if (isnan(low))
        snprintf(text, sizeof text, "AUC %.20s", score);
    else
        snprintf(text, sizeof text, "AUC %.20s (%.20s to %.20s)", score, lvk_html_number(from, low, 3),
                 lvk_html_number(to, high, 3));
    lvk_chart_note(chart, 1, 0.05, "end", text);
}

static void draw(lvk_page *page, uint32_t k, const shown *what, const lvk_curve_bands *bands) {
    const lvk_banded *curve = what->diagonal ? bands->roc : bands->precision;
    const double base = (double)bands->positives / (double)(bands->positives + bands->negatives);
    double x[POINTS], value[POINTS], low[POINTS], high[POINTS];
    char id[32], title[160];
    lvk_chart chart;
    snprintf(id, sizeof id, "%.20s-%u", what->id, k + 1);
    snprintf(title, sizeof title, "%s: %.100s", what->title, page->source->names[k]);
    lvk_text *svg = lvk_page_begin_figure(page, id);
    if (!svg)
        return;
    for (int i = 0; i < POINTS; ++i) {
        x[i] = i / 100.0;
        value[i] = curve[i].value;
        low[i] = curve[i].low;
        high[i] = curve[i].high;
    }
    lvk_chart_begin(&chart, svg, page->figures[page->figure_count - 1].id, title,
                    "The class against all other classes.",
                    (lvk_chart_axis){.label = what->x, .from = 0, .to = 1, .step = 0.2, .decimals = 1},
                    (lvk_chart_axis){.label = what->y, .from = 0, .to = 1, .step = 0.2, .decimals = 1}, 2);
    lvk_chart_rule(&chart, 0, what->diagonal ? 0 : base, 1, what->diagonal ? 1 : base);
    lvk_chart_band(&chart, x, low, high, POINTS, LVK_CHART_BLUE);
    lvk_chart_line(&chart, x, value, POINTS, LVK_CHART_BLUE, "", page->source->names[k]);
    if (what->diagonal)
        note_auc(&chart, json_array_get(json_object_get(page->source->scores, "by_class"), k));
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 1, "model, with its 95 % band over people");
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0,
                     what->diagonal ? "guessing" : "calling every cell this class");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, what->caption);
}

/* The class against the rest, as two classes. */
static lvk_status draw_class(lvk_page *page, uint32_t k, double *p, uint8_t *labels, lvk_curve_bands *bands) {
    const lvk_class_rows *rows = &page->source->cells.by_class;
    const lvk_bootstrap_options options = {.seed = LVK_BOOTSTRAP_SEED};
    const lvk_scored scored = {.count = rows->count,
                               .probabilities = p,
                               .labels = labels,
                               .subjects = rows->subjects,
                               .subject_count = rows->subject_count};
    for (size_t i = 0; i < rows->count; ++i) {
        p[i] = rows->probabilities[i * rows->classes + k];
        labels[i] = rows->labels[i] == k;
    }
    LVK_TRY(lvk_curve_bands_compute(&scored, &options, bands));
    if (bands->positives && bands->negatives) {
        draw(page, k, &roc, bands);
        draw(page, k, &precision, bands);
    }
    return LVK_OK;
}

/* ---- reliability of the class that is called ---- */

static void draw_bins(lvk_page *page, const lvk_calibration_bin *bins, const lvk_curve_bands *bands) {
    const lvk_chart_axis x = {"mean of the highest probability in a bin", 0, 1, 0.2, 1},
                         y = {"share of cells called right in the bin", 0, 1, 0.2, 1};
    lvk_text *svg = lvk_page_begin_figure(page, "reliability");
    lvk_chart chart;
    char told[160];
    if (!svg)
        return;
    lvk_chart_begin(&chart, svg, "reliability", "Reliability",
                    "In ten bins of the highest probability, the share of cells called right.", x, y, 3);
    lvk_chart_rule(&chart, 0, 0, 1, 1);
    for (int b = 0; b < BINS; ++b) {
        if (!bins[b].count)
            continue;
        const double share = (double)bins[b].positives / (double)bins[b].count;
        if (!isnan(bands->bins[b].low))
            lvk_chart_stroke(&chart, bins[b].mean_p, bands->bins[b].low, bins[b].mean_p, bands->bins[b].high,
                             LVK_CHART_BLUE);
        snprintf(told, sizeof told,
                 "%llu cells with a mean highest probability of %.3f, the share %.3f is called right",
                 (unsigned long long)bins[b].count, bins[b].mean_p, share);
        lvk_chart_mark(&chart, bins[b].mean_p, share,
                       3 + 9 * sqrt((double)bins[b].count / (double)page->source->cells.by_class.count),
                       LVK_CHART_BLUE, 0, told);
    }
    lvk_chart_legend_mark(&chart, LVK_CHART_BLUE, 0, "a bin (larger: more cells)");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "95 % interval over people");
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "as it should be");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "Below the line the model is too sure, above it not sure enough.");
}

static lvk_status draw_reliability(lvk_page *page, double *p, uint8_t *right, lvk_curve_bands *bands) {
    const lvk_class_rows *rows = &page->source->cells.by_class;
    const lvk_bootstrap_options options = {.seed = LVK_BOOTSTRAP_SEED};
    const lvk_scored scored = {.count = rows->count,
                               .probabilities = p,
                               .labels = right,
                               .subjects = rows->subjects,
                               .subject_count = rows->subject_count};
    lvk_calibration_bin bins[BINS];
    for (size_t i = 0; i < rows->count; ++i) {
        const double *row = rows->probabilities + i * rows->classes;
        const uint32_t called = lvk_class_called(row, rows->classes);
        p[i] = row[called];
        right[i] = called == rows->labels[i];
    }
    LVK_TRY(lvk_calibration(&scored, bins));
    LVK_TRY(lvk_curve_bands_compute(&scored, &options, bands));
    draw_bins(page, bins, bands);
    return LVK_OK;
}

lvk_status lvk_report_add_class_curves(lvk_page *page) {
    const lvk_report_source *s = page->source;
    if (!s->scores || s->classes < 3)
        return LVK_OK;
    const size_t count = s->cells.by_class.count;
    const uint32_t drawn = s->classes < MOST_DRAWN ? s->classes : MOST_DRAWN;
    double *p = lvk_alloc(count + 1, sizeof *p);
    uint8_t *labels = lvk_alloc(count + 1, 1);
    lvk_curve_bands *bands = lvk_alloc(1, sizeof *bands);
    lvk_status status = p && labels && bands ? LVK_OK : LVK_ERROR_MEMORY;
    lvk_page_begin_section(page, "curves", "Curves");
    lvk_html(page->text,
             "<p>Each class against all others, by its probability. Bands: where 95 % of the curves lie that "
             "come from drawing people anew.{}</p>\n<div class=\"figures\">\n",
             drawn < s->classes ? " The first 12 classes are drawn; the table of scores has all." : "");
    for (uint32_t k = 0; k < drawn && status == LVK_OK; ++k)
        status = draw_class(page, k, p, labels, bands);
    if (status == LVK_OK)
        status = draw_reliability(page, p, labels, bands);
    lvk_text_add(page->text, "</div>\n");
    lvk_page_end_section(page);
    lvk_free(p);
    lvk_free(labels);
    lvk_free(bands);
    return status;
}
