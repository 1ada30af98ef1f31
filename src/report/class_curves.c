/* Curves of three and more classes: each against the rest, a figure a class. */
#include "core/memory.h"
#include "report/page.h"
#include "report/rates.h"

#include <math.h>
#include <stdio.h>

enum { BINS = LVK_CALIBRATION_BINS, MOST_DRAWN = 12 };

/* Which of the two figures of a class. */
typedef struct shown {
    const char *id, *title, *x, *y;
    bool is_roc;
} shown;

static const shown roc = {"roc", "ROC", "false positive rate (1 − specificity)",
                          "true positive rate (sensitivity)", true};
static const shown precision = {"precision-recall", "Precision and recall", "recall (sensitivity)",
                                "precision (share of those called it)", false};

static void draw(lvk_page *page, uint32_t k, const shown *what, const lvk_curve_bands *bands) {
    const lvk_banded *curve = what->is_roc ? bands->roc : bands->precision;
    const double base = (double)bands->positives / (double)(bands->positives + bands->negatives);
    char id[32], title[160];
    lvk_chart chart;
    snprintf(id, sizeof id, "%.20s-%u", what->id, k + 1);
    snprintf(title, sizeof title, "%s: %.100s", what->title, page->source->names[k]);
    lvk_text *svg = lvk_page_begin_figure(page, id);
    if (!svg)
        return;
    lvk_chart_begin(&chart, svg, page->figures[page->figure_count - 1].id, title,
                    "The class against all other classes.", lvk_rate_axis(what->x), lvk_rate_axis(what->y),
                    2);
    lvk_chart_rule(&chart, 0, what->is_roc ? 0 : base, 1, what->is_roc ? 1 : base);
    lvk_rate_curve(&chart, curve, page->source->names[k]);
    if (what->is_roc)
        lvk_rate_note(&chart, json_array_get(json_object_get(page->source->scores, "by_class"), k), "AUC",
                      "auc", 0.05);
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 1, "model, with its 95 % band over people");
    lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0,
                     what->is_roc ? "guessing" : "calling every cell this class");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "");
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
    lvk_text *svg = lvk_page_begin_figure(page, "reliability");
    lvk_chart chart;
    char told[160];
    if (!svg)
        return;
    lvk_chart_begin(&chart, svg, "reliability", "Reliability",
                    "In ten bins of the highest probability, the share of cells called right.",
                    lvk_rate_axis("mean of the highest probability in a bin"),
                    lvk_rate_axis("share of cells called right in the bin"), 3);
    lvk_chart_rule(&chart, 0, 0, 1, 1);
    for (int b = 0; b < BINS; ++b) {
        if (!bins[b].count)
            continue;
        snprintf(told, sizeof told,
                 "%llu cells with a mean highest probability of %.3f, the share %.3f is called right",
                 (unsigned long long)bins[b].count, bins[b].mean_p,
                 (double)bins[b].positives / (double)bins[b].count);
        lvk_rate_bin(&chart, &bins[b], &bands->bins[b], (double)page->source->cells.by_class.count, told);
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
