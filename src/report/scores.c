/* The table of scores with their intervals, beside the baselines, and the confusion matrix. */
#include "report/page.h"

#include "leukvk/predictions.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *meaning_of(const char *key) {
    static const char *const meanings[][2] = {
        {"accuracy", "share of cells that are called right"},
        {"balanced_accuracy", "mean over classes of the share of their cells that are called right"},
        {"auc",
         "share of pairs of a positive and a negative cell in which the positive one has the higher probability"},
        {"auc_macro",
         "share of pairs of a cell of a class and one of the rest in which the former has the higher probability of the class; mean over classes"},
        {"size_only_auc", "AUC of the cell's area, without any model: the baseline"},
        {"auc_above_size", "what the model adds to size"},
        {"average_precision", "area below precision and recall"},
        {"sensitivity", "share of the positive cells that are called positive"},
        {"specificity", "share of the negative cells that are called negative"},
        {"precision",
         "share of positive cells among those that are called positive, at the prevalence of these cells"},
        {"negative_predictive_value",
         "share of negative cells among those that are called negative, likewise"},
        {"loss", "mean cross-entropy in nats; lower is better"},
        {"brier", "mean squared distance of probability and label; lower is better"},
        {"ece", "mean distance of probability and share, over ten bins; lower is better"},
        {"kappa", "agreement beyond chance; 0 is chance"},
        {"f1_weighted", "F1 of the classes, weighted by their cells"},
        {"f1_macro", "F1 of the classes, plain mean"},
        {"f1_positive", "harmonic mean of precision and sensitivity"},
        {"f1_negative", "the same of the negative class"}};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; ++i)
        if (strcmp(key, meanings[i][0]) == 0)
            return meanings[i][1];
    return "";
}

/* What calling every cell the class has: of its own scores, and those that follow from what they mean. */
static double baseline_of(const json_t *constant, const char *key, bool positive) {
    if (strncmp(key, "auc", 3) == 0 && strcmp(key, "auc_above_size") != 0)
        return 0.5;
    if (strcmp(key, "sensitivity") == 0)
        return positive;
    if (strcmp(key, "specificity") == 0)
        return !positive;
    if (strcmp(key, "kappa") == 0)
        return 0;
    if (strcmp(key, "balanced_accuracy") == 0 && !json_object_get(constant, key))
        return 0.5;
    return lvk_json_number(constant, key);
}

static void add_baseline(lvk_page *page, double value) {
    char number[LVK_NUMBER_SIZE];
    lvk_text_add(page->text, "<td>%s</td>", isnan(value) ? "–" : lvk_html_number(number, value, 3));
}

static void add_score(lvk_page *page, const json_t *scores, const lvk_measure *measure) {
    const bool two = page->source->classes == 2;
    double low, high;
    if (!json_object_get(scores, measure->key))
        return;
    lvk_json_interval(scores, measure->key, &low, &high);
    lvk_html(page->text, "<tr data-key=\"{}\"><th scope=\"row\">{}<span class=\"meaning\">{}</span></th>",
             measure->key, measure->name, meaning_of(measure->key));
    lvk_page_add_score_cell(page, lvk_json_number(scores, measure->key), low, high);
    if (two) {
        add_baseline(page, baseline_of(json_object_get(scores, "always_negative"), measure->key, false));
        add_baseline(page, baseline_of(json_object_get(scores, "always_positive"), measure->key, true));
        add_baseline(page, strcmp(measure->key, "auc") == 0 ? lvk_json_number(scores, "size_only_auc")
                                                            : (double)NAN);
    } else {
        add_baseline(page, baseline_of(json_object_get(scores, "always_most_frequent"), measure->key, false));
    }
    lvk_text_add(page->text, "</tr>\n");
}

static void add_table(lvk_page *page, const json_t *scores, const char *part) {
    const lvk_report_source *s = page->source;
    const char *most = json_string_value(json_object_get(scores, "most_frequent"));
    size_t count;
    const lvk_measure *measures = s->classes == 2 ? lvk_measures(&count) : lvk_class_total_measures(&count);
    lvk_html(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Scores, {}\"><table class=\"scores\" data-part=\"{}\"><caption>Scores: {}</caption>\n<thead><tr><th "
        "scope=\"col\">score</th><th scope=\"col\">model <span class=\"interval\">95 % interval</span></th>",
        part, part, part);
    if (s->classes == 2)
        lvk_html(
            page->text,
            "<th scope=\"col\">always {}</th><th scope=\"col\">always {}</th><th scope=\"col\">area alone</th>",
            s->names[0], s->names[1]);
    else
        lvk_html(page->text, "<th scope=\"col\">always {}</th>", most);
    lvk_text_add(page->text, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < count; ++i)
        add_score(page, scores, &measures[i]);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

/* ---- confusion matrix ---- */

static uint64_t confusion(const lvk_report_source *s, uint32_t label, uint32_t called) {
    static const char *const keys[2][2] = {{"true_negatives", "false_positives"},
                                           {"false_negatives", "true_positives"}};
    const json_t *count =
        s->classes == 2
            ? json_object_get(s->scores, keys[label][called])
            : json_array_get(json_array_get(json_object_get(s->scores, "confusion"), label), called);
    return (uint64_t)json_integer_value(count);
}

static void add_matrix_row(lvk_page *page, uint32_t label) {
    const lvk_report_source *s = page->source;
    uint64_t whole = 0;
    for (uint32_t k = 0; k < s->classes; ++k)
        whole += confusion(s, label, k);
    lvk_html(page->text, "<tr><th scope=\"row\">{}</th>", s->names[label]);
    for (uint32_t k = 0; k < s->classes; ++k) {
        const double share = whole ? (double)confusion(s, label, k) / (double)whole : 0;
        lvk_text_add(page->text,
                     "<td class=\"%s\" style=\"--share:%d%%\" id=\"matrix-%u-%u\"><b>%" PRIu64
                     "</b> <span class=\"interval\">%.0f %%</span></td>",
                     k == label ? "right" : "wrong", (int)(share * 60), label, k, confusion(s, label, k),
                     100 * share);
    }
    lvk_text_add(page->text, "<td>%" PRIu64 "</td></tr>\n", whole);
}

void lvk_report_add_matrix(lvk_page *page) {
    const lvk_report_source *s = page->source;
    lvk_text_add(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix\"><table id=\"matrix\" class=\"matrix\"><caption>Confusion matrix: cells by label (rows) and by "
        "what they are called (columns)");
    if (s->classes == 2)
        lvk_text_add(page->text, ", at the threshold <output id=\"matrix-threshold\">%.3g</output>",
                     s->threshold);
    lvk_text_add(page->text, "; percent of the row</caption>\n<thead><tr><td></td>");
    for (uint32_t k = 0; k < s->classes; ++k)
        lvk_html(page->text, "<th scope=\"col\">called {}</th>", s->names[k]);
    lvk_text_add(page->text, "<th scope=\"col\">cells</th></tr></thead>\n<tbody>\n");
    for (uint32_t k = 0; k < s->classes; ++k)
        add_matrix_row(page, k);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

/* ---- scores by class ---- */

static void add_class(lvk_page *page, const json_t *scores) {
    size_t count;
    const lvk_measure *measures = lvk_class_score_measures(&count);
    const char *name = json_string_value(json_object_get(scores, "class"));
    lvk_html(page->text, "<tr><th scope=\"row\">{}</th>", name);
    lvk_text_add(page->text, "<td>%" JSON_INTEGER_FORMAT "</td><td>%" JSON_INTEGER_FORMAT "</td>",
                 json_integer_value(json_object_get(scores, "images")),
                 json_integer_value(json_object_get(scores, "people")));
    for (size_t i = 0; i < count; ++i) {
        double low, high;
        lvk_json_interval(scores, measures[i].key, &low, &high);
        lvk_page_add_score_cell(page, lvk_json_number(scores, measures[i].key), low, high);
    }
    lvk_text_add(page->text, "</tr>\n");
}

static void add_classes(lvk_page *page) {
    size_t count, k;
    const json_t *scores;
    const lvk_measure *measures = lvk_class_score_measures(&count);
    lvk_text_add(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Scores by class\"><table id=\"classes\"><caption>Each class against the rest</caption>\n<thead><tr><th "
        "scope=\"col\">class</th><th scope=\"col\">cells</th><th scope=\"col\">people</th>");
    for (size_t i = 0; i < count; ++i)
        lvk_html(page->text, "<th scope=\"col\">{} <span class=\"interval\">95 % interval</span></th>",
                 measures[i].name);
    lvk_text_add(page->text, "</tr></thead>\n<tbody>\n");
    json_array_foreach(json_object_get(page->source->scores, "by_class"), k, scores) add_class(page, scores);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

void lvk_report_add_scores(lvk_page *page) {
    static const char *const parts[] = {"test", "preliminary", "validation"};
    const lvk_report_source *s = page->source;
    if (!s->scores)
        return;
    lvk_page_begin_section(page, "scores", "Scores");
    lvk_html(
        page->text,
        "<p>Each score has a 95 % interval from a bootstrap that draws people, each with all cells, and stands beside "
        "what needs no model: calling every cell the same class{}. An interval says how far a score would move if "
        "other people from the same source had been examined; it says nothing about other sources. No interval: "
        "too few people.</p>\n",
        s->classes == 2 ? ", and the cell's area alone" : "");
    add_table(page, s->scores, s->part);
    if (s->classes > 2)
        add_classes(page);
    for (size_t i = 0; s->kind != LVK_REPORT_CV && i < sizeof parts / sizeof *parts; ++i) {
        const json_t *scores = json_object_get(s->results, parts[i]);
        if (!scores || scores == s->scores)
            continue;
        lvk_html(page->text, "<details><summary>Scores of the {} images</summary>\n", parts[i]);
        add_table(page, scores, parts[i]);
        lvk_text_add(page->text, "</details>\n");
    }
    if (!lvk_report_has_threshold(page)) /* else beside the sliders that change it */
        lvk_report_add_matrix(page);
    lvk_page_end_section(page);
}
