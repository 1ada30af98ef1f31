#include "metrics_report.h"

#include "ui/format.h"
#include "ui/output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* With fewer people, the range from the worst to the best holds what is typical in less than 95 % of
 * cases. */
enum { FEW_PEOPLE = 6 };

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

void metrics_interval_cell(table *t, double low, double high) {
    char text[2][FORMAT_SIZE];
    if (isfinite(low))
        table_cell(t, "%s to %s", format_number(text[0], low, 3), format_number(text[1], high, 3));
    else
        table_cell(t, "n/a");
}

static void score_row(table *t, const lvk_evaluation_report *j, const lvk_measure *measure) {
    char text[FORMAT_SIZE];
    double baselines[2];
    baselines_of(measure->key, &j->metrics, baselines);
    table_cell(t, "%s", measure->name);
    table_cell(t, "%s", format_number(text, lvk_measure_of(&j->metrics, measure), 4));
    metrics_interval_cell(t, lvk_measure_of(&j->low, measure), lvk_measure_of(&j->high, measure));
    for (int i = 0; i < 2; ++i)
        table_cell(t, "%s", isnan(baselines[i]) ? "" : format_number(text, baselines[i], 4));
}

static void print_scores(const lvk_evaluation_report *j, const metrics_subject *subject) {
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    table t = {0};
    table_column(&t, "");
    table_number_column(&t, "model");
    table_number_column(&t, "95 % interval");
    table_named_column(&t, "always ", subject->negative);
    table_named_column(&t, "always ", subject->positive);
    for (size_t i = 0; i < count; ++i)
        score_row(&t, j, &measures[i]);
    table_print(&t, stdout);
    table_finish(&t);
}

static void print_confusion(const lvk_metrics *m, const metrics_subject *subject) {
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "");
    table_named_column(&t, "called ", subject->negative);
    table_named_column(&t, "called ", subject->positive);
    table_cell(&t, "%s", subject->negative);
    table_cell(&t, "%s", format_count(text, m->true_negatives));
    table_cell(&t, "%s", format_count(text, m->false_positives));
    table_cell(&t, "%s", subject->positive);
    table_cell(&t, "%s", format_count(text, m->false_negatives));
    table_cell(&t, "%s", format_count(text, m->true_positives));
    table_print(&t, stdout);
    table_finish(&t);
}

char *metrics_people(char text[METRICS_PEOPLE_SIZE], uint64_t images, uint32_t subjects, uint64_t unnamed) {
    char known[FORMAT_SIZE], of[FORMAT_SIZE], rest[FORMAT_SIZE];
    format_count(of, subjects);
    if (unnamed == 0)
        snprintf(text, METRICS_PEOPLE_SIZE, " of %s subject%s", of, subjects == 1 ? "" : "s");
    else if (unnamed >= images)
        snprintf(text, METRICS_PEOPLE_SIZE, ", no subject known");
    else
        snprintf(text, METRICS_PEOPLE_SIZE, ", %s of %s subject%s, %s of subjects not known",
                 format_count(known, images - unnamed), of, subjects == 1 ? "" : "s",
                 format_count(rest, unnamed));
    return text;
}

void metrics_print_unnamed(const lvk_evaluation_report *j) {
    char text[2][FORMAT_SIZE];
    if (j->unnamed)
        printf(
            "No subject is known for %s of %s images: cells of one person may be both here and in training, and the "
            "scores then say nothing about new people.\n\n",
            format_count(text[0], j->unnamed), format_count(text[1], j->metrics.count));
}

/* "1 subject with Pro cells, 2 with Early cells": of two classes both, else those that have rows of fewer people
 * than `most`. */
static void print_people(const lvk_evaluation_report *j, const char *const *names, uint32_t classes,
                         uint32_t most) {
    const char *what = j->unnamed == j->metrics.count ? "image" : "subject";
    bool first = true;
    for (uint32_t k = 0; k < classes; ++k) {
        if (classes > 2 && (j->people[k] == 0 || j->people[k] >= most))
            continue;
        printf("%s%" PRIu32, first ? "" : ", ", j->people[k]);
        if (first)
            printf(" %s%s", what, j->people[k] == 1 ? "" : "s");
        printf(" with %s cells", shown(names[k]));
        first = false;
    }
}

/* Scores that never varied have a value and no interval. */
static bool has_constant(const lvk_evaluation_report *j) {
    size_t count;
    const lvk_measure *measures = lvk_measures(&count);
    for (size_t i = 0; i < count; ++i)
        if (isfinite(lvk_measure_of(&j->metrics, &measures[i])) &&
            !isfinite(lvk_measure_of(&j->low, &measures[i])))
            return true;
    return false;
}

static void print_interval_kind(const lvk_evaluation_report *j, bool constant) {
    if (j->unnamed == j->metrics.count)
        printf(
            "95 %% intervals: bootstrap over images, as if each were of another person; too narrow where people have "
            "several.\n");
    else
        printf("95 %% intervals: bootstrap over subjects, each drawn with all its cells%s.\n",
               j->unnamed ? "; an image without a known subject counts as a subject of its own" : "");
    if (constant)
        printf("n/a: the score is the same in nearly all draws, which gives no interval.\n");
}

void metrics_print_interval_note(const lvk_evaluation_report *j, const char *const *names, uint32_t classes,
                                 bool constant) {
    uint32_t least = UINT32_MAX;
    for (uint32_t k = 0; k < classes; ++k)
        if (j->people[k] && j->people[k] < least)
            least = j->people[k];
    if (least < LVK_BOOTSTRAP_LEAST) {
        printf("No 95 %% intervals: ");
        print_people(j, names, classes, LVK_BOOTSTRAP_LEAST);
        printf("; an interval needs at least %d of each.\n", LVK_BOOTSTRAP_LEAST);
        return;
    }
    print_interval_kind(j, constant);
    if (least < FEW_PEOPLE) {
        printf("These intervals are too narrow, since people are few: ");
        print_people(j, names, classes, FEW_PEOPLE);
        printf(".\n");
    }
}

void metrics_print_votes(const lvk_evaluation_report *j) {
    if (j->subjects == 0)
        return;
    printf("\nMajority vote over each subject's cells: %" PRIu32 " of %" PRIu32
           " subject%s classified correctly",
           j->subjects_right, j->subjects - j->subjects_mixed,
           j->subjects - j->subjects_mixed == 1 ? "" : "s");
    if (j->subjects_mixed)
        printf("; %" PRIu32 " with cells of %s classes left out", j->subjects_mixed,
               j->class_count ? "several" : "both");
    printf(".\n");
}

void metrics_print(const lvk_evaluation_report *j, const metrics_subject *subject) {
    char text[FORMAT_SIZE];
    if (j->class_count) {
        metrics_print_classes(j, subject->title);
        return;
    }
    printf("%s\n\n", subject->title);
    metrics_print_unnamed(j);
    print_scores(j, subject);
    printf("\n");
    const char *const names[] = {subject->negative, subject->positive};
    metrics_print_interval_note(j, names, 2, has_constant(j));
    printf("A cell is called '%s' if p_%s > %s.\n\n", shown(subject->positive), shown(subject->positive),
           format_number(text, j->threshold, 4));
    print_confusion(&j->metrics, subject);
    metrics_print_votes(j);
    if (isfinite(j->metrics.auc) && j->metrics.auc < 0.4)
        printf("\nThe AUC is far below 0.5: the labels may be swapped.\n");
}

void metrics_print_subjects(const lvk_subject_score *scores, size_t count, const metrics_subject *subject) {
    char text[FORMAT_SIZE];
    table t = {0};
    table_column(&t, "subject");
    table_column(&t, "label");
    table_number_column(&t, "cells");
    table_named_column(&t, "called ", subject->positive);
    table_named_column(&t, "mean p_", subject->positive);
    table_number_column(&t, "right");
    for (size_t i = 0; i < count; ++i) {
        const lvk_subject_score *s = &scores[i];
        if (!s->named)
            continue;
        table_cell(&t, "%s", s->name);
        table_cell(&t, "%s", s->label < 0 ? "both" : s->label ? subject->positive : subject->negative);
        table_cell(&t, "%" PRIu32, s->cells);
        table_cell(&t, "%" PRIu32, s->called_positive);
        table_cell(&t, "%s", format_number(text, s->mean_p, 4));
        table_cell(&t, "%.0f %%", 100.0 * s->right / s->cells);
    }
    table_print(&t, stdout);
    table_finish(&t);
}
