/* Evaluation reports of three classes and more as text for people. */
#include "metrics_report.h"

#include "ui/format.h"
#include "ui/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- scores of all classes together ---- */

/* What calling every cell the most frequent class would score; NaN: nothing that means something. */
static double baseline_of(const char *key, const lvk_class_metrics *m) {
    const lvk_class_baseline *always = &m->always[m->most_frequent];
    const struct {
        const char *key;
        double value;
    } known[] = {{"accuracy", always->accuracy},
                 {"f1_weighted", always->f1_weighted},
                 {"f1_macro", always->f1_macro},
                 {"balanced_accuracy", always->balanced_accuracy},
                 {"auc_macro", 0.5},
                 {"kappa", 0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i)
        if (strcmp(known[i].key, key) == 0)
            return known[i].value;
    return (double)NAN;
}

static void total_row(table *t, const lvk_class_metrics *m, const lvk_measure *measure) {
    char text[FORMAT_SIZE];
    const double baseline = baseline_of(measure->key, m);
    table_cell(t, "%s", measure->name);
    table_cell(t, "%s", format_number(text, lvk_class_total_of(&m->scores, measure), 4));
    metrics_interval_cell(t, lvk_class_total_of(&m->low, measure), lvk_class_total_of(&m->high, measure));
    table_cell(t, "%s", isnan(baseline) ? "" : format_number(text, baseline, 4));
}

static void print_totals(const lvk_evaluation_report *j) {
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    table t = {0};
    table_column(&t, "");
    table_number_column(&t, "model");
    table_number_column(&t, "95 % interval");
    table_named_column(&t, "always ", j->class_names[j->by_class.most_frequent]);
    for (size_t i = 0; i < count; ++i)
        total_row(&t, &j->by_class, &measures[i]);
    table_print(&t, stdout);
    table_finish(&t);
}

/* ---- scores of each class ---- */

/* "0.912 (0.87 to 0.95)" */
static void score_cell(table *t, const lvk_class_metrics *m, uint32_t k, const lvk_measure *measure) {
    char text[3][FORMAT_SIZE];
    const double low = lvk_class_score_of(&m->low, k, measure),
                 high = lvk_class_score_of(&m->high, k, measure);
    format_number(text[0], lvk_class_score_of(&m->scores, k, measure), 3);
    if (isfinite(low))
        table_cell(t, "%s (%s to %s)", text[0], format_number(text[1], low, 2),
                   format_number(text[2], high, 2));
    else
        table_cell(t, "%s", text[0]);
}

static void print_each(const lvk_evaluation_report *j) {
    char text[FORMAT_SIZE];
    size_t count;
    const lvk_measure *measures = lvk_class_score_measures(&count);
    table t = {0};
    table_column(&t, "class");
    table_number_column(&t, "images");
    for (size_t i = 0; i < count; ++i)
        table_number_column(&t, measures[i].name);
    for (uint32_t k = 0; k < j->class_count; ++k) {
        table_cell(&t, "%s", j->class_names[k]);
        table_cell(&t, "%s", format_count(text, j->by_class.support[k]));
        for (size_t i = 0; i < count; ++i)
            score_cell(&t, &j->by_class, k, &measures[i]);
    }
    table_print(&t, stdout);
    table_finish(&t);
}

static void print_confusion(const lvk_evaluation_report *j) {
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "");
    for (uint32_t k = 0; k < j->class_count; ++k)
        table_named_column(&t, "called ", j->class_names[k]);
    for (uint32_t label = 0; label < j->class_count; ++label) {
        table_cell(&t, "%s", j->class_names[label]);
        for (uint32_t k = 0; k < j->class_count; ++k)
            table_cell(&t, "%s", format_count(text, j->by_class.confusion[label][k]));
    }
    table_print(&t, stdout);
    table_finish(&t);
}

/* ---- what they mean ---- */

/* Scores that never varied have a value and no interval. */
static bool has_constant(const lvk_class_metrics *m) {
    size_t count;
    const lvk_measure *measures = lvk_class_total_measures(&count);
    for (size_t i = 0; i < count; ++i)
        if (isfinite(lvk_class_total_of(&m->scores, &measures[i])) &&
            !isfinite(lvk_class_total_of(&m->low, &measures[i])))
            return true;
    return false;
}

static void print_interval_note(const lvk_evaluation_report *j) {
    const char *names[LVK_MOST_CLASSES];
    for (uint32_t k = 0; k < j->class_count; ++k)
        names[k] = j->class_names[k];
    metrics_print_interval_note(j, names, j->class_count, has_constant(&j->by_class));
}

static void print_missing(const lvk_evaluation_report *j) {
    bool first = true;
    for (uint32_t k = 0; k < j->class_count; ++k) {
        if (j->by_class.support[k])
            continue;
        printf("%s%s", first ? "Means over classes leave out those without images: " : ", ",
               shown(j->class_names[k]));
        first = false;
    }
    if (!first)
        printf(".\n");
}

void metrics_print_classes(const lvk_evaluation_report *j, const char *title) {
    printf("%s\n\n", title);
    metrics_print_unnamed(j);
    print_totals(j);
    printf("\n");
    print_interval_note(j);
    print_missing(j);
    printf("A cell is called the class with the highest probability.\n\n");
    print_each(j);
    printf("\n");
    print_confusion(j);
    metrics_print_votes(j);
}

/* ---- subjects ---- */

void metrics_print_class_subjects(const lvk_subject_class_score *scores, size_t count,
                                  const char *const *names, uint32_t classes) {
    table t = {0};
    table_column(&t, "subject");
    table_column(&t, "label");
    table_column(&t, "majority");
    table_number_column(&t, "cells");
    for (uint32_t k = 0; k < classes; ++k)
        table_named_column(&t, "called ", names[k]);
    table_number_column(&t, "right");
    for (size_t i = 0; i < count; ++i) {
        const lvk_subject_class_score *s = &scores[i];
        if (!s->named)
            continue;
        table_cell(&t, "%s", s->name);
        table_cell(&t, "%s", s->label < 0 ? "several" : names[s->label]);
        table_cell(&t, "%s", s->vote < 0 ? "none" : names[s->vote]);
        table_cell(&t, "%" PRIu32, s->cells);
        for (uint32_t k = 0; k < classes; ++k)
            table_cell(&t, "%" PRIu32, s->called[k]);
        table_cell(&t, "%.0f %%", 100.0 * s->right / s->cells);
    }
    table_print(&t, stdout);
    table_finish(&t);
}
