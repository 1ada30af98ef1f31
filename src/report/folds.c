/* The folds of a cross-validation side by side. */
#include "report/page.h"

#include "leukvk/predictions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const drawn_two[][2] = {{"auc", "AUC"},
                                           {"size_only_auc", "AUC of the area alone"},
                                           {"accuracy", "accuracy"},
                                           {"balanced_accuracy", "balanced accuracy"},
                                           {"sensitivity", "sensitivity"},
                                           {"specificity", "specificity"}};
static const char *const drawn_more[][2] = {{"auc_macro", "AUC, mean of classes"},
                                            {"accuracy", "accuracy"},
                                            {"balanced_accuracy", "balanced accuracy"},
                                            {"f1_macro", "F1 macro"}};

/* A line a score: a dot a fold, and the interval of all folds together. */
static void draw(lvk_page *page, const json_t *folds) {
    const lvk_report_source *s = page->source;
    const bool two = s->classes == 2;
    const char *const(*list)[2] = two ? drawn_two : drawn_more;
    const size_t count = two ? sizeof drawn_two / sizeof *drawn_two : sizeof drawn_more / sizeof *drawn_more;
    lvk_text *svg = lvk_page_begin_figure(page, "folds");
    lvk_chart chart;
    const json_t *scores;
    char told[128];
    size_t f;
    if (!svg)
        return;
    lvk_chart_begin_sized(&chart, svg, "folds", "Scores of the folds",
                          "A dot a fold; the table below has the values.",
                          (lvk_chart_axis){.label = "score", .from = 0, .to = 1, .step = 0.2, .decimals = 1},
                          (lvk_chart_axis){.label = "", .from = -(double)count + 0.4, .to = 0.6}, 2,
                          (lvk_chart_size){.width = 300, .height = 34.0 * (double)count, .left = 140});
    for (size_t i = 0; i < count; ++i) {
        double low, high;
        lvk_json_interval(s->scores, list[i][0], &low, &high);
        lvk_chart_note(&chart, 0, -(double)i, "end", list[i][1]);
        if (!isnan(low))
            lvk_chart_stroke(&chart, low, -(double)i - 0.28, high, -(double)i - 0.28, LVK_CHART_RED);
        lvk_chart_mark(&chart, lvk_json_number(s->scores, list[i][0]), -(double)i - 0.28, 5, LVK_CHART_RED, 1,
                       "all folds together");
        json_array_foreach(folds, f, scores) {
            snprintf(told, sizeof told, "fold %zu: %.40s %.3f", f + 1, list[i][1],
                     lvk_json_number(scores, list[i][0]));
            lvk_chart_mark(&chart, lvk_json_number(scores, list[i][0]), -(double)i, 4, LVK_CHART_BLUE, 0,
                           told);
        }
    }
    lvk_chart_legend_mark(&chart, LVK_CHART_BLUE, 0, "a fold");
    lvk_chart_legend_mark(&chart, LVK_CHART_RED, 1, "all folds, with the 95 % interval over people");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page,
                        "Folds differ by the people in them: a fold of few people is far off by chance.");
}

static void add_row(lvk_page *page, const json_t *folds, const lvk_measure *m, const char *key) {
    const json_t *mean = json_object_get(page->source->results, "mean"),
                 *deviation = json_object_get(page->source->results, "deviation"), *scores;
    char number[LVK_NUMBER_SIZE];
    size_t f;
    if (!json_object_get(json_array_get(folds, 0), key))
        return;
    lvk_html(page->text, "<tr><th scope=\"row\">{}</th>", m->name);
    json_array_foreach(folds, f, scores)
        lvk_text_add(page->text, "<td>%s</td>", lvk_html_number(number, lvk_json_number(scores, key), 3));
    lvk_text_add(page->text, "<td>%s</td>", lvk_html_number(number, lvk_json_number(mean, m->key), 3));
    lvk_text_add(page->text, "<td>%s</td></tr>\n",
                 lvk_html_number(number, lvk_json_number(deviation, m->key), 3));
}

void lvk_report_add_folds(lvk_page *page) {
    const lvk_report_source *s = page->source;
    const json_t *folds = json_object_get(s->results, "folds");
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    if (s->kind != LVK_REPORT_CV || !s->scores)
        return;
    lvk_page_begin_section(page, "folds", "Folds side by side");
    draw(page, folds);
    lvk_text_add(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Folds\"><table id=\"folds-table\"><caption>Scores of "
        "each fold, their mean and standard deviation</caption>\n<thead><tr><th scope=\"col\">score</th>");
    for (size_t f = 0; f < json_array_size(folds); ++f)
        lvk_text_add(page->text, "<th scope=\"col\">fold %zu</th>", f + 1);
    lvk_text_add(page->text,
                 "<th scope=\"col\">mean</th><th scope=\"col\">deviation</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; ++i)
        add_row(page, folds, &measures[i],
                s->classes > 2 && strcmp(measures[i].key, "auc") == 0 ? "auc_macro" : measures[i].key);
    lvk_text_add(page->text, "</tbody></table></div>\n");
    lvk_page_end_section(page);
}
