#include "metrics_report.h"

#include "format.h"
#include "output.h"
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* What calling every cell negative, or positive, would score; NaN: nothing that means something. */
static void baselines_of(const char *key, const lvk_metrics *m, double baselines[2]) {
    const struct {
        const char *key;
        double negative, positive;
    } known[] = {{"accuracy", m->always_negative.accuracy, m->always_positive.accuracy},
                 {"f1_weighted", m->always_negative.f1_weighted, m->always_positive.f1_weighted},
                 {"f1_macro", m->always_negative.f1_macro, m->always_positive.f1_macro},
                 {"balanced_accuracy", 0.5, 0.5},
                 {"auc", 0.5, 0.5},
                 {"sensitivity", 0, 1},
                 {"specificity", 1, 0}};
    baselines[0] = baselines[1] = (double)NAN;
    for (size_t i = 0; i < sizeof known / sizeof *known; ++i) {
        if (strcmp(known[i].key, key) == 0) {
            baselines[0] = known[i].negative;
            baselines[1] = known[i].positive;
        }
    }
}

static void interval_cell(table *t, double low, double high) {
    char text[2][FORMAT_SIZE];
    if (isfinite(low))
        table_cell(t, "%s to %s", format_number(text[0], low, 3), format_number(text[1], high, 3));
    else
        table_cell(t, "n/a");
}

static void score_row(table *t, const lvk_judgement *j, const lvk_measure *measure) {
    char text[FORMAT_SIZE];
    double baselines[2];
    baselines_of(measure->key, &j->metrics, baselines);
    table_cell(t, "%s", measure->name);
    table_cell(t, "%s", format_number(text, lvk_measure_of(&j->metrics, measure), 4));
    interval_cell(t, lvk_measure_of(&j->low, measure), lvk_measure_of(&j->high, measure));
    for (int i = 0; i < 2; ++i)
        table_cell(t, "%s", isnan(baselines[i]) ? "" : format_number(text, baselines[i], 4));
}

static bool print_scores(const lvk_judgement *j, const metrics_subject *subject) {
    char negative[128], positive[128];
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    table t = {0};
    snprintf(negative, sizeof negative, "always %s", subject->negative);
    snprintf(positive, sizeof positive, "always %s", subject->positive);
    table_column(&t, "");
    table_number_column(&t, "model");
    table_number_column(&t, "95 % interval");
    table_number_column(&t, negative);
    table_number_column(&t, positive);
    for (size_t i = 0; i < count; ++i)
        score_row(&t, j, &measures[i]);
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}

static bool print_confusion(const lvk_metrics *m, const metrics_subject *subject) {
    char text[FORMAT_SIZE], negative[128], positive[128];
    table t = {0};
    snprintf(negative, sizeof negative, "called %s", subject->negative);
    snprintf(positive, sizeof positive, "called %s", subject->positive);
    table_column(&t, "");
    table_number_column(&t, negative);
    table_number_column(&t, positive);
    table_cell(&t, "%s", subject->negative);
    table_cell(&t, "%s", format_count(text, m->true_negatives));
    table_cell(&t, "%s", format_count(text, m->false_positives));
    table_cell(&t, "%s", subject->positive);
    table_cell(&t, "%s", format_count(text, m->false_negatives));
    table_cell(&t, "%s", format_count(text, m->true_positives));
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}

bool metrics_print(const lvk_judgement *j, const metrics_subject *subject) {
    char text[FORMAT_SIZE];
    printf("%s\n\n", subject->title);
    if (!print_scores(j, subject))
        return false;
    printf(
        "\nThe intervals say how far the numbers would move with other people: subjects drawn anew, with all their cells.\n"
        "%s means a probability of %s above %s.\n\n",
        shown(subject->positive), shown(subject->positive), format_number(text, j->threshold, 4));
    if (!print_confusion(&j->metrics, subject))
        return false;
    const uint32_t voters = j->subjects - j->subjects_mixed;
    printf("\nBy majority of their cells, %" PRIu32 " of %" PRIu32 " subjects are told right",
           j->subjects_right, voters);
    if (j->subjects_mixed)
        printf(" (%" PRIu32 " have cells of both classes)", j->subjects_mixed);
    printf(".\n");
    if (isfinite(j->metrics.auc) && j->metrics.auc < 0.4)
        printf("\nThe AUC is far below 0.5: the labels may be swapped.\n");
    return true;
}

bool metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject) {
    char text[FORMAT_SIZE], called[128], p[128];
    table t = {0};
    snprintf(called, sizeof called, "called %s", subject->positive);
    snprintf(p, sizeof p, "mean p_%s", subject->positive);
    table_column(&t, "subject");
    table_column(&t, "label");
    table_number_column(&t, "cells");
    table_number_column(&t, called);
    table_number_column(&t, p);
    table_number_column(&t, "right");
    for (size_t i = 0; i < count; ++i) {
        const lvk_subject_score *s = &scores[i];
        table_cell(&t, "%s", s->name);
        table_cell(&t, "%s", s->label < 0 ? "both" : s->label ? subject->positive : subject->negative);
        table_cell(&t, "%" PRIu32, s->cells);
        table_cell(&t, "%" PRIu32, s->called_positive);
        table_cell(&t, "%s", format_number(text, s->mean_p, 4));
        table_cell(&t, "%.0f %%", 100.0 * s->right / s->cells);
    }
    const bool printed = table_print(&t, stdout);
    table_finish(&t);
    return printed;
}
