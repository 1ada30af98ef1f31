/* The threshold of two classes: what it costs and gains, with a slider for it and one for the prevalence. */
#include "report/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* JSON knows no infinity: a number that is read as one. */
static void add_number(lvk_text *json, double value) {
    if (isnan(value))
        lvk_text_add(json, "null");
    else if (isinf(value))
        lvk_text_add(json, "1e999");
    else
        lvk_text_add_number(json, value, 6);
}

static void add_banded(lvk_text *json, const char *key, const lvk_banded *curve, bool ends) {
    lvk_text_add(json, ",\"%s\":[", key);
    for (int i = 0; i < LVK_BAND_POINTS; ++i) {
        lvk_text_add(json, i ? "," : "");
        if (!ends) {
            add_number(json, curve[i].value);
            continue;
        }
        lvk_text_add(json, "[");
        add_number(json, curve[i].low);
        lvk_text_add(json, ",");
        add_number(json, curve[i].high);
        lvk_text_add(json, "]");
    }
    lvk_text_add(json, "]");
}

static void add_data(lvk_page *page) {
    const lvk_curve_bands *b = page->bands;
    lvk_text *json = &page->data;
    lvk_text_add(json, "\"positives\":%" PRIu64 ",\"negatives\":%" PRIu64 ",\"tp\":[", b->positives,
                 b->negatives);
    for (int i = 0; i < LVK_BAND_POINTS; ++i)
        lvk_text_add(json, "%s%" PRIu64, i ? "," : "", b->true_positives[i]);
    lvk_text_add(json, "],\"fp\":[");
    for (int i = 0; i < LVK_BAND_POINTS; ++i)
        lvk_text_add(json, "%s%" PRIu64, i ? "," : "", b->false_positives[i]);
    lvk_text_add(json, "]");
    add_banded(json, "sensitivity", b->sensitivity, true);
    add_banded(json, "specificity", b->specificity, true);
    add_banded(json, "ratioPositive", b->ratio_positive, true);
    add_banded(json, "ratioNegative", b->ratio_negative, true);
}

static void add_sliders(lvk_page *page, double prevalence) {
    lvk_html(
        page->text,
        "<div id=\"sliders\" hidden>\n<p><label for=\"threshold\">Threshold: a cell is called '{}' if its "
        "probability is above</label> <output id=\"threshold-value\" for=\"threshold\">0.50</output><br>"
        "<input type=\"range\" id=\"threshold\" min=\"0\" max=\"100\" step=\"1\" value=\"50\"></p>\n",
        page->source->names[1]);
    lvk_html(
        page->text,
        "<p><label for=\"prevalence\">Prevalence: the share of '{}' among the cells that the predictive values "
        "are for</label> <output id=\"prevalence-value\" for=\"prevalence\"></output><br>"
        "<input type=\"range\" id=\"prevalence\" min=\"0\" max=\"1000\" step=\"1\" value=\"",
        page->source->names[1]);
    lvk_text_add(
        page->text,
        "%.0f\"></p>\n<p><button type=\"button\" id=\"reset\">Back to 0.5 and the prevalence of these cells</button></p>\n</div>\n",
        1000 * prevalence);
}

static void add_value_row(lvk_page *page, const char *id, const char *name, const char *meaning,
                          const lvk_banded *v) {
    lvk_html(page->text, "<tr id=\"{}\"><th scope=\"row\">{}<span class=\"meaning\">{}</span></th>", id, name,
             meaning);
    lvk_page_add_score_cell(page, v->value, v->low, v->high);
    lvk_text_add(page->text, "</tr>\n");
}

/* 1 / (1 + odds / ratio): the predictive value that a likelihood ratio gives at these odds against the class. */
static double predictive(double odds, double ratio) {
    return isnan(ratio) ? (double)NAN : ratio == 0 ? 0 : 1 / (1 + odds / ratio);
}

static lvk_banded predictive_positive(const lvk_banded *ratio, double prevalence) {
    const double odds = (1 - prevalence) / prevalence;
    return (lvk_banded){predictive(odds, ratio->value), predictive(odds, ratio->low),
                        predictive(odds, ratio->high)};
}

/* The negative value falls as the ratio grows. */
static lvk_banded predictive_negative(const lvk_banded *ratio, double prevalence) {
    const double odds = prevalence / (1 - prevalence);
    return (lvk_banded){1 / (1 + odds * ratio->value), 1 / (1 + odds * ratio->high),
                        1 / (1 + odds * ratio->low)};
}

static void add_values(lvk_page *page, double prevalence) {
    enum { HALF = LVK_BAND_POINTS / 2 };
    const lvk_curve_bands *b = page->bands;
    const lvk_banded positive = predictive_positive(&b->ratio_positive[HALF], prevalence),
                     negative = predictive_negative(&b->ratio_negative[HALF], prevalence);
    char share[LVK_NUMBER_SIZE];
    lvk_html(
        page->text,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Values at a threshold\"><table id=\"operating-point\"><caption>At the threshold <output "
        "id=\"point-threshold\">0.5</output>, with a share of <output id=\"point-prevalence\">{}</output> '{}' cells "
        "</caption>\n<thead><tr><th scope=\"col\">score</th><th scope=\"col\">value <span class=\"interval\">95 % interval</span></th></tr></thead>\n<tbody>\n",
        lvk_html_number(share, prevalence, 3), page->source->names[1]);
    add_value_row(page, "value-sensitivity", "sensitivity",
                  "of the positive cells, so many are called positive", &b->sensitivity[HALF]);
    add_value_row(page, "value-specificity", "specificity",
                  "of the negative cells, so many are called negative", &b->specificity[HALF]);
    add_value_row(page, "value-ppv", "positive predictive value",
                  "of the cells that are called positive, so many are", &positive);
    add_value_row(page, "value-npv", "negative predictive value",
                  "of the cells that are called negative, so many are", &negative);
    lvk_text_add(page->text, "</tbody></table></div>\n");
}

/* The table of all thresholds in twentieths, for those without the script. */
static void add_thresholds(lvk_page *page) {
    const lvk_curve_bands *b = page->bands;
    lvk_text_add(
        page->text,
        "<details><summary>A table of thresholds</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Thresholds\"><table id=\"thresholds\">"
        "<caption>Counts and scores by threshold</caption>\n<thead><tr><th scope=\"col\">threshold</th><th "
        "scope=\"col\">true positives</th><th scope=\"col\">false positives</th><th scope=\"col\">true "
        "negatives</th><th scope=\"col\">false negatives</th><th scope=\"col\">sensitivity <span class=\"interval\">95 %% interval</span></th><th "
        "scope=\"col\">specificity <span class=\"interval\">95 %% interval</span></th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < LVK_BAND_POINTS; i += 5) {
        lvk_text_add(page->text,
                     "<tr><th scope=\"row\">%d.%02d</th><td>%" PRIu64 "</td><td>%" PRIu64 "</td><td>%" PRIu64
                     "</td><td>%" PRIu64 "</td>",
                     i / 100, i % 100, b->true_positives[i], b->false_positives[i],
                     b->negatives - b->false_positives[i], b->positives - b->true_positives[i]);
        lvk_page_add_score_cell(page, b->sensitivity[i].value, b->sensitivity[i].low, b->sensitivity[i].high);
        lvk_page_add_score_cell(page, b->specificity[i].value, b->specificity[i].low, b->specificity[i].high);
        lvk_text_add(page->text, "</tr>\n");
    }
    lvk_text_add(page->text, "</tbody></table></div></details>\n");
}

bool lvk_report_has_threshold(const lvk_page *page) {
    return page->bands && page->bands->positives && page->bands->negatives;
}

lvk_status lvk_report_add_threshold(lvk_page *page) {
    const lvk_report_source *s = page->source;
    if (!lvk_report_has_threshold(page))
        return LVK_OK;
    const double prevalence =
        (double)page->bands->positives / (double)(page->bands->positives + page->bands->negatives);
    char number[LVK_NUMBER_SIZE];
    lvk_page_begin_section(page, "operating", "Threshold and predictive values");
    lvk_text_add(
        page->text,
        "<p>A lower threshold finds more positive cells and calls more negative ones positive. Predictive "
        "values depend on how common positive cells are: in these images their share is %s, which is "
        "not that of any clinic.</p>\n",
        lvk_html_number(number, prevalence, 3));
    if (!isnan(s->calibrated))
        lvk_text_add(
            page->text,
            "<p>leukvk calibrate has chosen a threshold for this model; in terms of the probabilities "
            "here it is %s.</p>\n",
            lvk_html_number(number, s->calibrated, 3));
    add_sliders(page, prevalence);
    lvk_report_add_matrix(page);
    add_values(page, prevalence);
    lvk_html(
        page->text,
        "<p>The intervals of the predictive values hold the prevalence fixed, so they are narrower than those "
        "in the table of scores, where drawing other people also changes the share of positive cells.</p>\n");
    add_thresholds(page);
    add_data(page);
    lvk_page_end_section(page);
    return LVK_OK;
}
