/* Learning curves: loss, accuracy and AUC by epoch. */
#include "report/page.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct panel {
    const char *id, *title, *label, *train, *validation; /* columns; NULL: none */
    bool share;                                          /* from 0 to 1 */
} panel;

static const panel panels[] = {
    {"learning-loss", "Loss by epoch", "loss (mean cross-entropy, nats)", "train_loss", "val_loss", false},
    {"learning-accuracy", "Accuracy by epoch", "accuracy (share of cells called right)", "train_accuracy",
     "val_accuracy", true},
    {"learning-auc", "AUC by epoch", "AUC on the validation images", NULL, "val_auc", true}};

static void widen(const double *values, size_t count, double *least, double *most) {
    for (size_t i = 0; values && i < count; ++i) {
        *least = values[i] < *least ? values[i] : *least;
        *most = values[i] > *most ? values[i] : *most;
    }
}

static const double *column(const lvk_report_run *run, const char *name) {
    return name ? lvk_epochs_column(&run->epochs, name) : NULL;
}

/* The range of both axes. False: there is nothing to draw. */
static bool range_of(const lvk_report_source *s, const panel *p, lvk_chart_axis *x, lvk_chart_axis *y) {
    double least = INFINITY, most = -INFINITY, epochs = 1;
    for (size_t r = 0; r < s->run_count; ++r) {
        const size_t count = s->runs[r].epochs.count;
        widen(column(&s->runs[r], p->train), count, &least, &most);
        widen(column(&s->runs[r], p->validation), count, &least, &most);
        epochs = fmax(epochs, (double)count);
    }
    if (!(most >= least))
        return false;
    *x = lvk_chart_axis_round("epoch", 1, fmax(epochs, 2));
    x->step = fmax(1, x->step);
    x->from = 0;
    x->decimals = 0;
    *y = lvk_chart_axis_round(p->label, p->share ? least : fmin(least, 0), most);
    if (p->share)
        y->to = fmin(y->to, 1);
    return true;
}

static lvk_status draw_line(lvk_chart *chart, const lvk_report_run *run, const double *values,
                            const char *color, const char *dashes, const char *what) {
    const size_t count = run->epochs.count;
    if (!values)
        return LVK_OK;
    double *epochs = lvk_alloc(count + 1, sizeof *epochs);
    char *name = lvk_format("%s, %s", run->name, what);
    for (size_t i = 0; epochs && i < count; ++i)
        epochs[i] = (double)i + 1;
    if (epochs && name)
        lvk_chart_line(chart, epochs, values, count, color, dashes, name);
    const bool drawn = epochs && name;
    if (drawn && run->best_epoch)
        lvk_chart_mark(chart, run->best_epoch, values[run->best_epoch - 1], 4, color, 0, name);
    lvk_free(epochs);
    lvk_free(name);
    return drawn ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status draw(lvk_page *page, const panel *p) {
    const lvk_report_source *s = page->source;
    lvk_chart_axis x, y;
    lvk_chart chart;
    lvk_text *svg = range_of(s, p, &x, &y) ? lvk_page_begin_figure(page, p->id) : NULL;
    bool train = false, validation = false;
    if (!svg)
        return LVK_OK;
    for (size_t r = 0; r < s->run_count; ++r) {
        train = train || column(&s->runs[r], p->train);
        validation = validation || column(&s->runs[r], p->validation);
    }
    lvk_chart_begin(&chart, svg, p->id, p->title, "The values are in the table below the figures.", x, y,
                    1 + train + validation);
    if (s->run_count == 1 && s->runs[0].best_epoch)
        lvk_chart_rule(&chart, s->runs[0].best_epoch, y.from, s->runs[0].best_epoch, y.to);
    for (size_t r = 0; r < s->run_count; ++r) {
        LVK_TRY(
            draw_line(&chart, &s->runs[r], column(&s->runs[r], p->train), LVK_CHART_BLUE, "", "training"));
        LVK_TRY(draw_line(&chart, &s->runs[r], column(&s->runs[r], p->validation), LVK_CHART_RED, "7 3",
                          "validation"));
    }
    if (train)
        lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0,
                         s->run_count > 1 ? "training images, a line a fold" : "training images (augmented)");
    if (validation)
        lvk_chart_legend(&chart, LVK_CHART_RED, "7 3", 0, "validation images");
    if (s->run_count > 1)
        lvk_chart_legend_mark(&chart, LVK_CHART_BLUE, 0, "the epoch that is kept");
    else
        lvk_chart_legend(&chart, LVK_CHART_GREY, "4 4", 0, "the epoch that is kept");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "");
    return LVK_OK;
}

/* ---- table ---- */

/* Whether a column of the first training has any value. */
static bool is_known(const lvk_report_source *s, int column_index) {
    const lvk_epochs *first = &s->runs[0].epochs;
    return lvk_epochs_column(first, first->names[column_index]) != NULL;
}

static void add_epoch(lvk_page *page, const lvk_report_run *run, size_t epoch) {
    lvk_text_add(page->text, "<tr%s>", epoch + 1 == run->best_epoch ? " class=\"kept\"" : "");
    if (page->source->run_count > 1)
        lvk_html(page->text, "<th scope=\"row\">{}</th>", run->name);
    lvk_text_add(page->text, "<th scope=\"row\">%zu%s</th>", epoch + 1,
                 epoch + 1 == run->best_epoch ? " (kept)" : "");
    for (int c = 1; c < run->epochs.columns; ++c) {
        if (!is_known(page->source, c))
            continue;
        const double value = run->epochs.values[(size_t)c * run->epochs.count + epoch];
        lvk_text_add(page->text, "<td>");
        if (!isnan(value))
            lvk_text_add_number(page->text, value, 4);
        lvk_text_add(page->text, "</td>");
    }
    lvk_text_add(page->text, "</tr>\n");
}

enum { MOST_ROWS = 500 };

static void add_epochs(lvk_page *page) {
    const lvk_report_source *s = page->source;
    const lvk_epochs *first = &s->runs[0].epochs;
    size_t rows = 0;
    lvk_text_add(page->text, "<details><summary>The values of every epoch</summary>\n"
                             "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Epochs\">"
                             "<table id=\"epochs\"><caption>Epochs (metrics.csv)</caption>\n<thead><tr>");
    if (s->run_count > 1)
        lvk_text_add(page->text, "<th scope=\"col\">training</th>");
    for (int c = 0; c < first->columns; ++c)
        if (is_known(s, c))
            lvk_html(page->text, "<th scope=\"col\">{}</th>", first->names[c]);
    lvk_text_add(page->text, "</tr></thead>\n<tbody>\n");
    for (size_t r = 0; r < s->run_count; ++r)
        for (size_t e = 0; s->runs[r].epochs.columns == first->columns && e < s->runs[r].epochs.count; ++e)
            if (rows++ < MOST_ROWS)
                add_epoch(page, &s->runs[r], e);
    lvk_text_add(page->text, "</tbody></table></div>\n");
    if (rows > MOST_ROWS)
        lvk_text_add(page->text, "<p>The first %d epochs of %zu; metrics.csv has all.</p>\n", MOST_ROWS,
                     rows);
    lvk_text_add(page->text, "</details>\n");
}

lvk_status lvk_report_add_learning(lvk_page *page) {
    const lvk_report_source *s = page->source;
    bool any = false;
    for (size_t r = 0; r < s->run_count; ++r)
        any = any || s->runs[r].epochs.count;
    if (!any)
        return LVK_OK;
    const char *keep = lvk_report_setting_text(s, "keep");
    const bool validated = lvk_epochs_column(&s->runs[0].epochs, "val_loss") != NULL;
    lvk_page_begin_section(page, "learning", "Learning curves");
    lvk_html(
        page->text, "<p>How loss and scores changed with each pass over the training images. {}{}</p>\n",
        strcmp(keep, "best") == 0 ? "The model of the epoch with the lowest validation loss was kept."
                                  : "The model of the last epoch was kept, whatever the validation says.",
        validated
            ? ""
            : " There are no validation images, so the curves show training images alone, and cannot show "
              "when a model begins to learn them by heart.");
    lvk_text_add(page->text, "<div class=\"figures\">\n");
    for (size_t p = 0; p < sizeof panels / sizeof *panels; ++p)
        LVK_TRY(draw(page, &panels[p]));
    lvk_text_add(page->text, "</div>\n");
    add_epochs(page);
    lvk_page_end_section(page);
    return LVK_OK;
}
