/* A line a person: how the cells of each are told. */
#include "core/memory.h"
#include "leukvk/predictions.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NAMED = 130, LINE = 17, FINE = 6, WIDTH = 330, NAMES = 100, NAME_SIZE = 32 };

/* Of two classes and of more. */
typedef struct person {
    const char *name;
    int label;     /* -1: cells of several classes */
    int called;    /* the class that most cells are called; -1: several */
    double mean_p; /* of the positive class; of more classes, the share of cells called right */
    uint32_t cells, right;
} person;

static bool is_right(const person *p) {
    return p->label >= 0 && 2 * p->right > p->cells;
}

static int compare(const void *a, const void *b) {
    const person *x = a, *y = b;
    if (x->label != y->label)
        return x->label > y->label ? -1 : 1;
    if (x->mean_p != y->mean_p)
        return x->mean_p > y->mean_p ? -1 : 1;
    return strcmp(x->name, y->name);
}

static lvk_status gather_two(const lvk_report_source *s, person **people, size_t *count) {
    size_t rows, all;
    lvk_subject_score *scores;
    const lvk_prediction *cells = lvk_prediction_set_rows(s->set, &rows);
    LVK_TRY(lvk_predictions_by_subject(cells, rows, s->threshold, &scores, &all));
    *people = lvk_alloc(all + 1, sizeof **people);
    for (size_t i = 0; *people && i < all; ++i) {
        const lvk_subject_score *score = &scores[i];
        const int called =
            2 * score->called_positive == score->cells ? -1 : 2 * score->called_positive > score->cells;
        if (score->named)
            (*people)[(*count)++] =
                (person){score->name, score->label, called, score->mean_p, score->cells, score->right};
    }
    lvk_subject_scores_free(scores);
    return *people ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status gather_more(const lvk_report_source *s, person **people, size_t *count) {
    size_t rows, all;
    lvk_subject_class_score *scores;
    const lvk_prediction *cells = lvk_prediction_set_rows(s->set, &rows);
    LVK_TRY(lvk_predictions_by_subject_classes(cells, rows, s->classes, &scores, &all));
    *people = lvk_alloc(all + 1, sizeof **people);
    for (size_t i = 0; *people && i < all; ++i) {
        const lvk_subject_class_score *score = &scores[i];
        if (score->named)
            (*people)[(*count)++] =
                (person){score->name,  score->label, score->vote, (double)score->right / score->cells,
                         score->cells, score->right};
    }
    lvk_subject_class_scores_free(scores);
    return *people ? LVK_OK : LVK_ERROR_MEMORY;
}

static const char *class_name(const lvk_report_source *s, int k) {
    return k >= 0 ? s->names[k] : "several";
}

/* At most so many characters of a name, whole ones. */
static const char *shorten(char buffer[NAME_SIZE], const char *name) {
    size_t length = strlen(name) < 15 ? strlen(name) : 15;
    while (length && length < strlen(name) && ((unsigned char)name[length] & 0xC0) == 0x80)
        --length;
    snprintf(buffer, NAME_SIZE, "%.*s%s", (int)length, name, length < strlen(name) ? "…" : "");
    return buffer;
}

static void draw_person(lvk_chart *chart, const lvk_report_source *s, const person *p, size_t place,
                        bool named) {
    char told[512], name[NAME_SIZE];
    const double y = -(double)place;
    snprintf(told, sizeof told, "%.100s: label %.80s, %u cells, %u of them called right, %s %.3f", p->name,
             class_name(s, p->label), p->cells, p->right,
             s->classes == 2 ? "mean probability" : "share called right", p->mean_p);
    lvk_chart_mark(chart, p->mean_p, y, named ? 3 + fmin(3, log10(p->cells)) : 2.5,
                   is_right(p) ? LVK_CHART_BLUE : LVK_CHART_RED, !is_right(p), told);
    if (named)
        lvk_chart_note(chart, chart->x.from, y, "end", shorten(name, p->name));
}

static void draw(lvk_page *page, const person *people, size_t count) {
    const lvk_report_source *s = page->source;
    const bool named = count <= MOST_NAMED;
    size_t lines = 1;
    lvk_text *svg = lvk_page_begin_figure(page, "people");
    lvk_chart chart;
    if (!svg)
        return;
    for (size_t i = 1; i < count; ++i)
        lines += 1 + (people[i].label != people[i - 1].label);
    lines += 2;
    lvk_chart_begin_sized(
        &chart, svg, "people", "How the cells of each person are told",
        "A line a person; the table below has the values.",
        (lvk_chart_axis){.label = s->classes == 2 ? "mean probability of the positive class"
                                                  : "share of the person's cells called right",
                         .from = 0,
                         .to = 1,
                         .step = 0.2,
                         .decimals = 1},
        (lvk_chart_axis){.label = "", .from = -(double)lines, .to = 0.7, .step = 0}, 2,
        (lvk_chart_size){.width = WIDTH, .height = (double)lines * (named ? LINE : FINE), .left = NAMES});
    if (s->classes == 2)
        lvk_chart_rule(&chart, s->threshold, chart.y.from, s->threshold, chart.y.to);
    size_t place = 0;
    for (size_t i = 0; i < count; ++i) {
        char heading[160];
        if (i == 0 || people[i].label != people[i - 1].label) {
            snprintf(heading, sizeof heading, "label %.100s:", class_name(s, people[i].label));
            lvk_chart_note(&chart, 0, -(double)place, "start", heading);
            ++place;
        }
        draw_person(&chart, s, &people[i], place++, named);
    }
    lvk_chart_legend_mark(&chart, LVK_CHART_BLUE, 0, "most cells called right (larger: more cells)");
    lvk_chart_legend_mark(&chart, LVK_CHART_RED, 1,
                          s->classes == 2 ? "not so (dashes: the threshold)" : "not so");
    lvk_chart_end(&chart);
    lvk_page_end_figure(page, "");
}

static void add_table(lvk_page *page, const person *people, size_t count) {
    const lvk_report_source *s = page->source;
    char number[LVK_NUMBER_SIZE];
    lvk_html(
        page->text,
        "<details><summary>A table of people</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" "
        "aria-label=\"A table of people\"><table id=\"people-table\"><caption>People</caption>\n<thead><tr><th scope=\"col\">person</th><th "
        "scope=\"col\">label</th><th scope=\"col\">most cells called</th><th scope=\"col\">cells</th><th "
        "scope=\"col\">called right</th><th scope=\"col\">{}</th></tr></thead>\n<tbody>\n",
        s->classes == 2 ? "mean probability of the positive class" : "share called right");
    for (size_t i = 0; i < count; ++i) {
        const person *p = &people[i];
        lvk_html(page->text, "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"{}\">{}</td>", p->name,
                 class_name(s, p->label), is_right(p) ? "right" : "wrong", class_name(s, p->called));
        lvk_text_add(page->text, "<td>%u</td><td>%u</td><td>%s</td></tr>\n", p->cells, p->right,
                     lvk_html_number(number, p->mean_p, 3));
    }
    lvk_text_add(page->text, "</tbody></table></div></details>\n");
}

lvk_status lvk_report_add_people(lvk_page *page) {
    const lvk_report_source *s = page->source;
    person *people = NULL;
    size_t count = 0;
    if (!s->scores)
        return LVK_OK;
    const lvk_status status =
        s->classes == 2 ? gather_two(s, &people, &count) : gather_more(s, &people, &count);
    if (status == LVK_OK) {
        lvk_page_begin_section(page, "people", "People");
        if (count == 0) {
            lvk_text_add(page->text, "<p>Whose cells these are is not known.</p>\n");
        } else {
            qsort(people, count, sizeof *people, compare);
            lvk_text_add(
                page->text,
                "<p>A model that is right on average may be wrong on nearly all cells of one person.</p>\n");
            draw(page, people, count);
            add_table(page, people, count);
        }
        lvk_page_end_section(page);
    }
    lvk_free(people);
    return status;
}
