/* The trials of a search: a table, and parallel coordinates. */
#include "core/memory.h"
#include "core/text.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 64, MOST_LABELS = 8, GAP = 150, HEIGHT = 280, MOST_TRIALS_SHOWN = 500 };

static const double LABEL_HEIGHT = 0.06; /* of an axis */

/* What an axis has: numbers on a line or, where one is no number, names in order of their appearance. */
typedef struct axis {
    const char *name;
    bool numbers, logarithmic;
    double least, most;
    const char *values[MOST_VALUES];
    size_t count;
} axis;

static void take_value(axis *a, const char *value) {
    double number;
    if (!lvk_number_parse(value, &number)) {
        a->numbers = false;
    } else {
        a->least = fmin(a->least, number);
        a->most = fmax(a->most, number);
    }
    for (size_t i = 0; i < a->count; ++i)
        if (strcmp(a->values[i], value) == 0)
            return;
    if (a->count < MOST_VALUES)
        a->values[a->count++] = value;
}

static void take_axis(const lvk_report_source *s, int index, axis *a) {
    *a = (axis){.name = s->axes[index], .numbers = true, .least = INFINITY, .most = -INFINITY};
    for (size_t t = 0; t < s->trial_count; ++t)
        take_value(a, s->trials[t].settings[index]);
    a->logarithmic = a->numbers && a->least > 0 && a->most / a->least >= 10;
}

/* From 0, at the foot, to 1. */
static double place_of(const axis *a, const char *value) {
    double number;
    if (a->numbers && lvk_number_parse(value, &number)) {
        if (a->most <= a->least)
            return 0.5;
        return a->logarithmic ? log(number / a->least) / log(a->most / a->least)
                              : (number - a->least) / (a->most - a->least);
    }
    for (size_t i = 0; i < a->count; ++i)
        if (strcmp(a->values[i], value) == 0)
            return a->count > 1 ? (double)i / (double)(a->count - 1) : 0.5;
    return 0.5;
}

static int by_place(const void *a, const void *b) {
    const double first = *(const double *)a, second = *(const double *)b;
    return (first > second) - (first < second);
}

/* Writes the few values of an axis, from the foot, as far as each has room above the one below it. The highest is always written. */
static void add_values(lvk_chart *chart, double x, const axis *a) {
    struct {
        double place;
        const char *value;
    } labels[MOST_VALUES];
    double below = -1;
    for (size_t i = 0; i < a->count; ++i) {
        labels[i].place = place_of(a, a->values[i]);
        labels[i].value = a->values[i];
    }
    qsort(labels, a->count, sizeof *labels, by_place);
    for (size_t i = 0; i < a->count; ++i) {
        const bool last = i + 1 == a->count;
        const double above = labels[a->count - 1].place;
        if (!last && (labels[i].place - below < LABEL_HEIGHT || above - labels[i].place < LABEL_HEIGHT))
            continue;
        lvk_chart_note(chart, x, labels[i].place, "start", labels[i].value);
        below = labels[i].place;
    }
}

static void add_ends(lvk_chart *chart, double x, const axis *a) {
    char number[LVK_NUMBER_SIZE];
    lvk_chart_stroke(chart, x, 0, x, 1, LVK_CHART_GREY);
    lvk_chart_note(chart, x, 1.08, "middle", a->name);
    if (!a->numbers || a->count <= MOST_LABELS) {
        add_values(chart, x, a);
        return;
    }
    for (int end = 0; end < 2; ++end) {
        lvk_number_format(number, sizeof number, end ? a->most : a->least, 4);
        lvk_chart_note(chart, x, end, "start", number);
    }
}

static void draw_trial(lvk_chart *chart, const lvk_report_source *s, const axis *axes, const axis *loss,
                       const lvk_report_trial *t) {
    double x[MOST_VALUES + 1], y[MOST_VALUES + 1];
    char name[64];
    const int count = s->axis_count < MOST_VALUES ? s->axis_count : MOST_VALUES;
    const bool best = t->number == s->best_trial;
    for (int a = 0; a < count; ++a) {
        x[a] = a;
        y[a] = place_of(&axes[a], t->settings[a]);
    }
    x[count] = count;
    y[count] = isnan(t->loss) || loss->most <= loss->least
                   ? (double)NAN
                   : (t->loss - loss->least) / (loss->most - loss->least);
    snprintf(name, sizeof name, "trial %u, validation loss %.4f", t->number, t->loss);
    lvk_text_add(chart->text, "<g class=\"trial\" opacity=\"%s\">", best ? "1" : "0.45");
    lvk_chart_line(chart, x, y, (size_t)count + 1, best ? LVK_CHART_RED : LVK_CHART_BLUE, "", NULL);
    lvk_html(chart->text, "<title>{}</title></g>\n", name);
}

static lvk_status draw(lvk_page *page) {
    const lvk_report_source *s = page->source;
    const size_t count = (size_t)(s->axis_count < MOST_VALUES ? s->axis_count : MOST_VALUES);
    axis *axes = lvk_alloc(count + 2, sizeof *axes);
    lvk_text *svg = axes ? lvk_page_begin_figure(page, "search") : NULL;
    lvk_chart chart;
    if (!svg) {
        lvk_free(axes);
        return axes ? LVK_OK : LVK_ERROR_MEMORY;
    }
    axis *loss = &axes[count];
    *loss =
        (axis){.name = "validation loss", .numbers = true, .least = INFINITY, .most = -INFINITY, .count = 9};
    for (size_t t = 0; t < s->trial_count; ++t)
        if (isfinite(s->trials[t].loss)) {
            loss->least = fmin(loss->least, s->trials[t].loss);
            loss->most = fmax(loss->most, s->trials[t].loss);
        }
    lvk_chart_begin_sized(&chart, svg, "search", "Trials",
                          "A line a trial, across what the search varied to the validation loss.",
                          (lvk_chart_axis){.label = "", .from = 0, .to = (double)count},
                          (lvk_chart_axis){.label = "", .from = -0.02, .to = 1.1}, 2,
                          (lvk_chart_size){.width = (double)(GAP * count), .height = HEIGHT, .left = 60});
    chart.width = (double)(GAP * count) - 70;
    for (size_t a = 0; a < count; ++a)
        take_axis(s, (int)a, &axes[a]);
    for (size_t t = 0; t < s->trial_count; ++t)
        if (s->trials[t].number != s->best_trial)
            draw_trial(&chart, s, axes, loss, &s->trials[t]);
    for (size_t t = 0; t < s->trial_count; ++t)
        if (s->trials[t].number == s->best_trial)
            draw_trial(&chart, s, axes, loss, &s->trials[t]);
    for (size_t a = 0; a <= count; ++a)
        add_ends(&chart, (double)a, &axes[a]);
    lvk_chart_legend(&chart, LVK_CHART_RED, "", 0, "the trial with the lowest validation loss");
    lvk_chart_legend(&chart, LVK_CHART_BLUE, "", 0, "other trials");
    lvk_text_add(svg, "</svg>\n");
    lvk_text_add(page->text,
                 "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Trials as lines\">\n");
    lvk_page_end_figure(
        page, "Each line is a training; it crosses every upright at its setting and ends at its validation "
              "loss in nats, where lower is better.");
    lvk_text_add(page->text, "</div>\n");
    lvk_free(axes);
    return LVK_OK;
}

static int compare_trials(const void *a, const void *b) {
    const lvk_report_trial *x = *(const lvk_report_trial *const *)a, *y = *(const lvk_report_trial *const *)b;
    const double p = isnan(x->loss) ? INFINITY : x->loss, q = isnan(y->loss) ? INFINITY : y->loss;
    if (p != q)
        return p < q ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void add_trial(lvk_page *page, const lvk_report_trial *t, double least, double most) {
    const double numbers[] = {t->loss, t->auc, t->f1};
    char number[LVK_NUMBER_SIZE];
    lvk_text_add(page->text, "<tr%s><th scope=\"row\">%u</th>",
                 t->number == page->source->best_trial ? " class=\"kept\"" : "", t->number);
    for (int a = 0; a < page->source->axis_count; ++a)
        lvk_html(page->text, "<td>{}</td>", t->settings[a]);
    lvk_html(page->text, "<td>{}</td>", t->outcome);
    lvk_text_add(page->text, "<td>%s</td>", lvk_html_number(number, t->best_epoch, 0));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        const double heat =
            i == 0 && most > least && !isnan(numbers[i]) ? (most - numbers[i]) / (most - least) : 0;
        lvk_text_add(page->text, "<td class=\"heat\" style=\"--share:%d%%\">%s</td>", (int)(heat * 60),
                     lvk_html_number(number, numbers[i], 4));
    }
    lvk_text_add(page->text, "</tr>\n");
}

static lvk_status add_table(lvk_page *page) {
    const lvk_report_source *s = page->source;
    const lvk_report_trial **order = lvk_alloc(s->trial_count + 1, sizeof(const lvk_report_trial *));
    double least = INFINITY, most = -INFINITY;
    if (!order)
        return LVK_ERROR_MEMORY;
    for (size_t t = 0; t < s->trial_count; ++t) {
        order[t] = &s->trials[t];
        least = isnan(order[t]->loss) ? least : fmin(least, order[t]->loss);
        most = isnan(order[t]->loss) ? most : fmax(most, order[t]->loss);
    }
    qsort(order, s->trial_count, sizeof(const lvk_report_trial *), compare_trials);
    lvk_text_add(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Trials\"><table id=\"trials\"><caption>Trials, from "
        "the lowest validation loss (trials.csv)</caption>\n<thead><tr><th scope=\"col\">trial</th>");
    for (int a = 0; a < s->axis_count; ++a)
        lvk_html(page->text, "<th scope=\"col\">{}</th>", s->axes[a]);
    lvk_text_add(
        page->text,
        "<th scope=\"col\">outcome</th><th scope=\"col\">best epoch</th><th scope=\"col\">validation "
        "loss (nats)</th><th scope=\"col\">validation AUC</th><th scope=\"col\">validation F1, "
        "weighted</th></tr></thead>\n<tbody>\n");
    for (size_t t = 0; t < s->trial_count && t < MOST_TRIALS_SHOWN; ++t)
        add_trial(page, order[t], least, most);
    lvk_text_add(page->text, "</tbody></table></div>\n");
    if (s->trial_count > MOST_TRIALS_SHOWN)
        lvk_text_add(page->text, "<p>The first %d of %zu trials; trials.csv has all.</p>\n",
                     MOST_TRIALS_SHOWN, s->trial_count);
    lvk_free(order);
    return LVK_OK;
}

lvk_status lvk_report_add_trials(lvk_page *page) {
    const lvk_report_source *s = page->source;
    if (s->kind != LVK_REPORT_SEARCH)
        return LVK_OK;
    lvk_page_begin_section(page, "search", "Search");
    lvk_text_add(
        page->text,
        "<p>All trials were trained on the same split. The trial with the lowest validation loss was "
        "chosen, so validation scores of the best trials flatter; the sections below are of its model on "
        "images that played no part in the choice. Test scores of the other trials are left out, so that "
        "nobody chooses by them; trials.csv has them.</p>\n");
    LVK_TRY(draw(page));
    LVK_TRY(add_table(page));
    lvk_page_end_section(page);
    return LVK_OK;
}
